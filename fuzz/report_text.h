// Findings as sorted lines, to compare two reports. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "validator/json/json.h"
#include "validator/rules/rules.h"

namespace plimsoll::fuzz {

inline std::vector<std::string> lines_of(const rules::Report& report) {
  std::vector<std::string> out;
  for (const rules::Finding& finding : report) {
    out.push_back(std::string(finding.id) + " " + rules::text(finding));
  }
  std::ranges::sort(out);
  return out;
}

// The document in another spelling: what it means must not change with it.
inline std::string respelt(const json::Value& tree) {
  std::string out;
  json::Writer(out, 3).value(tree);
  return out;
}

}  // namespace plimsoll::fuzz
