// All rules of all modules by id: for findings, --list-rules and --explain.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "validator/report/finding.h"
#include "validator/spec/members.h"

namespace plimsoll::validate {

struct RuleInfo {
  std::string id;
  Severity severity = Severity::error;
  std::string_view right{};
  std::string_view gain{};
};

// Every rule, by topic.
std::vector<RuleInfo> all_rules();
// An empty id where there is no such rule.
RuleInfo find_rule(std::string_view id);

// "linux.cpu.shares.optional" for "/linux/resources/cpu/shares".
std::string requirement_of_member(spec::DocumentKind kind, std::string_view pointer);
// The address of the clause that a rule follows, or "".
std::string clause_of(std::string_view rule);
// "MUST", or "" where no requirement stands behind the rule.
std::string level_of(std::string_view rule);

// The texts of --list-rules and --explain; the latter is empty for an unknown rule.
std::string rule_list_text();
std::string rule_list_json();
std::string explanation(std::string_view rule);

}  // namespace plimsoll::validate
