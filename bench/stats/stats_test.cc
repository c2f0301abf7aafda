// The statistics against known truth: textbook values, and simulated series of which we know what
// is in them. SPDX-License-Identifier: Apache-2.0
#include "bench/stats/stats.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace plimsoll::bench {
namespace {

using Values = std::vector<double>;

// Times as they are: log-normal, with one in thirty far too slow.
class Times {
 public:
  explicit Times(unsigned seed) : random_(seed) {}
  double next(double middle, double spread) {
    const double slow = outlier_(random_) < 1.0 / 30 ? 1.5 : 1;
    return middle * slow * std::exp(spread * normal_(random_));
  }
  Values many(std::size_t count, double middle, double spread) {
    Values values;
    for (std::size_t i = 0; i < count; ++i) {
      values.push_back(next(middle, spread));
    }
    return values;
  }

 private:
  std::mt19937 random_;
  std::normal_distribution<double> normal_;
  std::uniform_real_distribution<double> outlier_;
};

TEST(StatsTest, QuantilesOfNothingAndOfOne) {
  EXPECT_EQ(quantile(Values{}, 0.5), 0);
  EXPECT_EQ(quantile(Values{7}, 0.99), 7);
  EXPECT_EQ(median_interval(Values{}).estimate, 0);
  EXPECT_EQ(median_interval(Values{7}).low, 7);
}

TEST(StatsTest, QuantilesLieBetweenOrderStatistics) {
  const Values values{40, 10, 30, 20};
  EXPECT_DOUBLE_EQ(median(values), 25);
  EXPECT_DOUBLE_EQ(quantile(values, 0), 10);
  EXPECT_DOUBLE_EQ(quantile(values, 1), 40);
  EXPECT_DOUBLE_EQ(quantile(values, 0.9), 37);
  EXPECT_DOUBLE_EQ(median_deviation(Values{1, 2, 3, 4, 100}), 1);
}

// n = 20: ranks 6 and 15 cover the median with 95.86 % (tables of the sign test).
TEST(StatsTest, MedianIntervalIsTheSignTests) {
  Values values;
  for (int i = 1; i <= 20; ++i) {
    values.push_back(i);
  }
  const Interval interval = median_interval(values);
  EXPECT_DOUBLE_EQ(interval.low, 6);
  EXPECT_DOUBLE_EQ(interval.high, 15);
}

TEST(StatsTest, SignedRankMatchesTables) {
  // Eight pairs that all grow: p = 2 / 2^8.
  const Values a{1, 2, 3, 4, 5, 6, 7, 8};
  const Values b{1.1, 2.3, 3.6, 5, 6.5, 8.1, 9.8, 11.9};
  EXPECT_NEAR(pair_p_value(a, b), 2.0 / 256, 1e-12);
  EXPECT_DOUBLE_EQ(pair_p_value(a, a), 1);
  EXPECT_THROW(pair_ratio(a, Values{1, 2}), std::invalid_argument);
}

// Small samples without overlap: U = 0, m = n = 5, exact p is 0.0079; the normal approximation with
// continuity gives 0.0122.
TEST(StatsTest, MannWhitneyMatchesTables) {
  EXPECT_NEAR(sample_p_value(Values{1, 2, 3, 4, 5}, Values{6, 7, 8, 9, 10}), 0.01219, 1e-4);
  EXPECT_DOUBLE_EQ(sample_p_value(Values{3, 3, 3}, Values{3, 3, 3}), 1);
  EXPECT_DOUBLE_EQ(sample_p_value(Values{}, Values{1}), 1);
}

TEST(StatsTest, RatioOfExactPairs) {
  const Values a{10, 20, 30, 40, 50, 60};
  Values b;
  for (const double value : a) {
    b.push_back(value * 0.4);
  }
  const Interval ratio = pair_ratio(a, b);
  EXPECT_NEAR(ratio.estimate, 0.4, 1e-12);
  EXPECT_NEAR(ratio.low, 0.4, 1e-12);
  EXPECT_NEAR(ratio.high, 0.4, 1e-12);
}

TEST(StatsTest, HolmIsStepDown) {
  const Values corrected = holm(Values{0.01, 0.04, 0.03, 0.005});
  EXPECT_DOUBLE_EQ(corrected[3], 0.02);
  EXPECT_DOUBLE_EQ(corrected[0], 0.03);
  EXPECT_DOUBLE_EQ(corrected[2], 0.06);
  EXPECT_DOUBLE_EQ(corrected[1], 0.06);
}

TEST(StatsTest, NoVerdictWithoutAllThreeSigns) {
  const Interval above{.estimate = 1.06, .low = 1.04, .high = 1.08};
  EXPECT_EQ(judge({.ratio = above, .p_value = 0.001}, 0.03), Verdict::worse);
  EXPECT_EQ(judge({.ratio = above, .p_value = 0.02}, 0.03), Verdict::undecided);
  EXPECT_EQ(judge({.ratio = above, .p_value = 0.001}, 0.07), Verdict::undecided);
  EXPECT_EQ(judge({.ratio = {1.06, 0.99, 1.2}, .p_value = 0.001}, 0.03), Verdict::undecided);
  EXPECT_EQ(judge({.ratio = {1.01, 0.99, 1.02}, .p_value = 0.5}, 0.03), Verdict::same);
  EXPECT_EQ(judge({.ratio = {0.9, 0.88, 0.93}, .p_value = 0.0001}, 0.03), Verdict::better);
}

// (2.81 + 1.28)^2 * 2 * (0.07 / ln 1.05)^2 * pi / 3.
TEST(StatsTest, SamplesNeeded) {
  EXPECT_NEAR(samples_needed(0.07, 0.05), 72, 1);
  EXPECT_EQ(samples_needed(0, 0.05), 1U);
}

// The interval of a paired ratio covers the truth, also when the machine drifts by half during the
// rounds.
TEST(StatsSimulation, PairIntervalsCoverTheTruth) {
  Times times(1);
  constexpr int kTrials = 200;
  int covered = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    Values a, b;
    for (int i = 0; i < 40; ++i) {
      const double drift = 1 + 0.5 * i / 40;
      a.push_back(drift * times.next(10, 0.07));
      b.push_back(drift * times.next(4, 0.07));
    }
    const Interval ratio = pair_ratio(a, b);
    covered += ratio.low <= 0.4 && 0.4 <= ratio.high ? 1 : 0;
  }
  EXPECT_GE(covered, kTrials * 0.93);
}

// A whole table of twelve equal comparisons must not call one of them worse or better in more than
// 1 % of the sessions.
TEST(StatsSimulation, EqualSessionsGiveAtMostOnePercentFalseAlarms) {
  Times times(2);
  constexpr int kSessions = 1000;
  constexpr int kRows = 12;
  int alarms = 0;
  for (int session = 0; session < kSessions; ++session) {
    Values p_values;
    std::vector<std::pair<Values, Values>> pairs;
    for (int row = 0; row < kRows; ++row) {
      pairs.emplace_back(times.many(60, 10, 0.07), times.many(60, 10, 0.07));
      p_values.push_back(sample_p_value(pairs.back().first, pairs.back().second));
    }
    const Values corrected = holm(p_values);
    bool alarm = false;
    for (std::size_t row = 0; row < pairs.size(); ++row) {
      if (corrected[row] < kAlpha) {  // the interval costs time, and no verdict comes without this
        const Interval ratio = sample_ratio(pairs[row].first, pairs[row].second);
        const Verdict verdict = judge({.ratio = ratio, .p_value = corrected[row]}, 0.03);
        alarm = alarm || verdict == Verdict::worse || verdict == Verdict::better;
      }
    }
    alarms += alarm ? 1 : 0;
  }
  EXPECT_LE(alarms, kSessions / 100);
}

// As many samples as samples_needed says find a planted step of 5 % in nine sessions of ten; its
// opposite is never claimed.
TEST(StatsSimulation, APlantedStepIsFound) {
  Times times(3);
  constexpr int kSessions = 100;
  const unsigned count = samples_needed(0.07, 0.05) * 5 / 4;
  int found = 0;
  for (int session = 0; session < kSessions; ++session) {
    const Values before = times.many(count, 10, 0.07);
    const Values after = times.many(count, 10.5, 0.07);
    const Verdict verdict = judge(
        {.ratio = sample_ratio(before, after), .p_value = sample_p_value(before, after)}, 0.03);
    EXPECT_NE(verdict, Verdict::better);
    found += verdict == Verdict::worse ? 1 : 0;
  }
  EXPECT_GE(found, kSessions * 0.85);
}

// A history of 60 sessions without a change, 3 % noise: a change point in at most 1 % of them.
TEST(StatsSimulation, SteadyHistoriesHaveNoChangePoints) {
  Times times(4);
  constexpr int kHistories = 400;
  int alarms = 0;
  for (int history = 0; history < kHistories; ++history) {
    alarms += change_points(times.many(60, 100, 0.03)).empty() ? 0 : 1;
  }
  EXPECT_LE(alarms, kHistories / 100);
}

// How often a step of 5 % at 3 % noise is seen, near its place, when `after` sessions have followed
// it. A session's figure is a median: it has noise and no outliers.
double found_after(std::size_t after) {
  constexpr int kHistories = 200;
  std::mt19937 random(5);
  std::lognormal_distribution<double> noise(0, 0.03);
  int found = 0;
  for (int history = 0; history < kHistories; ++history) {
    Values series;
    for (std::size_t i = 0; i < 50 + after; ++i) {
      series.push_back((i < 50 ? 100 : 105) * noise(random));
    }
    const std::vector<std::size_t> places = change_points(series);
    found +=
        std::ranges::any_of(places, [](std::size_t at) { return at >= 45 && at <= 55; }) ? 1 : 0;
  }
  return static_cast<double>(found) / kHistories;
}

TEST(StatsSimulation, AStepInAHistoryIsFoundSoon) {
  EXPECT_GE(found_after(10), 0.80);
  EXPECT_GE(found_after(20), 0.95);
}

TEST(StatsSimulation, TwoStepsAreTwoChangePoints) {
  Times times(6);
  Values series = times.many(30, 100, 0.01);
  for (const double middle : {110.0, 95.0}) {
    const Values part = times.many(30, middle, 0.01);
    series.insert(series.end(), part.begin(), part.end());
  }
  const std::vector<std::size_t> places = change_points(series);
  ASSERT_EQ(places.size(), 2U);
  EXPECT_NEAR(static_cast<double>(places[0]), 30, 1);
  EXPECT_NEAR(static_cast<double>(places[1]), 60, 1);
}

TEST(StatsTest, ShortAndFlatHistoriesHaveNone) {
  EXPECT_TRUE(change_points(Values{}).empty());
  EXPECT_TRUE(change_points(Values{1, 1, 1, 2, 2, 2}).empty());
  EXPECT_TRUE(change_points(Values(50, 3.0)).empty());
}

}  // namespace
}  // namespace plimsoll::bench
