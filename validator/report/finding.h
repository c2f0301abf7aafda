// A finding with its place, as all outputs show it. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "validator/json/json.h"

namespace plimsoll::validate {

enum class Severity : std::uint8_t {
  error,    // `create` refuses, or the document breaks a MUST
  warning,  // against a recommendation, or what is written will not happen
  risk,     // an attacker inside the container gains by it
  note,     // allowed, yet worth a word
  off,      // a policy's: not shown
};
std::string_view severity_name(Severity severity);

struct Finding {
  json::Position at;
  Severity severity = Severity::error;
  // "config.process.cwd.absolute": the requirement's id, and after a '/' the rule's own name.
  // "risk.…" and "host.…" have no requirement.
  std::string rule;
  std::string pointer;
  std::string message;
  std::string right;  // what is right; may be empty
  std::string gain;   // risk: what an attacker gains
  std::string meant;  // the known name or value that is nearest; may be empty
};

// One document and what was found in it.
struct Examined {
  std::string name;
  std::string bytes;
  std::string unreadable;  // why it could not be looked at; else empty
  std::vector<Finding> findings;
  std::size_t more = 0;  // findings beyond the most that are kept

  std::size_t count(Severity severity) const;
};

}  // namespace plimsoll::validate
