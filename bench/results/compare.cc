// Two sessions against each other.
// SPDX-License-Identifier: Apache-2.0
#include "bench/results/compare.h"

#include <algorithm>
#include <functional>
#include <stdexcept>

#include "bench/format/numbers.h"
#include "bench/results/summary.h"

namespace plimsoll::bench {
namespace {

struct Sample {
  std::vector<double> values;
  bool by_floor = false;
};

const Series* find_same(const Results& results, const Series& wanted) {
  for (const Series& series : results.series) {
    if (series.bundle == wanted.bundle && series.operation == wanted.operation &&
        series.subject == wanted.subject && series.role != Role::again) {
      return &series;
    }
  }
  return nullptr;
}

const Series* floor_of(const Results& results, const Series& series) {
  const Series* floor = find_series(results, series.bundle, series.operation, Role::floor);
  return floor != nullptr && floor->samples.size() == series.samples.size() ? floor : nullptr;
}

std::vector<double> walls(const Results& results, const Series& series, bool by_floor) {
  std::vector<double> values = series.values(&Usage::wall_ns);
  if (by_floor) {
    const std::vector<double> floor = floor_of(results, series)->values(&Usage::wall_ns);
    std::ranges::transform(values, floor, values.begin(), std::divides<>());
  }
  return values;
}

ComparedRow wall_row(const Results& before, const Series& from, const Results& after,
                     const Series& to, const CompareOptions& options) {
  const bool by_floor = floor_of(before, from) != nullptr && floor_of(after, to) != nullptr;
  const std::vector<double> old_values = walls(before, from, by_floor);
  const std::vector<double> new_values = walls(after, to, by_floor);
  ComparedRow row;
  row.figure = by_floor ? "wall / floor" : "wall";
  row.before = median(old_values);
  row.after = median(new_values);
  row.ratio = sample_ratio(old_values, new_values);
  row.p_value = sample_p_value(old_values, new_values);
  row.smallest_effect =
      std::max({options.smallest_effect, noise_floor(before, from.bundle, from.operation),
                noise_floor(after, to.bundle, to.operation),
                options.learned_noise ? options.learned_noise(to.bundle, to.operation) : 0});
  row.samples_needed = samples_needed(
      std::max(relative_spread(old_values), relative_spread(new_values)), row.smallest_effect);
  return row;
}

ComparedRow count_row(std::string figure, double before, double after, double tolerance) {
  ComparedRow row;
  row.figure = std::move(figure);
  row.before = before;
  row.after = after;
  row.smallest_effect = tolerance;
  const double ratio = before > 0 ? after / before : after > 0 ? 2 : 1;
  row.ratio = {.estimate = ratio, .low = ratio, .high = ratio};
  row.verdict = ratio > 1 + tolerance   ? Verdict::worse
                : ratio < 1 - tolerance ? Verdict::better
                                        : Verdict::same;
  row.p_value = row.verdict == Verdict::same ? 1 : 0;
  return row;
}

void add_counts(const Series& from, const Series& to, double tolerance, const std::string& name,
                std::vector<ComparedRow>& rows) {
  const auto add = [&](ComparedRow row) {
    row.name = name;
    rows.push_back(std::move(row));
  };
  if (!from.system_calls.empty() && !to.system_calls.empty()) {
    add(count_row("system calls", from.system_call_count(), to.system_call_count(), tolerance));
  }
  for (const Metric& metric : kMetrics) {
    if (metric.counted) {
      add(count_row(std::string(metric.name), median(from.values(metric.member)),
                    median(to.values(metric.member)), tolerance));
    }
  }
}

std::string value_text(const ComparedRow& row, double value) {
  return row.figure == "wall" ? duration_text(value)
                              : fixed(value, row.figure == "wall / floor" ? 3 : 0);
}

}  // namespace

Verdict Comparison::verdict() const {
  for (const Verdict wanted : {Verdict::worse, Verdict::undecided, Verdict::better}) {
    if (std::ranges::find(rows, wanted, &ComparedRow::verdict) != rows.end()) {
      return wanted;
    }
  }
  return Verdict::same;
}

Comparison compare(const Results& before, const Results& after, const CompareOptions& options) {
  if (before.machine.fingerprint != after.machine.fingerprint && !options.any_machine) {
    throw std::runtime_error("the sessions are of different machines (" +
                             before.machine.fingerprint + ", " + after.machine.fingerprint +
                             "); --any-machine compares them all the same");
  }
  Comparison comparison;
  std::vector<ComparedRow> counts;
  for (const Series& from : before.series) {
    if (from.role == Role::again || from.role == Role::floor) {
      continue;
    }
    const std::string name = from.subject + " " + from.bundle + " " + from.operation;
    const Series* to = find_same(after, from);
    if (to == nullptr) {
      comparison.missing.push_back(name);
      continue;
    }
    comparison.rows.push_back(wall_row(before, from, after, *to, options));
    comparison.rows.back().name = name;
    add_counts(from, *to, options.count_tolerance, name, counts);
  }
  if (comparison.rows.empty()) {
    throw std::runtime_error("the sessions have no series in common");
  }
  std::vector<double> p_values;
  for (const ComparedRow& row : comparison.rows) {
    p_values.push_back(row.p_value);
  }
  const std::vector<double> corrected = holm(p_values);
  for (std::size_t i = 0; i < corrected.size(); ++i) {
    ComparedRow& row = comparison.rows[i];
    row.p_value = corrected[i];
    row.verdict = judge({.ratio = row.ratio, .p_value = row.p_value}, row.smallest_effect);
  }
  std::ranges::move(counts, std::back_inserter(comparison.rows));
  return comparison;
}

std::string comparison_text(const Comparison& comparison) {
  std::string out;
  std::size_t width = 0;
  for (const ComparedRow& row : comparison.rows) {
    width = std::max(width, row.name.size());
  }
  for (const ComparedRow& row : comparison.rows) {
    const bool counted = row.ratio.low == row.ratio.high;
    // Counts that have not changed are no news.
    if (counted && row.verdict == Verdict::same) {
      continue;
    }
    out += padded(row.name, width, false) + "  " + padded(row.figure, 13, false) +
           padded(value_text(row, row.before), 10, true) + " -> " +
           padded(value_text(row, row.after), 10, false) +
           (counted ? ratio_text(row.ratio.estimate) + "        "
                    : ratio_text(row.ratio) + "  p " + fixed(row.p_value, 4)) +
           "  " + std::string(verdict_name(row.verdict));
    if (row.verdict == Verdict::undecided) {
      out += " (" + fixed(row.smallest_effect * 100, 1) + " % needs about " +
             std::to_string(row.samples_needed) + " rounds a side)";
    }
    out += "\n";
  }
  for (const std::string& name : comparison.missing) {
    out += name + ": only in the old session\n";
  }
  return out + "verdict: " + std::string(verdict_name(comparison.verdict())) + "\n";
}

int exit_status(Verdict verdict) {
  switch (verdict) {
    case Verdict::worse:
      return 1;
    case Verdict::undecided:
      return 2;
    case Verdict::same:
    case Verdict::better:
      break;
  }
  return 0;
}

}  // namespace plimsoll::bench
