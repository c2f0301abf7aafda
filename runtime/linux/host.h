// Host-side features around the clone: facts, id maps, network devices, resource control, time
// offsets. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"
#include "runtime/plan/plan.h"

namespace plimsoll::linux {

// What is to be found out; the rest counts as no.
struct HostQuestions {
  bool user_namespace = true;
  bool apparmor = true;
  bool selinux = true;
};
// Everything of HostFacts but the cgroup mode, which cgroup/ knows.
plan::HostFacts read_host_facts(const HostQuestions& questions = {});

// Writes uid_map, gid_map and setgroups of `pid` (through /proc/PID opened once). A caller without
// privilege writes a map of its own id alone (and gives up setgroups), and has newuidmap and
// newgidmap write any other; their absence, or a missing subuid range, gets its own sentence. For
// such a caller the process is made dumpable while this runs: else /proc/PID belongs to root.
Result<> write_id_maps(pid_t pid, const plan::IdMaps& maps, bool rootless);
// True when the calling process may call setgroups.
bool setgroups_allowed();
// Why this host makes no user namespace (or none that can do anything) for a caller without
// privilege: a sysctl's name and value. Empty when nothing is known. For the errors of clone3 and
// unshare.
std::string user_namespace_hint();

// timens_offsets of `pid` (0: the caller itself), before any process enters the new time namespace:
// run in init right after unshare, or by the parent.
Result<> write_time_offsets(pid_t pid, const std::vector<plan::TimeOffset>& offsets);

// Moves the network devices of linux.netDevices into the network namespace `netns` and renames
// them, addresses kept; on failure they are moved back.
Result<> move_network_devices(const std::vector<plan::NetDevice>& devices, BorrowedFd netns);

// Intel RDT: makes or joins the group in resctrl, writes the schemata, puts `pid` in. Returns the
// path of the group to remove at delete, or "" when it existed before. `resctrl_root` is
// /sys/fs/resctrl but for tests.
Result<std::string> apply_intel_rdt(const plan::IntelRdt& rdt, const std::string& container_id,
                                    pid_t pid, const std::string& resctrl_root);

// How far a container is kept from the file of this program
// (docs/decisions/0009-read-only-clone.md).
enum class Protection {
  clone,  // at least a mount of it that stays read-only for ever
  copy,  // another file: for containers whose capabilities reach what a read-only mount leaves open
};

// Continues from an image of this program that no container can write: /proc/self/exe inside init
// would otherwise lead to the host's own binary (CVE-2019-5736). Does nothing when the running
// image is such a one already. Called first thing in main for create, run, exec and restore, with
// the arguments of main; when it returns, nothing has changed.
Result<> ensure_sealed_executable(char** argv, char** envp, Protection least);

}  // namespace plimsoll::linux
