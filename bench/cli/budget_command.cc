// `plimsoll-bench budget`: the gate of continuous integration.
// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "bench/budget/budget.h"
#include "bench/cli/arguments.h"
#include "bench/cli/commands.h"
#include "bench/measure/files.h"

namespace plimsoll::bench {
namespace {

constexpr int kUndecided = 2;

struct StateText {
  BudgetRow::State state;
  const char* text;
};
constexpr StateText kStates[] = {
    {BudgetRow::State::kept, "kept"},
    {BudgetRow::State::grown, "GROWN"},
    {BudgetRow::State::shrunk, "smaller: take the new figure with --update"},
    {BudgetRow::State::uncounted, "NOT COUNTED"},
    {BudgetRow::State::unknown, "no limit yet: --update"},
};

// Prints what is not as it was; gives the exit status.
int print_rows(const std::vector<BudgetRow>& rows, bool all) {
  bool bad = false;
  for (const BudgetRow& row : rows) {
    const auto* state = std::ranges::find(kStates, row.state, &StateText::state);
    bad = bad || row.state == BudgetRow::State::grown || row.state == BudgetRow::State::uncounted;
    if (all || row.state != BudgetRow::State::kept) {
      std::printf("%-34s %12.0f -> %12.0f  %s\n", row.name.c_str(), row.limit, row.value,
                  state->text);
    }
  }
  return bad ? 1 : 0;
}

}  // namespace

int budget_command(Words words) {
  BudgetOptions options;
  std::string file = "bench/budget.json";
  bool update = false;
  bool all = false;
  bool help = false;
  const std::vector<OptionRow> rows{
      {"runtime", "PATH", "the release binary",
       [&](const std::string& word) { options.runtime = word; }},
      {"counted", "PATH", "plimsoll-bench-counted: instructions of in-process work, by valgrind",
       [&](const std::string& word) { options.counted = word; }},
      {"file", "FILE", "the budget (default bench/budget.json)",
       [&](const std::string& word) { file = word; }},
      {"update", "", "write the counted figures as the new limits of this environment",
       [&](const std::string&) { update = true; }},
      {"all", "", "print what was kept, too", [&](const std::string&) { all = true; }},
      {"help", "", "this text", [&](const std::string&) { help = true; }},
  };
  const std::vector<std::string> operands = read_options(rows, words);
  if (help) {
    std::printf("usage: plimsoll-bench budget --runtime PATH [OPTION...]\n\n%s",
                options_help(rows).c_str());
    return 0;
  }
  if (!operands.empty() || options.runtime.empty()) {
    throw UsageError("budget takes --runtime PATH and no operands");
  }
  // Read before the mounts change.
  const std::string old_text = read_file_if_any(file);
  Budget budget = old_text.empty() ? Budget() : parse_budget(old_text);
  const Figures figures = count_figures(options);
  const std::string environment = budget_environment();
  if (update) {
    budget.environments[environment] = figures;
    write_file(file, budget_text(budget));
    std::printf("%zu figures written for '%s'\n", figures.size(), environment.c_str());
    return 0;
  }
  const auto limits = budget.environments.find(environment);
  if (limits == budget.environments.end()) {
    std::printf("not decided: no budget for '%s' in %s; --update makes one\n", environment.c_str(),
                file.c_str());
    return kUndecided;
  }
  const int status = print_rows(check_budget(limits->second, figures, budget.tolerance), all);
  std::printf("budget %s: %zu figures, tolerance %.0f %%\n", status == 0 ? "kept" : "BROKEN",
              figures.size(), budget.tolerance * 100);
  return status;
}

}  // namespace plimsoll::bench
