// Helpers of the report's tests: documents made by merge patches (RFC 7396), and what is found in
// them. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fstream>  // ban-ok: tests only
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "validator/json/json.h"
#include "validator/report/finding.h"
#include "validator/report/inspect.h"
#include "validator/report/output.h"

namespace plimsoll::validate {

inline std::string read_test_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline json::Value merge(json::Value target, const json::Value& patch) {
  const json::Object* changes = patch.object();
  if (changes == nullptr) {
    return patch;
  }
  if (target.object() == nullptr) {
    target = json::Value(json::Object{});
  }
  json::Object& members = *target.object();
  for (const auto& [name, change] : *changes) {
    std::size_t at = 0;
    while (at < members.size() && members[at].first != name) {
      ++at;
    }
    if (change.is_null()) {
      if (at < members.size()) {
        members.erase(members.begin() + static_cast<std::ptrdiff_t>(at));
      }
    } else if (at < members.size()) {
      members[at].second = merge(std::move(members[at].second), change);
    } else {
      members.emplace_back(name, merge(json::Value(), change));
    }
  }
  return target;
}

inline std::string pretty(const json::Value& value) {
  std::string out;
  json::Writer(out, 2).value(value);
  return out + "\n";
}

inline Examined examined(std::string bytes, const Options& options = {},
                         std::string_view name = "c.json") {
  Examined document{
      .name = std::string(name), .bytes = std::move(bytes), .unreadable = {}, .findings = {}};
  inspect(document, options);
  return document;
}

inline spec::DocumentKind kind_named(std::string_view name) {
  if (name == "state") {
    return spec::DocumentKind::state;
  }
  if (name == "features") {
    return spec::DocumentKind::features;
  }
  if (name == "process") {
    return spec::DocumentKind::process;
  }
  return name == "resources" ? spec::DocumentKind::resources : spec::DocumentKind::config;
}

// "error config.process.cwd.absolute /process/cwd 12:5", one finding a line.
inline std::string brief(const Examined& document) {
  std::string out;
  for (const Finding& finding : document.findings) {
    out += std::string(severity_name(finding.severity)) + " " + finding.rule + " " +
           finding.pointer + " " + std::to_string(finding.at.line) + ":" +
           std::to_string(finding.at.column) + "\n";
  }
  return out;
}

}  // namespace plimsoll::validate
