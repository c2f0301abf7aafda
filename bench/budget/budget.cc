// The budget file and its check.
// SPDX-License-Identifier: Apache-2.0
#include "bench/budget/budget.h"

#include <nlohmann/json.hpp>
#include <sys/utsname.h>

#include <algorithm>
#include <stdexcept>

#include "bench/measure/cgroup_view.h"

namespace plimsoll::bench {
namespace {
using Json = nlohmann::ordered_json;
constexpr int kVersion = 1;

// What is no growth whatever the figure's size. A build that only moves code and tables touches a
// few pages more or less of the same program; a call that waits may have to be repeated.
double slack_of(std::string_view figure) {
  return figure.ends_with("page faults") ? 6 : figure.ends_with("system calls") ? 2 : 0;
}
}  // namespace

std::string budget_environment() {
  utsname names{};
  uname(&names);
  // "6.18.3-1-cloud" is 6.18: later fixes of a series do not change what a system call costs in
  // faults.
  const std::string release = names.release;
  const std::size_t dot = release.find('.');
  std::string text = "linux " +
                     release.substr(0, release.find_first_not_of("0123456789", dot + 1)) + " " +
                     names.machine + " " + std::string(cgroup_layout_name(cgroup_layout()));
  for (const std::string& controller : cgroup_controllers()) {
    text += " " + controller;
  }
  return text;
}

Budget parse_budget(std::string_view text) {
  const Json json = Json::parse(text);
  if (json.at("version") != kVersion) {
    throw std::runtime_error("budget: version " + json.at("version").dump() + " is not known");
  }
  Budget budget;
  budget.tolerance = json.at("tolerance");
  budget.environments = json.at("environments").get<std::map<std::string, Figures>>();
  return budget;
}

std::string budget_text(const Budget& budget) {
  Json environments = Json::object();
  for (const auto& [name, figures] : budget.environments) {
    environments[name] = figures;
  }
  const Json json = {
      {"version", kVersion}, {"tolerance", budget.tolerance}, {"environments", environments}};
  return json.dump(2) + "\n";
}

std::vector<BudgetRow> check_budget(const Figures& limits, const Figures& values,
                                    double tolerance) {
  std::vector<BudgetRow> rows;
  for (const auto& [name, limit] : limits) {
    BudgetRow row{.name = name, .limit = limit};
    const auto value = values.find(name);
    if (value == values.end()) {
      row.state = BudgetRow::State::uncounted;
    } else {
      row.value = value->second;
      const double slack = std::max(limit * tolerance, slack_of(name));
      row.state = row.value > limit + slack   ? BudgetRow::State::grown
                  : row.value < limit - slack ? BudgetRow::State::shrunk
                                              : BudgetRow::State::kept;
    }
    rows.push_back(row);
  }
  for (const auto& [name, value] : values) {
    if (!limits.contains(name)) {
      rows.push_back(
          {.name = name, .limit = 0, .value = value, .state = BudgetRow::State::unknown});
    }
  }
  return rows;
}

}  // namespace plimsoll::bench
