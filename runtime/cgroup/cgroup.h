// A container's cgroup, in whatever hierarchies the host has, behind one class (cgroup v1, hybrid
// and v2, cgroupfs driver). Every file is reached from a folder fd with RESOLVE_BENEATH semantics;
// no name from a config or a container can lead out of the cgroup file system.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"
#include "runtime/cgroup/device_filter.h"
#include "runtime/cgroup/layout.h"
#include "runtime/cgroup/systemd.h"
#include "runtime/cgroup/tree.h"
#include "runtime/plan/plan.h"

namespace plimsoll::cgroup {

// Looks at /sys/fs/cgroup (no side effect).
plan::CgroupMode detect_mode();

// By controller ("memory", "cpu,cpuacct", "name=systemd"); "" is the v2 hierarchy. Absolute host
// paths.
using Paths = std::vector<std::pair<std::string, std::string>>;

class Cgroup {
 public:
  // Decides where the cgroup will be; makes nothing. Fails when linux.cgroupsPath cannot be
  // honoured.
  static Result<Cgroup> locate(const plan::Cgroup& plan);
  // The same on a host that the caller describes.
  static Result<Cgroup> locate(const plan::Cgroup& plan, const Layout& layout);
  // One that exists already, from the container's record. Paths that are gone are kept, and skipped
  // by every operation.
  static Result<Cgroup> open(const Paths& paths);

  // After open(): a unit of systemd holds it, which the system's or the user's own manager keeps.
  // apply(), attach() and remove() then go through that manager too.
  void held_by_unit(bool user);

  const Paths& paths() const { return paths_; }

  // systemd: the unit is made around a process, so that one exists and waits. create() and apply()
  // follow as without systemd. Does nothing for another driver.
  Result<> start_unit(const plan::Cgroup& plan, std::string_view id, pid_t pid);

  // Makes the folders and enables controllers on the way (v2); on failure it leaves nothing.
  // Refuses a cgroup with processes in it ("container's cgroup is not empty: N process(es) found")
  // or frozen
  // ("container's cgroup unexpectedly frozen"). Rootless with no path asked for and no permission:
  // succeeds with empty paths().
  Result<> create(const plan::Cgroup& plan);
  // Writes the limits and device rules. Before the container's process is in it, or for `update` at
  // any time. A device filter that a new cgroup needs is left to `later`, where there is one.
  Result<> apply(const plan::Cgroup& given, PendingFilter* later = nullptr);
  // What clone3(CLONE_INTO_CGROUP) takes; -1 without a v2 hierarchy, and after open() in a hybrid.
  int v2_dir() const { return v2_dir_.get(); }
  // v1: one open `tasks` file a hierarchy. Init moves itself by writing "0" to each of them.
  const std::vector<UniqueFd>& v1_tasks() const { return v1_tasks_; }
  // Opens the `tasks` files (v1) and the v2 folder again, for exec.
  // Each of `sub_paths` is exec's --cgroup, "[ctrl[,ctrl…]:]PATH": PATH lies below the container's
  // own cgroup and cannot lead out of it; it must exist.
  Result<> open_for_join(const std::vector<std::string>& sub_paths = {});
  // Where `pid` is below this cgroup in the v2 hierarchy ("" for the cgroup itself). For exec on v2
  // when the container has made sub-cgroups and its own cgroup takes no process any more (EBUSY).
  Result<std::string> v2_sub_path_of(pid_t pid) const;
  // Puts another process into every hierarchy (exec into a running container without
  // CLONE_INTO_CGROUP, rootless).
  Result<> attach(pid_t pid);

  Result<std::vector<pid_t>> processes() const;  // recursive: sub-cgroups too
  Result<> freeze();
  Result<> thaw();
  Result<bool> frozen() const;
  // Signals every process in it and below. SIGKILL uses cgroup.kill where the kernel has it, else
  // freeze-kill-thaw.
  Result<> signal_all(int signal);
  // True when the kernel counted an OOM kill in this cgroup.
  bool oom_killed() const;
  // Kills what is left, removes the folders, children first; retries EBUSY for at most 10 s. Gone
  // already is success.
  Result<> remove();

 private:
  Result<> make_v1(Hierarchy& hierarchy, const plan::Cgroup& plan, FolderMaker& maker);
  Result<> make_v2(Hierarchy& hierarchy, const plan::Cgroup& plan, FolderMaker& maker);
  Result<> check_unused(const Hierarchy& hierarchy) const;
  Result<> check_memory_usage(const plan::Cgroup& plan) const;
  Result<> write_setting(const plan::CgroupWrite& write) const;
  Result<> apply_writes(const std::vector<plan::CgroupWrite>& writes) const;
  Result<> apply_devices(const std::vector<plan::DeviceRule>& rules, PendingFilter* later) const;
  Result<> apply_to_unit(const Unit& unit, plan::Cgroup& plan) const;
  Result<> freeze_v1(const Hierarchy& freezer) const;
  Result<> freeze_v2(const Hierarchy& unified) const;
  Result<> kill_frozen() const;
  const Hierarchy* find(std::string_view controller) const;
  const Hierarchy* unified() const { return find(""); }
  void record_paths();

  Tree tree_;
  plan::CgroupMode mode_ = plan::CgroupMode::none;
  std::vector<Hierarchy> hierarchies_;
  Paths paths_;
  UniqueFd v2_dir_;
  std::vector<UniqueFd> v1_tasks_;
  bool rootless_ = false;
  std::optional<Unit> unit_;
  bool unit_started_ = false;  // by this process, with all properties

  friend Result<std::vector<struct MountSource>> mount_sources(const Cgroup& cgroup);
};

// What a mount of type "cgroup" shows inside the container: for each hierarchy the host's folder to
// bind.
struct MountSource {
  std::string name;  // folder name below the mount: "memory", "systemd", "cpu,cpuacct"; "" for v2
  std::string host_path;   // the container's cgroup in that hierarchy
  std::string mount_root;  // where the host has the hierarchy mounted
  std::string options;     // the v1 mount options for a new mount in a cgroup namespace: "memory",
                           // "none,name=systemd"
};
Result<std::vector<MountSource>> mount_sources(const Cgroup& cgroup);

}  // namespace plimsoll::cgroup
