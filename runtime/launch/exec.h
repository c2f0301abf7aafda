// exec: one more process in a running container. The driver stays on the host; an intermediate
// process enters the container's namespaces and makes the new process in there.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"
#include "runtime/cgroup/cgroup.h"
#include "runtime/launch/oom_score.h"
#include "runtime/launch/protocol.h"
#include "runtime/linux/seccomp.h"
#include "runtime/plan/plan.h"
#include "runtime/state/state.h"
#include "runtime/sys/process.h"

namespace plimsoll::launch {

struct ExecChild {
  const plan::Process* process = nullptr;
  std::string container_id;
  bool new_keyring = true;
  bool user_namespace = false;
  const std::vector<UniqueFd>* cgroup_tasks = nullptr;
  linux::SeccompProgram seccomp;
  UniqueFd channel;
  UniqueFd console_socket;
  UniqueFd root;  // only where the container has no mount namespace of its own
  int parent_end = -1;
  bool shares_memory = false;  // the driver's
  // The driver has more to do to the process than to make it: it waits for `go` first.
  bool held = false;
  // Where it shares the driver's memory and is not held: who is first, the driver with all that it
  // does after the clone, or the process, which then waits for `go` before it executes.
  enum class Turn : std::uint8_t { open, driver_done, process_waits };
  std::atomic<Turn> turn = Turn::open;
  std::atomic<bool> executing = false;
  // By the caller: to be reset. Told by the driver before its turn ends.
  std::atomic<std::uint64_t> ignored_signals = sys::kEverySignal;
  std::vector<std::string> warnings;
};

// Made with new and never freed once the process exists, like its plan.
struct Execution {
  // -- prepared by the caller --
  const plan::Process* process = nullptr;
  const state::Record* record = nullptr;
  plan::Namespaces namespaces;       // of the container
  cgroup::Cgroup* cgroup = nullptr;  // opened for joining
  int state_root = -1;
  UniqueFd init_pidfd;
  UniqueFd console_socket;
  bool new_keyring = true;
  // Already compiled; without one it is made from the process's profile.
  std::optional<linux::SeccompProgram> seccomp;

  // -- made --
  std::vector<UniqueFd> join;  // as SpawnRequest has them
  std::vector<int> join_flags;
  OomScore oom_score;
  ExecChild* child = nullptr;
  sys::Process started;
  UniqueFd channel;
  UniqueFd master;  // with a terminal and without a console socket
};

// Returns when the program has been executed. On failure the process is gone and reaped.
Result<> exec_in_container(Execution& execution);

}  // namespace plimsoll::launch
