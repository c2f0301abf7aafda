// Where the hierarchies are mounted and where in them a container's cgroup will be. The parsers are
// pure; what they read comes from the caller, so that tests can bring their own host.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"
#include "runtime/plan/plan.h"

namespace plimsoll::cgroup {

inline constexpr std::string_view kMountRoot = "/sys/fs/cgroup";

// One hierarchy, and the container's cgroup in it.
struct Hierarchy {
  std::string controllers;  // "memory", "cpu,cpuacct", "name=systemd"; "" for v2
  std::string mount;        // where the hierarchy is mounted, absolute
  std::string path;         // the cgroup's folder, absolute and below `mount`

  bool fresh = false;  // made by this process: unused, and not frozen

  bool v2() const { return controllers.empty(); }
  bool has(std::string_view controller) const;
};

// A line of /proc/self/cgroup.
struct OwnCgroup {
  std::string controllers;
  std::string path;
};
std::vector<OwnCgroup> parse_proc_cgroup(std::string_view text);

// A line of /proc/self/mountinfo with a cgroup file system.
struct CgroupMount {
  std::string options;  // of the superblock: "rw,cpu,cpuacct"
  std::string point;
  std::string root;  // the part of the hierarchy that is mounted there
  bool v2 = false;
};
std::vector<CgroupMount> parse_cgroup_mounts(std::string_view mountinfo);

// What the look-up needs to know of a host.
struct Layout {
  plan::CgroupMode mode = plan::CgroupMode::none;
  std::string root = std::string(kMountRoot);
  std::string proc_cgroup = {};  // /proc/self/cgroup
  // /proc/self/mountinfo; read only when the usual layout does not answer.
  Result<std::string> (*mountinfo)() = nullptr;
};

// The folders for `plan`, in the order of /proc/self/cgroup. Hierarchies that are not mounted are
// left out. Fails for a path that is no cgroup of its own. `root` is the open folder layout.root.
Result<std::vector<Hierarchy>> find_hierarchies(const Layout& layout, BorrowedFd root,
                                                const plan::Cgroup& plan);

}  // namespace plimsoll::cgroup
