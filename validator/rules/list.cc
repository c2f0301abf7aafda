// The list of all rules, for those who explain them. The runtime does not link it.
// SPDX-License-Identifier: Apache-2.0
#include <span>
#include <vector>

#include "validator/rules/rule.h"
#include "validator/rules/rules.h"

namespace plimsoll::rules {
namespace {

template <typename Subject>
void add(std::vector<RuleInfo>& out, std::span<const Rule<Subject>> rules) {
  for (const Rule<Subject>& rule : rules) {
    out.push_back({.id = rule.id, .level = rule.level});
  }
}

}  // namespace

std::vector<RuleInfo> all_rules() {
  std::vector<RuleInfo> out;
  add(out, config_rules());
  add(out, mount_rules());
  add(out, process_rules());
  add(out, hook_rules());
  add(out, namespace_rules());
  add(out, linux_rules());
  add(out, resource_rules());
  add(out, sysctl_rules());
  add(out, seccomp_rules());
  return out;
}

}  // namespace plimsoll::rules
