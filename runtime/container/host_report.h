// What this host's kernel and installed programs give containers, for `features --host`.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace plimsoll::container {

struct HostReport {
  struct SystemCall {
    std::string_view name;
    bool available = false;
  };
  // Found at `path`, or empty: not in the usual folders of a system's programs.
  struct Program {
    std::string_view name;
    std::string path;
  };

  std::string kernel;                        // uname -r
  std::string machine;                       // uname -m
  std::vector<std::string_view> namespaces;  // runtime-spec names
  std::string cgroup_mode;                   // "v1", "hybrid", "v2", or "none"
  std::vector<std::string> cgroup_v1;        // controllers with a v1 hierarchy
  std::vector<std::string> cgroup_v2;        // controllers of the cgroup2 hierarchy
  bool systemd = false;                      // sd_booted(3)
  std::vector<std::string> security_modules;
  bool apparmor = false;
  bool selinux = false;
  std::vector<std::string> seccomp_actions;  // seccomp(2), actions_avail
  std::vector<std::string_view> capabilities;
  std::vector<std::string> huge_page_sizes;  // "2MB"
  bool resctrl = false;                      // mounted, for linux.intelRdt
  std::string user_namespaces_hint;          // why none can be made without privilege, or empty
  std::vector<SystemCall> system_calls;      // those that Plimsoll has a slower way or an error for
  std::vector<Program> programs;             // those that Plimsoll starts
};

// Parts that cannot be read stay empty.
HostReport read_host_report();

}  // namespace plimsoll::container
