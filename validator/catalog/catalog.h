// What the validator knows about requirements and rules beyond the rules themselves: the list of
// requirements, what is right where a rule complains, which member came with which version, and why
// some requirements have no rule. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace plimsoll::catalog {

// A normative statement of the specification, as conformance/requirements.tsv has it.
struct Requirement {
  std::string_view id;
  std::string_view level;    // "MUST", "OPTIONAL", "implicit"
  std::string_view binds;    // "author", "both", "runtime"
  std::string_view since;    // the version whose text has it
  std::string_view section;  // "config.md#configRoot"
  std::string_view text;     // in our words
};
std::optional<Requirement> find_requirement(std::string_view id);
const std::vector<Requirement>& all_requirements();

// A member of a document: "/mounts/*/destination".
struct Member {
  std::string_view pattern;
  std::string_view requirement;
  std::string_view since;
};
struct NewValue {
  std::string_view pattern;
  std::string_view value;
  std::string_view since;
};
std::span<const Member> config_members();
std::span<const Member> state_members();
std::span<const Member> features_members();
std::span<const NewValue> new_values();

// What is right where the rule complains; "" for a rule that has no row.
std::string_view right_of(std::string_view rule);
struct Right {
  std::string_view rule;
  std::string_view right;
};
std::span<const Right> all_rights();

// Why a requirement that binds the author of a configuration has no rule.
struct Reason {
  std::string_view requirement;
  std::string_view reason;
};
std::span<const Reason> reasons();

// The document of examples (examples.json): good and bad for each rule.
std::string_view examples_json();

}  // namespace plimsoll::catalog
