// The statistics of the bench: all by ranks and medians, since times have long tails and no normal
// distribution. Pure functions of their input.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace plimsoll::bench {

// An estimate with the ends of its confidence interval.
struct Interval {
  double estimate = 0;
  double low = 0;
  double high = 0;
  // Half of the relative width: 0.02 is "± 2 %".
  double half_width() const { return estimate == 0 ? 0 : (high - low) / 2 / estimate; }
};

inline constexpr double kConfidence = 0.95;
// A table whose rows are all equal is called unequal in one of 200 sessions.
inline constexpr double kAlpha = 0.005;

// The z that a standard normal value exceeds with probability `tail`.
double normal_quantile(double tail);

// Of a sample that need not be sorted; linear between order statistics. 0 for an empty one.
double quantile(std::span<const double> values, double fraction);
double median(std::span<const double> values);
// Median of the absolute deviations from the median.
double median_deviation(std::span<const double> values);
// The median with the interval of order statistics that covers it (exact for any distribution).
Interval median_interval(std::span<const double> values, double confidence = kConfidence);

// The typical ratio b[i] / a[i] of pairs that were measured at the same time: the Hodges-Lehmann
// median of their logarithms, with the interval that inverts Wilcoxon's signed-rank test. Drift
// that hits both of a pair alike cancels. Sizes must be equal.
Interval pair_ratio(std::span<const double> a, std::span<const double> b,
                    double confidence = kConfidence);
// Two-sided p of "the ratio is 1" (Wilcoxon's signed-rank test, exact to 60 pairs, zeros left out).
double pair_p_value(std::span<const double> a, std::span<const double> b);

// The same for two samples that are no pairs: Hodges-Lehmann shift of logarithms, Mann-Whitney
// test.
Interval sample_ratio(std::span<const double> before, std::span<const double> after,
                      double confidence = kConfidence);
double sample_p_value(std::span<const double> before, std::span<const double> after);

// Holm's correction for a table of comparisons: each p as if it had been tested alone.
std::vector<double> holm(std::span<const double> p_values);

// -- verdicts --

enum class Verdict : std::uint8_t { same, better, worse, undecided };

struct Evidence {
  Interval ratio;      // new / old, smaller is better
  double p_value = 1;  // corrected for the table
};
// Worse or better only when three agree: p below `alpha`, an interval without 1, and an effect
// above `smallest_effect` (0.03 is 3 %). Same only when the whole interval lies within that effect.
// All else is undecided.
Verdict judge(const Evidence& evidence, double smallest_effect, double alpha = kAlpha);
// How many samples a side a difference of `effect` needs to be found with 90 % power at kAlpha,
// given the relative spread (standard deviation) of one sample.
unsigned samples_needed(double relative_spread, double effect);
// Relative standard deviation as ranks see it: scaled median deviation over the median.
double relative_spread(std::span<const double> values);

// -- histories --

// Places where a series of results changes its level, oldest first: each is the index of the first
// point of the new level. Binary segmentation at the split whose sides' normal scores (van der
// Waerden) differ most; a split counts when fewer than `alpha` of the orderings of equal values
// reach its score, and the sides' medians differ by `smallest_effect`.
std::vector<std::size_t> change_points(std::span<const double> series,
                                       double smallest_effect = 0.02, double alpha = 0.005);

}  // namespace plimsoll::bench
