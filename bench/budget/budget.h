// The budget: counted figures of a runtime that are the same in each run, and that a change may not
// make bigger unseen. Wall time is no part of it. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace plimsoll::bench {

using Figures = std::map<std::string, double>;

// What decides about the figures besides the runtime: kernel, cgroup layout and controllers,
// processor architecture.
std::string budget_environment();

struct BudgetOptions {
  std::string runtime;
  std::string counted;  // the program whose instructions valgrind counts; empty: no such figures
  std::vector<std::string> counted_names;
};
// Counts in a pure v2 view, which every host can show. Root only.
Figures count_figures(const BudgetOptions& options);

struct BudgetRow {
  std::string name;
  double limit = 0;
  double value = 0;
  enum class State : unsigned char { kept, grown, shrunk, uncounted, unknown } state = State::kept;
};

// bench/budget.json: figures by environment, and the tolerance for all.
struct Budget {
  double tolerance = 0.02;
  std::map<std::string, Figures> environments;
};
// Throws std::runtime_error for a file that is none.
Budget parse_budget(std::string_view text);
std::string budget_text(const Budget& budget);

// One row for each figure of either side. `grown` fails. `shrunk` by more than the tolerance asks
// for a new budget, so that the gain cannot be lost again unseen. Page faults may differ by six
// whatever the tolerance says (the layout of the binary decides about those), system calls by two
// (a wait that is repeated).
std::vector<BudgetRow> check_budget(const Figures& limits, const Figures& values, double tolerance);

}  // namespace plimsoll::bench
