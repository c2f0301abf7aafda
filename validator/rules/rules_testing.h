// Helpers of the rules' tests: documents made of parts, and what the rules say about them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "validator/rules/rule.h"
#include "validator/rules/rules.h"
#include "validator/spec/parse.h"

namespace plimsoll::rules {

// A configuration without a fault, and members to add to or to put in place of its own.
struct Parts {
  std::string version = R"("1.3.0")";
  std::string process = R"("args": ["a"], "cwd": "/")";
  std::string root = R"("root": {"path": "rootfs"},)";
  std::string top;
  std::string namespaces =
      R"({"type": "pid"}, {"type": "mount"}, {"type": "uts"}, {"type": "ipc"}, {"type": "network"})";
  std::string linux;
};

inline std::string document(const Parts& parts) {
  std::string out = R"({"ociVersion": )" + parts.version + ", " + parts.root;
  if (!parts.process.empty()) {
    out += R"("process": {)" + parts.process + "}, ";
  }
  if (!parts.top.empty()) {
    out += parts.top + ", ";
  }
  out += R"("linux": {"namespaces": [)" + parts.namespaces + "]";
  if (!parts.linux.empty()) {
    out += ", " + parts.linux;
  }
  return out + "}}";
}

inline std::string line(const Finding& finding) {
  return cat(level_name(finding.level), " ", requirement_of(finding.id), " ", text(finding));
}

// All findings, one a line.
inline std::string report_of(const Parts& parts) {
  const auto spec = spec::parse(document(parts));
  if (!spec) {
    return spec.error().text();
  }
  std::string out;
  for (const Finding& finding : check(*spec)) {
    out += line(finding) + "\n";
  }
  return out;
}

inline Parts process_with(std::string_view members) {
  Parts parts;
  parts.process += ", ";
  parts.process += members;
  return parts;
}
inline Parts process_of(std::string_view members) {
  Parts parts;
  parts.process = members;
  return parts;
}
inline Parts top(std::string_view members) {
  Parts parts;
  parts.top = members;
  return parts;
}
inline Parts linux_with(std::string_view members) {
  Parts parts;
  parts.linux = members;
  return parts;
}
inline Parts more_namespaces(std::string_view list, std::string_view members = "") {
  Parts parts;
  parts.namespaces += ", ";
  parts.namespaces += list;
  parts.linux = members;
  return parts;
}
inline Parts only_namespaces(std::string_view list, std::string_view members = "") {
  Parts parts;
  parts.namespaces = list;
  parts.linux = members;
  return parts;
}
inline Parts resources(std::string_view members) {
  return linux_with(R"("resources": {)" + std::string(members) + "}");
}
inline Parts seccomp(std::string_view members) {
  return linux_with(R"("seccomp": {"defaultAction": "SCMP_ACT_ERRNO", )" + std::string(members) +
                    "}");
}
inline Parts syscall(std::string_view members) {
  return seccomp(R"("syscalls": [{)" + std::string(members) + "}]");
}
inline Parts version(std::string_view text) {
  Parts parts;
  parts.version = '"' + std::string(text) + '"';
  return parts;
}
inline Parts root(std::string_view member) {
  Parts parts;
  parts.root = member;
  return parts;
}

struct Case {
  Parts good;
  Parts bad;
  std::string finding;
};

inline void expect_cases(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    EXPECT_EQ(report_of(c.good), "") << document(c.good);
    EXPECT_EQ(report_of(c.bad), c.finding + "\n") << document(c.bad);
  }
}

}  // namespace plimsoll::rules
