// The budget's rules.
// SPDX-License-Identifier: Apache-2.0
#include "bench/budget/budget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/measure/files.h"

namespace plimsoll::bench {
namespace {

using State = BudgetRow::State;

TEST(BudgetTest, GrowthBeyondTheToleranceIsSeen) {
  const Figures limits{{"calls", 200}, {"faults", 80}, {"gone", 5}, {"size", 1000}};
  const Figures values{{"calls", 204}, {"faults", 82}, {"new", 1}, {"size", 900}};
  std::map<std::string, State> states;
  for (const BudgetRow& row : check_budget(limits, values, 0.02)) {
    states[row.name] = row.state;
  }
  EXPECT_EQ(states, (std::map<std::string, State>{{"calls", State::kept},
                                                  {"faults", State::grown},
                                                  {"gone", State::uncounted},
                                                  {"new", State::unknown},
                                                  {"size", State::shrunk}}));
}

TEST(BudgetTest, TheLayoutOfABuildIsNoGrowth) {
  const Figures limits{
      {"run, page faults", 80}, {"state, page faults", 50}, {"x, page faults", 1000}};
  const Figures values{
      {"run, page faults", 86}, {"state, page faults", 57}, {"x, page faults", 1020}};
  const std::vector<BudgetRow> rows = check_budget(limits, values, 0.02);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].state, State::kept);
  EXPECT_EQ(rows[1].state, State::grown);
  EXPECT_EQ(rows[2].state, State::kept);
}

TEST(BudgetTest, GoldenText) {
  const std::string text = R"({
  "version": 1,
  "tolerance": 0.02,
  "environments": {
    "linux 6.1 x86_64 v2 cpu": {
      "run minimal, system calls": 200.0
    }
  }
}
)";
  EXPECT_EQ(budget_text(parse_budget(text)), text);
  EXPECT_ANY_THROW(parse_budget("{}"));
  EXPECT_ANY_THROW(parse_budget(R"({"version":2,"tolerance":0.02,"environments":{}})"));
}

TEST(BudgetTest, TheCommittedOneIsReadable) {
  const Budget budget =
      parse_budget(read_file(std::string(PLIMSOLL_SOURCE_DIR) + "/bench/budget.json"));
  EXPECT_DOUBLE_EQ(budget.tolerance, 0.02);
  EXPECT_FALSE(budget.environments.empty());
}

}  // namespace
}  // namespace plimsoll::bench
