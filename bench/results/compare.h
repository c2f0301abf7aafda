// Two sessions against each other: is the new one slower?
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bench/results/results.h"
#include "bench/stats/stats.h"

namespace plimsoll::bench {

struct CompareOptions {
  double smallest_effect = 0.03;  // of times; the noise floors of both sessions raise it
  double count_tolerance = 0.02;  // of counted figures
  bool any_machine = false;
  // What past A/A runs have shown for a bundle and operation; may be empty.
  std::function<double(const std::string& bundle, const std::string& operation)> learned_noise{};
};

struct ComparedRow {
  std::string name;    // "plimsoll podman run"
  std::string figure;  // "wall / floor", "wall", "system calls", …
  double before = 0;
  double after = 0;
  Interval ratio;
  double p_value = 1;  // corrected; 0 or 1 for counts
  double smallest_effect = 0;
  Verdict verdict = Verdict::same;
  unsigned samples_needed = 0;  // a side, of an undecided row
};

struct Comparison {
  std::vector<ComparedRow> rows;
  std::vector<std::string> missing;  // series of the old session that the new one lacks
  // Worse if one row is worse, else undecided if one is, else better if one is, else same.
  Verdict verdict() const;
};

// Times are compared as multiples of the floor that was measured in the same round, where both
// sessions have one: a machine that is slower today is so for both. Throws std::runtime_error when
// the machines differ, or nothing can be compared.
Comparison compare(const Results& before, const Results& after, const CompareOptions& options);
std::string comparison_text(const Comparison& comparison);
// 0 same or better, 1 worse, 2 not decided.
int exit_status(Verdict verdict);

}  // namespace plimsoll::bench
