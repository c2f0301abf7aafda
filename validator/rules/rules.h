// What the runtime-spec demands of a configuration beyond its JSON form: one row per rule. `create`
// refuses on a finding of level must before any side effect; the rest is for the validator and
// for warnings. Pure: nothing of the host is looked at. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "validator/spec/spec.h"

namespace plimsoll::rules {

enum class Level : std::uint8_t {
  must,    // an error: create refuses
  should,  // against a recommendation
  may,     // allowed, yet worth a word
  risk,    // kept by the letter, and dangerous
};
std::string_view level_name(Level level);

struct Finding {
  // The requirement's, "config.process.cwd.absolute", and after a '/' the rule's own name where
  // several serve one requirement.
  std::string_view id;
  Level level = Level::must;
  std::string pointer;  // RFC 6901: "/process/cwd"
  std::string message;
  bool warn = false;  // the user asks for what will not happen as written: create logs it
};
// Sorted by level, then in the order of the rules.
using Report = std::vector<Finding>;

Report check(const spec::Spec& spec);
// A bare process (`exec --process`) and bare resources (`update --resources`); pointers start
// there.
Report check_process(const spec::Process& process);
Report check_resources(const spec::Resources& resources);

// The finding that makes `create` refuse, or nullptr.
const Finding* first_error(const Report& report);
inline std::string_view requirement_of(std::string_view id) { return id.substr(0, id.find('/')); }
// Every rule, in the order of the specification (list.cc: for the validator only).
struct RuleInfo {
  std::string_view id;
  Level level;
};
std::vector<RuleInfo> all_rules();

// "/process/cwd: Cwd must be an absolute path", as the user sees it.
std::string text(const Finding& finding);

}  // namespace plimsoll::rules
