// From samples to rows.
// SPDX-License-Identifier: Apache-2.0
#include "bench/results/summary.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace plimsoll::bench {
namespace {

constexpr std::array<std::string_view, 4> kVerdictNames{"same", "better", "worse", "not decided"};
// Less is never called a difference, however quiet the machine seemed.
constexpr double kSmallestEffect = 0.02;

const Conditions* find_conditions(const Results& results, const Series& series) {
  // A life's operations share the rounds of its first one: the last group that began before counts.
  const Conditions* found = nullptr;
  std::size_t place = 0;
  for (const Series& other : results.series) {
    if (place < results.conditions.size() && other.bundle == results.conditions[place].bundle &&
        other.operation == results.conditions[place].operation) {
      found = &results.conditions[place++];
    }
    if (&other == &series) {
      break;
    }
  }
  return found;
}

Row row_of(const Results& results, const Series& series) {
  Row row;
  row.series = &series;
  row.bundle = series.bundle;
  row.operation = series.operation;
  row.subject = series.subject;
  row.role = series.role;
  row.rounds = series.samples.size();
  const std::vector<double> walls = series.values(&Usage::wall_ns);
  row.wall_ns = median_interval(walls);
  row.p90_ns = quantile(walls, 0.9);
  row.p99_ns = quantile(walls, 0.99);
  row.lowest_ns = quantile(walls, 0);
  for (const Metric& metric : kMetrics) {
    row.medians.*metric.member = median(series.values(metric.member));
  }
  if (!series.system_calls.empty()) {
    row.system_calls = series.system_call_count();
  }
  row.conditions = find_conditions(results, series);
  return row;
}

void compare_with(Row& row, const Series* floor, const Series* baseline, double noise) {
  const std::vector<double> walls = row.series->values(&Usage::wall_ns);
  if (floor != nullptr && row.role != Role::floor) {
    row.to_floor = pair_ratio(floor->values(&Usage::wall_ns), walls);
  }
  if (baseline == nullptr || row.role == Role::baseline) {
    return;
  }
  const std::vector<double> base = baseline->values(&Usage::wall_ns);
  row.to_baseline = pair_ratio(base, walls);
  const double effect = std::max(kSmallestEffect, noise);
  row.verdict = judge({.ratio = *row.to_baseline, .p_value = pair_p_value(base, walls)}, effect);
  if (row.verdict == Verdict::undecided) {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < walls.size(); ++i) {
      ratios.push_back(walls[i] / base[i]);
    }
    // Pairs: one sample a pair, not two sides.
    row.rounds_needed = (samples_needed(relative_spread(ratios), effect) + 1) / 2;
  }
}

}  // namespace

std::string_view verdict_name(Verdict verdict) {
  return kVerdictNames.at(static_cast<std::size_t>(verdict));
}

double noise_floor(const Results& results, const std::string& bundle,
                   const std::string& operation) {
  const Series* baseline = find_series(results, bundle, operation, Role::baseline);
  const Series* again = find_series(results, bundle, operation, Role::again);
  if (baseline == nullptr || again == nullptr) {
    return 0;
  }
  const Interval ratio =
      pair_ratio(baseline->values(&Usage::wall_ns), again->values(&Usage::wall_ns));
  return std::max(std::abs(std::log(ratio.low)), std::abs(std::log(ratio.high)));
}

Summary summarize(const Results& results) {
  Summary summary;
  for (const Series& series : results.series) {
    Row row = row_of(results, series);
    compare_with(
        row, find_series(results, series.bundle, series.operation, Role::floor),
        find_series(results, series.bundle, series.operation, Role::baseline),
        row.role == Role::again ? 0 : noise_floor(results, series.bundle, series.operation));
    summary.rows.push_back(std::move(row));
  }
  return summary;
}

}  // namespace plimsoll::bench
