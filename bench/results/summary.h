// What the samples say: one row for each subject and operation, with its ratio to the baseline.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/results/results.h"
#include "bench/stats/stats.h"

namespace plimsoll::bench {

struct Row {
  const Series* series = nullptr;
  std::string bundle, operation, subject;
  Role role = Role::runtime;
  std::size_t rounds = 0;
  Interval wall_ns;  // the median
  double p90_ns = 0, p99_ns = 0, lowest_ns = 0;
  Usage medians;
  std::optional<double> system_calls;
  std::optional<Interval> to_baseline;  // of paired rounds; none for the baseline itself
  std::optional<Interval> to_floor;
  Verdict verdict = Verdict::same;  // against the baseline: "worse" is slower
  unsigned rounds_needed = 0;       // that an undecided row would need for its own difference
  const Conditions* conditions = nullptr;
};

struct Summary {
  std::vector<Row> rows;  // by bundle and operation, baseline first, then in the order given
};
// Rows point into `results`.
Summary summarize(const Results& results);

// How far two runs of the same program differ: the farthest end of the A/A interval from 1, so at
// least as large as what was seen. 0 where there was no A/A run. Effects below it are never called
// one.
double noise_floor(const Results& results, const std::string& bundle, const std::string& operation);

std::string_view verdict_name(Verdict verdict);

}  // namespace plimsoll::bench
