// Rows and comparisons from sessions with known figures.
// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/results/compare.h"
#include "bench/results/example_test.h"
#include "bench/results/summary.h"

namespace plimsoll::bench {
namespace {

using testing::HasSubstr;

TEST(SummaryTest, RatiosAreToBaselineAndFloor) {
  const Results results = example_results();
  const Summary summary = summarize(results);
  ASSERT_EQ(summary.rows.size(), 4U);
  EXPECT_FALSE(summary.rows[0].to_baseline);
  EXPECT_NEAR(summary.rows[0].to_floor->estimate, 2, 1e-6);
  EXPECT_NEAR(summary.rows[1].to_baseline->estimate, 2.5, 1e-6);
  EXPECT_EQ(summary.rows[1].verdict, Verdict::worse);
  EXPECT_EQ(summary.rows[3].verdict, Verdict::better);
  EXPECT_FALSE(summary.rows[3].to_floor);
  EXPECT_EQ(summary.rows[0].conditions->dropped, 2U);
}

TEST(SummaryTest, NoiseIsTheFarEndOfTheAgainRun) {
  Results results = example_results();
  EXPECT_NEAR(noise_floor(results, "minimal", "run"), 0, 1e-9);
  for (Usage& sample : results.series[2].samples) {
    sample.wall_ns *= 1.05;
  }
  EXPECT_NEAR(noise_floor(results, "minimal", "run"), 0.0488, 1e-3);
  results.series.erase(results.series.begin() + 2);
  EXPECT_EQ(noise_floor(results, "minimal", "run"), 0);
}

TEST(CompareTest, EqualSessionsAreTheSame) {
  const Comparison comparison = compare(example_results(), example_results(), {});
  EXPECT_EQ(comparison.verdict(), Verdict::same);
  EXPECT_EQ(exit_status(comparison.verdict()), 0);
  EXPECT_EQ(comparison.rows[0].figure, "wall / floor");
}

TEST(CompareTest, SlowerIsWorse) {
  const Comparison comparison = compare(example_results(8), example_results(8.6), {});
  EXPECT_EQ(comparison.verdict(), Verdict::worse);
  EXPECT_EQ(exit_status(comparison.verdict()), 1);
  EXPECT_THAT(comparison_text(comparison), HasSubstr("verdict: worse"));
}

TEST(CompareTest, FasterIsBetter) {
  const Comparison comparison = compare(example_results(8), example_results(7), {});
  EXPECT_EQ(comparison.verdict(), Verdict::better);
  EXPECT_EQ(exit_status(comparison.verdict()), 0);
}

TEST(CompareTest, FewSamplesAreNotDecided) {
  const Comparison comparison =
      compare(example_results(8, 100, 3), example_results(8.6, 100, 3), {});
  EXPECT_EQ(comparison.verdict(), Verdict::undecided);
  EXPECT_EQ(exit_status(comparison.verdict()), 2);
}

// A machine that has become slower as a whole is no change of the runtime: the floor has become
// slower too.
TEST(CompareTest, ASlowerMachineIsNoChange) {
  Results after = example_results();
  for (Series& series : after.series) {
    for (Usage& sample : series.samples) {
      sample.wall_ns *= 1.3;
    }
  }
  EXPECT_EQ(compare(example_results(), after, {}).verdict(), Verdict::same);
  after.series.pop_back();  // without a floor it cannot be told
  EXPECT_EQ(compare(example_results(), after, {}).verdict(), Verdict::worse);
}

TEST(CompareTest, LearnedNoiseRaisesTheSmallestEffect) {
  CompareOptions options;
  options.learned_noise = [](const std::string&, const std::string&) { return 0.12; };
  EXPECT_EQ(compare(example_results(8), example_results(8.6), options).verdict(), Verdict::same);
}

TEST(CompareTest, CountsHaveATolerance) {
  EXPECT_EQ(compare(example_results(8, 100), example_results(8, 102), {}).verdict(), Verdict::same);
  const Comparison comparison = compare(example_results(8, 100), example_results(8, 103), {});
  EXPECT_EQ(comparison.verdict(), Verdict::worse);
  EXPECT_THAT(comparison_text(comparison), HasSubstr("system calls"));
}

TEST(CompareTest, DifferentMachinesAreRefused) {
  Results after = example_results();
  after.machine.fingerprint = "other";
  EXPECT_THROW(compare(example_results(), after, {}), std::runtime_error);
  EXPECT_EQ(compare(example_results(), after, {.any_machine = true}).verdict(), Verdict::same);
}

TEST(CompareTest, WhatIsMissingIsNamed) {
  Results after = example_results();
  after.series.erase(after.series.begin() + 1);
  EXPECT_EQ(compare(example_results(), after, {}).missing,
            std::vector<std::string>{"other minimal run"});
  after.series.clear();
  EXPECT_THROW(compare(example_results(), after, {}), std::runtime_error);
}

}  // namespace
}  // namespace plimsoll::bench
