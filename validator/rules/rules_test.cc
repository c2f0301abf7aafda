// The report: its order, its first error, bare documents. SPDX-License-Identifier: Apache-2.0
#include "validator/rules/rules.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "validator/rules/rules_testing.h"

namespace plimsoll::rules {
namespace {

TEST(Rules, SortByLevelAndNameTheFirstError) {
  const Parts parts = process_of(R"("args": [], "cwd": "x", "commandLine": "x",
                                    "capabilities": {"bounding": ["X"]})");
  const auto spec = spec::parse(document(parts));
  ASSERT_TRUE(spec);
  const Report report = check(*spec);
  std::vector<Level> levels;
  for (const Finding& finding : report) {
    levels.push_back(finding.level);
  }
  EXPECT_EQ(levels, (std::vector<Level>{Level::must, Level::must, Level::should, Level::may}));
  EXPECT_TRUE(report[2].warn);   // an unknown capability
  EXPECT_FALSE(report[3].warn);  // commandLine
  ASSERT_NE(first_error(report), nullptr);
  EXPECT_EQ(text(*first_error(report)), "/process/cwd: Cwd must be an absolute path");
  EXPECT_EQ(first_error(check(*spec::parse(document({})))), nullptr);
}

TEST(Rules, CheckABareProcessAndBareResources) {
  const auto process = spec::parse_process(R"({"args": ["x"], "cwd": "y"})");
  ASSERT_TRUE(process);
  const Report report = check_process(*process);
  EXPECT_EQ(text(*first_error(report)), "/cwd: Cwd must be an absolute path");
  const auto resources = spec::parse_resources(R"({"cpu": {"idle": 3}})");
  ASSERT_TRUE(resources);
  EXPECT_EQ(text(*first_error(check_resources(*resources))),
            "/cpu/idle: cpu idle 3 is neither 0 nor 1");
}

}  // namespace
}  // namespace plimsoll::rules
