// One document -> everything that is wrong with it. Bytes in, findings out, sorted by place: the
// form of the JSON, types and names, the rules that `create` enforces, recommendations, security,
// the schema, versions. One cause gives one finding. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "validator/report/finding.h"
#include "validator/report/policy.h"
#include "validator/rules/rules.h"
#include "validator/spec/members.h"
#include "validator/spec/spec.h"

namespace plimsoll::validate {

struct Options {
  spec::DocumentKind kind = spec::DocumentKind::config;
  bool strict = false;  // what the specification recommends is an error, too
  bool lint = true;     // recommendations beyond the rules, and security
  std::string_view
      release{};  // what a runtime of this release would ignore; else the document's own
  const Policy* policy = nullptr;
  // Findings that need more than the document: the bundle's and the host's.
  std::function<rules::Report(const spec::Spec&)> surroundings{};
};

// A document larger than this is not looked at. Far beyond what engines write (a Docker-size
// config.json has 50 KB), and small enough that a hostile one costs little.
inline constexpr std::size_t kMaxBytes = std::size_t{2} << 20;
inline constexpr std::size_t kMaxValues = 65'536;
inline constexpr std::size_t kMaxFindings = 1000;
inline constexpr std::size_t kMaxFindingsOfARule = 100;

// Fills `examined`, whose name and bytes are set. Too many values make it unreadable.
void inspect(Examined& examined, const Options& options);

}  // namespace plimsoll::validate
