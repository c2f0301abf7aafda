// Reads a policy and applies it. SPDX-License-Identifier: Apache-2.0
#include "validator/report/policy.h"

#include <array>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "validator/json/document.h"
#include "validator/json/json.h"

namespace plimsoll::validate {
namespace {

constexpr auto kNames =
    std::to_array<std::string_view>({"error", "warning", "risk", "note", "off"});

std::optional<Severity> find_severity(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) {
      return static_cast<Severity>(i);
    }
  }
  return std::nullopt;
}

// What is wrong, and the pointer of what it is wrong with.
struct Fault {
  std::string pointer;
  std::string message;
};
using Outcome = std::expected<void, Fault>;

Outcome fault(std::string pointer, std::string message) {
  return std::unexpected(Fault{std::move(pointer), std::move(message)});
}

std::string below(std::string pointer, std::string_view token) {
  json::append_pointer_token(pointer, token);
  return pointer;
}

Outcome read_severities(const json::Value& value, Policy& policy) {
  const json::Object* members = value.object();
  if (members == nullptr) {
    return fault("/severities", "expected an object of rule to severity");
  }
  for (const auto& [rule, word] : *members) {
    const std::optional<Severity> severity =
        word.string() != nullptr ? find_severity(*word.string()) : std::nullopt;
    if (!severity) {
      return fault(below("/severities", rule), "expected error, warning, risk, note or off");
    }
    policy.severities.push_back({.rule = rule, .severity = *severity});
  }
  return {};
}

Outcome read_exceptions(const json::Value& value, Policy& policy) {
  const json::Array* entries = value.array();
  if (entries == nullptr) {
    return fault("/exceptions", "expected an array");
  }
  for (std::size_t i = 0; i < entries->size(); ++i) {
    const json::Value& entry = (*entries)[i];
    const std::string where = below("/exceptions", std::to_string(i));
    const std::string* rule = entry.find_string("rule");
    if (rule == nullptr || rule->empty()) {
      return fault(where, "an exception names a rule");
    }
    for (const auto& [name, member] : *entry.object()) {
      if ((name != "rule" && name != "pointer" && name != "reason") || member.string() == nullptr) {
        return fault(below(where, name), "an exception has rule, pointer and reason, all strings");
      }
    }
    const std::string* pointer = entry.find_string("pointer");
    const std::string* reason = entry.find_string("reason");
    policy.exceptions.push_back({.rule = *rule,
                                 .pointer = pointer != nullptr ? *pointer : "*",
                                 .reason = reason != nullptr ? *reason : ""});
  }
  return {};
}

Outcome read_policy(const json::Value& tree, Policy& policy) {
  if (tree.object() == nullptr) {
    return fault("", "expected an object with severities and exceptions");
  }
  for (const auto& [name, member] : *tree.object()) {
    Outcome done;
    if (name == "severities") {
      done = read_severities(member, policy);
    } else if (name == "exceptions") {
      done = read_exceptions(member, policy);
    } else {
      done = fault(below("", name), "a policy has severities and exceptions only");
    }
    if (!done) {
      return done;
    }
  }
  return {};
}

bool fits(std::string_view pattern, std::string_view rule) {
  if (pattern.ends_with('*')) {
    return rule.starts_with(pattern.substr(0, pattern.size() - 1));
  }
  return pattern == rule;
}

bool fits_pointer(std::string_view pattern, std::string_view pointer) {
  if (pattern == "*") {
    return true;
  }
  const std::vector<std::string> want = json::pointer_tokens(pattern);
  const std::vector<std::string> have = json::pointer_tokens(pointer);
  for (std::size_t i = 0; i < want.size(); ++i) {
    const bool last = i + 1 == want.size();
    if (i >= have.size() || (want[i] != "*" && want[i] != have[i])) {
      return false;
    }
    if (last && want[i] == "*") {
      return true;
    }
  }
  return want.size() == have.size();
}

}  // namespace

std::string_view severity_name(Severity severity) {
  return kNames[static_cast<std::size_t>(severity)];
}

std::size_t Examined::count(Severity severity) const {
  std::size_t number = 0;
  for (const Finding& finding : findings) {
    number += finding.severity == severity ? 1 : 0;
  }
  return number;
}

std::expected<Policy, std::string> parse_policy(std::string_view bytes) {
  const auto tree = json::parse(bytes);
  if (!tree) {
    return std::unexpected(std::to_string(tree.error().line) + ":" +
                           std::to_string(tree.error().column) + ": " + tree.error().message);
  }
  Policy policy;
  if (const Outcome done = read_policy(*tree, policy); !done) {
    const json::Position at = json::locate(bytes, done.error().pointer);
    const std::string where = done.error().pointer.empty() ? "" : done.error().pointer + ": ";
    return std::unexpected(std::to_string(at.line) + ":" + std::to_string(at.column) + ": " +
                           where + done.error().message);
  }
  return policy;
}

Severity apply(const Policy& policy, std::string_view rule, std::string_view pointer,
               Severity severity) {
  for (const Policy::Setting& setting : policy.severities) {
    if (fits(setting.rule, rule)) {
      severity = setting.severity;
    }
  }
  for (const Policy::Exception& exception : policy.exceptions) {
    if (fits(exception.rule, rule) && fits_pointer(exception.pointer, pointer)) {
      return Severity::off;
    }
  }
  return severity;
}

}  // namespace plimsoll::validate
