// The forms in which results are written. Each is a function from results to text.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "bench/results/results.h"

namespace plimsoll::bench {

std::string text_table(const Results& results);
std::string markdown(const Results& results);
// Everything that was measured, each sample: one line for the session, one for each group's
// conditions, one for each series. The only form that is read again.
std::string json_lines(const Results& results);
// Google Benchmark's --benchmark_out, one aggregate of name median for each series, for tools that
// read that.
std::string google_benchmark(const Results& results);
// Bencher Metric Format: https://bencher.dev/docs/reference/bencher-metric-format/
std::string bencher(const Results& results);
// The customSmallerIsBetter form of github-action-benchmark.
std::string github_action(const Results& results);

using Formatter = std::string (*)(const Results&);
struct Format {
  std::string_view name;
  Formatter write;
};
std::span<const Format> formats();
// Throws std::runtime_error for an unknown name.
Formatter format_of(std::string_view name);

// Reads json_lines; throws std::runtime_error with the line's number when something is wrong with
// it.
Results parse_json_lines(std::string_view text);

}  // namespace plimsoll::bench
