// Runs the tables of rules over a configuration. SPDX-License-Identifier: Apache-2.0
#include "validator/rules/rules.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "validator/rules/rule.h"

namespace plimsoll::rules {
namespace {

// In the order of the specification's chapters.
constexpr auto kTopics = std::to_array<ConfigRules (*)()>({
    config_rules,
    mount_rules,
    hook_rules,
    namespace_rules,
    linux_rules,
    sysctl_rules,
    seccomp_rules,
});

constexpr auto kLevelNames = std::to_array<std::string_view>({"MUST", "SHOULD", "MAY", "RISK"});

// By level, and in the order found within each.
void sort(Report& report) {
  if (std::ranges::is_sorted(report, {}, &Finding::level)) {
    return;
  }
  Report sorted;
  sorted.reserve(report.size());
  for (const Level level : {Level::must, Level::should, Level::may, Level::risk}) {
    for (Finding& finding : report) {
      if (finding.level == level) {
        sorted.push_back(std::move(finding));
      }
    }
  }
  report = std::move(sorted);
}

}  // namespace

std::string_view level_name(Level level) { return kLevelNames[static_cast<std::size_t>(level)]; }

Report check(const spec::Spec& spec) {
  Report report;
  Findings found(report, "");
  for (const auto& topic : kTopics) {
    run(topic(), spec, found);
  }
  if (spec.process) {
    Findings in_process(report, "/process");
    run(process_rules(), *spec.process, in_process);
  }
  if (spec.linux && spec.linux->resources) {
    Findings in_resources(report, "/linux/resources");
    run(resource_rules(), *spec.linux->resources, in_resources);
  }
  sort(report);
  return report;
}

Report check_process(const spec::Process& process) {
  Report report;
  Findings found(report, "");
  run(process_rules(), process, found);
  sort(report);
  return report;
}

Report check_resources(const spec::Resources& resources) {
  Report report;
  Findings found(report, "");
  run(resource_rules(), resources, found);
  sort(report);
  return report;
}

const Finding* first_error(const Report& report) {
  return !report.empty() && report.front().level == Level::must ? &report.front() : nullptr;
}

std::string text(const Finding& finding) {
  return finding.pointer.empty() ? finding.message : cat(finding.pointer, ": ", finding.message);
}

}  // namespace plimsoll::rules
