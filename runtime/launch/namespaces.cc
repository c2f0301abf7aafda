// SPDX-License-Identifier: Apache-2.0
#include "runtime/launch/namespaces.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"
#include "runtime/sys/raw.h"

namespace plimsoll::launch {

Result<std::vector<UniqueFd>> open_joined_namespaces(const plan::Namespaces& namespaces) {
  std::vector<UniqueFd> fds;
  fds.reserve(namespaces.join.size());
  for (const plan::JoinNamespace& join : namespaces.join) {
    UniqueFd fd =
        TRY_DOING(cat(join.type, " namespace"),
                  sys::open_at(sys::cwd(), join.path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY));
    const long type = sys::raw(SYS_ioctl, fd.get(), NS_GET_NSTYPE);
    if (type != join.clone_flag) {
      return fail(Error::invalid(
          cat("namespace path '", join.path, "' is not a ", join.type, " namespace")));
    }
    fds.push_back(std::move(fd));
  }
  return fds;
}

bool needs_intermediate(const plan::Namespaces& namespaces) {
  const bool new_user = (namespaces.create & CLONE_NEWUSER) != 0;
  return std::ranges::any_of(namespaces.join, [new_user](const plan::JoinNamespace& join) {
    return new_user || join.clone_flag == CLONE_NEWUSER || join.clone_flag == CLONE_NEWPID ||
           join.clone_flag == CLONE_NEWTIME;
  });
}

namespace {

// What the intermediate process leaves for its parent, which waits for it (CLONE_VFORK) and shares
// its fds.
struct Intermediate {
  const SpawnRequest* request;
  const sys::ChildStack* stack;
  std::size_t failed_join;
  int err;
  pid_t pid;
  int pidfd;
};

Result<sys::Process> spawn_child(const SpawnRequest& request, std::uint64_t more_flags,
                                 const sys::ChildStack& stack) {
  const auto call = request.share_memory ? sys::spawn_shared : sys::spawn_copied;
  auto process =
      call(request.create | more_flags, request.cgroup_dir, stack, request.entry, request.argument);
  if (!process && process.error().err() == ENOSPC) {
    // Nothing to do with a disk (man 7 namespaces).
    const bool user = (request.create & CLONE_NEWUSER) != 0;
    return fail(Error::system(
        ENOSPC, cat("clone3: a limit in /proc/sys/user (",
                    user ? "max_user_namespaces or another" : "max_*_namespaces", ") is reached")));
  }
  return process;
}

// A namespace may belong to another user namespace than to the one that is joined: to the host's,
// over which that one gives no privileges, or to the one that is joined, for a caller who has none
// on the host. So what is refused before the user namespace's turn is tried once more after it.
bool join_all(Intermediate& work) {
  const SpawnRequest& request = *work.request;
  const std::size_t count = request.join->size();
  std::uint64_t waiting = 0;
  for (const bool first : {true, false}) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t bit = std::uint64_t{1} << i;
      if (first && (*request.join_flags)[i] == CLONE_NEWUSER) {
        waiting |= bit;
        continue;
      }
      if (!first && (waiting & bit) == 0) {
        continue;
      }
      const long joined = sys::raw(SYS_setns, (*request.join)[i].get(), (*request.join_flags)[i]);
      if (first && joined == -EPERM) {
        waiting |= bit;
      } else if (joined < 0) {
        work.failed_join = i;
        work.err = static_cast<int>(-joined);
        return false;
      }
    }
  }
  return true;
}

int run_intermediate(void* argument) {
  Intermediate& work = *static_cast<Intermediate*>(argument);
  const SpawnRequest& request = *work.request;
  if (!join_all(work)) {
    sys::exit_process(1);
  }
  auto child = spawn_child(request, CLONE_PARENT, *work.stack);
  work.failed_join = request.join->size();
  if (!child) {
    work.err = child.error().err();
    sys::exit_process(1);
  }
  work.pid = child->pid;
  work.pidfd = child->pidfd.release();
  sys::exit_process(0);
}

}  // namespace

Result<sys::Process> spawn(const SpawnRequest& request, const sys::ChildStack& stack) {
  if (request.join == nullptr || request.join->empty()) {
    return spawn_child(request, 0, stack);
  }
  alignas(16) std::array<std::byte, std::size_t{32} * 1024> memory;
  const sys::ChildStack own_stack = sys::ChildStack::on(memory);
  Intermediate work = {
      .request = &request, .stack = &stack, .failed_join = 0, .err = 0, .pid = 0, .pidfd = -1};
  const sys::Process process =
      TRY(sys::spawn_shared(CLONE_VFORK | CLONE_FILES, -1, own_stack, run_intermediate, &work));
  TRY(sys::wait_for(process.pidfd));
  if (work.pid == 0) {
    const std::string call =
        work.failed_join < request.join->size() ? cat("setns ", work.failed_join) : "clone3";
    return fail(Error::system(work.err == 0 ? ECHILD : work.err, call));
  }
  // clone3 told the number in the namespace of the intermediate, which is ours: setns to a pid
  // namespace counts for children only.
  return sys::Process{.pid = work.pid, .pidfd = UniqueFd(work.pidfd)};
}

Result<sys::Process> spawn_in_cgroup(SpawnRequest request, const sys::ChildStack& stack,
                                     cgroup::Cgroup& cgroup) {
  request.cgroup_dir = cgroup.v2_dir();
  auto spawned = spawn(request, stack);
  if (spawned || request.cgroup_dir < 0) {
    return spawned;
  }
  // EACCES: a delegated folder whose common ancestor with ours we may not write; E2BIG, EINVAL: a
  // kernel before 5.7.
  const int reason = spawned.error().err();
  if (reason != EACCES && reason != E2BIG && reason != EINVAL) {
    return spawned;
  }
  request.cgroup_dir = -1;
  if (request.held != nullptr) {
    *request.held = true;
  }
  sys::Process process = TRY(spawn(request, stack));
  if (auto attached = cgroup.attach(process.pid); !attached) {
    (void)sys::pidfd_send_signal(process.pidfd, SIGKILL);
    (void)sys::wait_for(process.pidfd);
    return fail(std::move(attached).error().wrap("cgroup"));
  }
  return process;
}

}  // namespace plimsoll::launch
