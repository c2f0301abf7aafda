// The container's init process, from clone3 to execve. It shares its parent's memory until execve
// (docs/decisions/0003-shared-memory-child.md), so everything it needs is prepared here by the
// parent.
//
// An Init is made with new and belongs to the child once it was cloned: its fds are numbers of the
// child's own table from then on, and what it points to must never be freed by the parent.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"
#include "runtime/linux/rootfs.h"
#include "runtime/linux/seccomp.h"
#include "runtime/plan/plan.h"
#include "runtime/state/state.h"
#include "runtime/sys/process.h"

namespace plimsoll::launch {

struct Init {
  // -- prepared by the parent --
  const plan::Plan* plan = nullptr;
  linux::MountSources mount_sources;
  std::vector<linux::CgroupMountSource> cgroup_mounts;
  plan::CgroupMode cgroup_mode = plan::CgroupMode::none;
  const std::vector<UniqueFd>* cgroup_tasks = nullptr;  // v1: init writes "0" to each
  linux::SeccompProgram seccomp;
  std::vector<UniqueFd>
      join_fds;  // same order as plan->namespaces.join; empty when another process joined them
  UniqueFd time_namespace;  // to join, where it is not in join_fds
  int parent_end = -1;      // the parent's number of its end of the channel; closed by init at once
  int state_dir = -1;       // likewise the container's state folder, whose lock init must not hold
  UniqueFd channel;         // init's end
  UniqueFd start_listener;  // listening socket on which `start` connects; invalid for run
  UniqueFd console_socket;  // connected; invalid without a terminal or in the foreground
  bool foreground_terminal = false;
  bool starter_shares_memory = false;  // with init: the driver of `run`, not the process of `start`
  bool held = false;                   // the driver sends `go`
  bool user_namespace = false;         // init is in another user namespace than the runtime
  bool stay_dumpable =
      false;  // until parent_work is done: an unprivileged parent writes files of /proc/PID
  std::uint64_t ignored_signals = sys::kEverySignal;  // by the caller: to be reset
  state::View view;  // for hooks that init runs; pid and status are set by init

  // -- init's own --
  bool settled = false;
  std::atomic<bool> executing = false;
  linux::RootfsContext rootfs;
  std::vector<std::string> warnings;
  std::string ready_text;
  std::string program;  // what execve gets
  std::vector<std::string> environment;
};

// The fds that an Init holds, so that the parent can close its own copies after the clone.
std::vector<int> fds_of(const Init& init);

// Entry point for sys::spawn_shared; `argument` is an Init. Never returns.
int run_init(void* argument);

}  // namespace plimsoll::launch
