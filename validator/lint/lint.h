// What a configuration is asked beyond the rules that `create` enforces: recommendations of the
// specification, contradictions between members, and security: what the letter allows and an
// attacker inside the container would gain from. Pure, and not part of the runtime.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "validator/rules/rules.h"
#include "validator/spec/spec.h"

namespace plimsoll::lint {

struct Info {
  std::string_view id;  // "risk.…" for security; else the requirement's, as rules have them
  rules::Level level = rules::Level::risk;
  std::string_view right;  // what to write instead
  std::string_view gain;   // risk: what an attacker gains
};

rules::Report check(const spec::Spec& config);
// Every rule of this module, by topic.
std::vector<Info> all();

}  // namespace plimsoll::lint
