// The driver's side of create and start: everything around the clone, in the runtime's own process
// on the host. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"
#include "runtime/cgroup/cgroup.h"
#include "runtime/launch/init.h"
#include "runtime/launch/oom_score.h"
#include "runtime/launch/protocol.h"
#include "runtime/plan/plan.h"
#include "runtime/state/state.h"
#include "runtime/sys/process.h"

namespace plimsoll::launch {

// Made with new and never freed once init exists, like everything that it points to: init reads it
// (and goes on reading it after this process has ended).
struct Creation {
  // -- what the caller has prepared; all of it must live until the container's program runs --
  const plan::Plan* plan = nullptr;
  state::ContainerDir* dir = nullptr;
  state::Record* record = nullptr;  // id, bundle, times, owner; the steps add what they make
  cgroup::Cgroup* cgroup = nullptr;
  plan::CgroupMode cgroup_mode = plan::CgroupMode::none;
  std::string_view config;  // the bytes to be saved
  // Where linux.seccomp is in them; none: no program is saved.
  std::uint64_t seccomp_begin = 0;
  std::uint64_t seccomp_end = 0;
  // Its program, when it is known; the plan has no profile then.
  std::optional<linux::SeccompProgram> seccomp;
  int state_root = -1;      // where the cache of compiled seccomp programs lies
  UniqueFd console_socket;  // connected, or invalid
  bool foreground_terminal = false;
  bool start_follows = false;  // run: the same process starts it
  std::string pid_file;
  std::string pidfd_socket;

  // -- what the steps make --
  Init* init = nullptr;
  std::vector<UniqueFd> join;  // as SpawnRequest has them
  std::vector<int> join_flags;
  std::vector<int> given_away;          // descriptors that only init uses
  bool shares_memory = false;           // init's is this process's
  cgroup::PendingFilter device_filter;  // comes into force while init works
  std::string saved_seccomp;            // to be saved; empty: nothing
  sys::Process process;
  UniqueFd channel;
  OomScore oom_score;
  UniqueFd master;           // of the foreground terminal
  bool cgroup_made = false;  // a cgroup that create refused holds somebody else's processes
  bool env_created = false;  // init was made: poststop hooks are due when the rest fails
};

// Makes the container up to "created". On failure nothing is undone: abandon() does that.
Result<> create_container(Creation& creation);

// After a failed create: kills and reaps init, removes the cgroup and the resctrl group. Errors on
// the way are logged.
void abandon(Creation& creation);

// Sends `start` over `channel`, serves what init needs on the way, and returns when the program has
// been executed. `init_executing`: the flag of an init whose memory this process may share.
Result<> drive_start(BorrowedFd channel, const state::View& view, BorrowedFd pidfd,
                     const std::atomic<bool>* init_executing = nullptr);

// What a driver does with a `listener` packet: sends the fd to the agent, then answers work_done.
Result<> serve_listener(BorrowedFd channel, Packet packet, const state::View& view,
                        BorrowedFd pidfd);

// Compiles a profile through the cache in the state root `state_root`, and logs the warnings.
// `json`: its bytes, to be remembered.
Result<linux::SeccompProgram> compile_seccomp_in(int state_root, const plan::Seccomp& profile,
                                                 std::string_view json = {});

// The text with which a driver explains an init that ended without a word.
Error explain_death(BorrowedFd pidfd, bool is_child, const cgroup::Cgroup& cgroup);

}  // namespace plimsoll::launch
