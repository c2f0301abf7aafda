// A policy: which severity findings have, and where they are accepted. A JSON document:
//
//   {"severities": {"risk.capability.*": "error", "risk.resources.pids": "off"},
//    "exceptions": [{"rule": "risk.mount.etc", "pointer": "/mounts/*", "reason": "ticket 12"}]}
//
// A rule is an id, or the beginning of one and a star. In a pointer a star stands for one token,
// and at the end for all that follows. The last severity that fits holds. What `create` refuses
// stays an error: a policy cannot make it start. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "validator/report/finding.h"

namespace plimsoll::validate {

struct Policy {
  struct Setting {
    std::string rule;
    Severity severity = Severity::off;
  };
  struct Exception {
    std::string rule;
    std::string pointer;
    std::string reason;
  };
  std::vector<Setting> severities;
  std::vector<Exception> exceptions;
};

// The error is one line with its place: "12:5: /severities/x: 'fatal' is no severity".
std::expected<Policy, std::string> parse_policy(std::string_view bytes);

// Severity::off where the finding is accepted.
Severity apply(const Policy& policy, std::string_view rule, std::string_view pointer,
               Severity severity);

}  // namespace plimsoll::validate
