// Every statement of the specification that binds the author of a configuration has a rule, or a
// written reason why none can exist; and each id that we use is one of the list's.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "validator/catalog/catalog.h"
#include "validator/json/document.h"
#include "validator/lint/lint.h"
#include "validator/report/report_testing.h"
#include "validator/report/rule_list.h"
#include "validator/rules/rules.h"
#include "validator/spec/members.h"

namespace plimsoll::validate {
namespace {

std::set<std::string, std::less<>> served() {
  std::set<std::string, std::less<>> out;
  for (const RuleInfo& rule : all_rules()) {
    out.emplace(rules::requirement_of(rule.id));
  }
  return out;
}

TEST(Coverage, EveryRequirementOfAuthorsHasARuleOrAReason) {
  const auto rules = served();
  std::set<std::string_view> reasons;
  for (const catalog::Reason& row : catalog::reasons()) {
    EXPECT_TRUE(reasons.insert(row.requirement).second) << row.requirement;
    EXPECT_FALSE(row.reason.empty());
  }
  std::size_t binding = 0;
  for (const catalog::Requirement& requirement : catalog::all_requirements()) {
    if (requirement.binds != "author" && requirement.binds != "both") {
      continue;
    }
    ++binding;
    EXPECT_NE(rules.contains(requirement.id), reasons.contains(requirement.id))
        << requirement.id << ": has neither, or both";
  }
  EXPECT_GT(binding, 200u);
  EXPECT_EQ(catalog::all_requirements().size(), 647u);
}

TEST(Coverage, EveryIdIsKnown) {
  for (const RuleInfo& rule : all_rules()) {
    if (rule.id.starts_with("risk.") || rule.id.starts_with("host.")) {
      EXPECT_EQ(clause_of(rule.id), "") << rule.id;
    } else {
      EXPECT_TRUE(catalog::find_requirement(rules::requirement_of(rule.id))) << rule.id;
    }
    EXPECT_FALSE(rule.right.empty()) << rule.id << ": does not say what is right";
  }
  for (const catalog::Reason& row : catalog::reasons()) {
    EXPECT_TRUE(catalog::find_requirement(row.requirement)) << row.requirement;
  }
}

TEST(Coverage, EveryRuleHasItsOwnId) {
  std::set<std::string> ids;
  for (const RuleInfo& rule : all_rules()) {
    // The rule about annotations is the same for a configuration and a state.
    if (rule.id != "config.annotations.key.nonempty") {
      EXPECT_TRUE(ids.insert(rule.id).second) << rule.id;
    }
  }
  for (const catalog::Right& row : catalog::all_rights()) {
    EXPECT_TRUE(ids.contains(std::string(row.rule)) ||
                row.rule == "config.annotations.key.nonempty")
        << row.rule << " is no rule";
  }
}

TEST(Coverage, TheTableOfMembersIsTheParsers) {
  const auto compare = [](spec::DocumentKind kind, std::span<const catalog::Member> members) {
    std::set<std::string> table;
    for (const catalog::Member& member : members) {
      // A row may be about a member's elements.
      if (!member.pattern.ends_with("/*")) {
        EXPECT_TRUE(table.emplace(member.pattern).second) << member.pattern;
      }
      EXPECT_TRUE(catalog::find_requirement(member.requirement)) << member.requirement;
    }
    const std::vector<std::string> patterns = spec::all_patterns(kind);
    EXPECT_EQ(table, std::set<std::string>(patterns.begin(), patterns.end()));
  };
  compare(spec::DocumentKind::config, catalog::config_members());
  compare(spec::DocumentKind::state, catalog::state_members());
  compare(spec::DocumentKind::features, catalog::features_members());
}

// A document with the wrong type at the pattern's place: objects and arrays around it.
json::Value wrong_at(std::span<const std::string> tokens) {
  if (tokens.empty()) {
    return json::Value(json::Array{json::Value(json::Array{})});
  }
  if (tokens.front() == "*") {
    return json::Value(json::Array{wrong_at(tokens.subspan(1))});
  }
  json::Object object;
  object.emplace_back(tokens.front(), wrong_at(tokens.subspan(1)));
  return json::Value(std::move(object));
}

// A star is an element of an array; of these members it is a name.
bool is_map(std::string_view pattern) {
  return pattern.starts_with("/linux/netDevices/*") ||
         pattern.starts_with("/linux/resources/rdma/*") ||
         pattern.starts_with("/linux/timeOffsets/*");
}

TEST(Coverage, TheTypeOfEveryMemberIsChecked) {
  for (const catalog::Member& member : catalog::config_members()) {
    if (is_map(member.pattern) || member.pattern == "/annotations/*" ||
        member.requirement == "config.vm.optional") {
      continue;
    }
    const std::string_view name = member.pattern.substr(1);
    if (name == "solaris" || name == "windows" || name == "zos" || name == "freebsd") {
      continue;
    }
    const Examined document = examined(pretty(wrong_at(json::pointer_tokens(member.pattern))));
    const std::string rule = std::string(member.requirement) + "/type";
    EXPECT_NE(std::ranges::find(document.findings, rule, &Finding::rule), document.findings.end())
        << member.pattern << "\n"
        << brief(document);
  }
}

TEST(Coverage, RulesAndReasonsAreListed) {
  const std::string text = rule_list_text();
  EXPECT_NE(text.find("\nconfig.process.cwd.absolute "), std::string::npos);
  EXPECT_NE(text.find("\nlinux.cpu.quota.ge-burst "), std::string::npos);
  const auto json = json::parse(rule_list_json());
  ASSERT_TRUE(json);
  EXPECT_EQ(json->find_array("rules")->size(), all_rules().size());
  EXPECT_EQ(json->find_array("withoutRule")->size(), catalog::reasons().size());
}

}  // namespace
}  // namespace plimsoll::validate
