// Processes: making, joining, waiting, signalling (man 2 clone3, setns, unshare, waitid,
// pidfd_open, prctl). SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/sched.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"

namespace plimsoll::sys {

// An open pidfd and the process's number as this pid namespace sees it.
struct Process {
  pid_t pid = 0;
  UniqueFd pidfd;
};

// A stack for a child that shares our memory; unmapped by the destructor. A guard page lies below
// it.
class ChildStack {
 public:
  static Result<ChildStack> create(std::size_t size = std::size_t{256} * 1024);
  // On memory of the caller's, without a guard page: for a child that its parent waits for
  // (CLONE_VFORK) and that does little.
  static ChildStack on(std::span<std::byte> memory) {
    return {memory.data(), memory.size(), /*mapped=*/false};
  }
  ChildStack(ChildStack&& other) noexcept;
  ChildStack& operator=(ChildStack&&) = delete;
  ChildStack(const ChildStack&) = delete;
  ChildStack& operator=(const ChildStack&) = delete;
  ~ChildStack();
  void* base() const { return base_; }
  std::size_t size() const { return size_; }

 private:
  ChildStack(void* base, std::size_t size, bool mapped)
      : base_(base), size_(size), mapped_(mapped) {}
  void* base_;
  std::size_t size_;
  bool mapped_;
};

// Runs `entry(argument)` in a child made by clone3(2) with CLONE_VM | CLONE_PIDFD | `flags`, on
// `stack`; its return value is the child's exit status. The child shares this process's memory,
// heap and errno, so only one of the two may run at a time
// (docs/decisions/0003-shared-memory-child.md), and `stack` must live until the child has called
// execve or exited. `cgroup_fd` >= 0 adds CLONE_INTO_CGROUP. Never CLONE_VFORK with a new user
// namespace: its parent must write the id maps. The exit signal is SIGCHLD, but none when
// CLONE_PARENT asks for the caller's own.
Result<Process> spawn_shared(std::uint64_t flags, int cgroup_fd, const ChildStack& stack,
                             int (*entry)(void*), void* argument);

// As spawn_shared, but the child gets a copy of the memory, as after fork(2): for a child that
// enters a pid namespace where somebody may trace it.
Result<Process> spawn_copied(std::uint64_t flags, int cgroup_fd, const ChildStack& stack,
                             int (*entry)(void*), void* argument);

// setns(2). `nstype` 0 takes any; with a pidfd, a mask of CLONE_NEW*.
Result<> set_namespace(BorrowedFd fd, int nstype);
Result<> unshare(int flags);

// execve(2) by path, and of an open file (execveat with AT_EMPTY_PATH). Return only on failure.
Error exec_path(const char* path, char* const* argv, char* const* envp);
Error exec_fd(BorrowedFd file, char* const* argv, char* const* envp);
// What they take: the strings in their own memory, and a null pointer behind the last.
std::vector<char*> exec_pointers(const std::vector<std::string>& strings);

// Ends this process at once: no atexit, no flush. Dumps coverage counters in a coverage build.
[[noreturn]] void exit_process(int status);

Result<UniqueFd> pidfd_open(pid_t pid);
Result<> pidfd_send_signal(BorrowedFd pidfd, int signal);
Result<> kill(pid_t pid, int signal);

struct ExitStatus {
  bool signaled = false;
  int code = 0;  // the exit status, or the signal's number
  // As shells report it: the status, or 128 + signal.
  int shell_status() const { return signaled ? 128 + code : code; }
};
// Waits for the child behind a pidfd, or for a child by number, and reaps it.
Result<ExitStatus> wait_for(BorrowedFd pidfd);
Result<ExitStatus> wait_for_pid(pid_t pid);

Result<long> process_control(int option, unsigned long a = 0, unsigned long b = 0,
                             unsigned long c = 0,
                             unsigned long d = 0);  // prctl(2)
pid_t process_id();
pid_t parent_process_id();
uid_t effective_user_id();
gid_t effective_group_id();
// setsid(2). EPERM for a process that already leads its group is an error too.
Result<> new_session();

// Signals as the kernel's masks have them: bit n-1 is signal n.
inline constexpr std::uint64_t kEverySignal = ~std::uint64_t{0};
// The signals that this process ignores (SigIgn of /proc/self/status, man 5 proc); every signal
// where that cannot be read.
std::uint64_t ignored_signals();
// Gives each of `signals` its default action, and blocks none. execve(2) itself resets those that
// have a handler: what ignored_signals() names is enough before it.
Result<> reset_signals(std::uint64_t signals = kEverySignal);
// A caller that ignores SIGCHLD passes that on (execve(2)), and then our children would be reaped
// behind our back and waitid(2) would find none.
void stop_ignoring_children();
// SIGHUP, SIGINT, SIGQUIT and SIGTERM end this process with status 128 + signal. For the first
// process of a pid namespace, which the kernel spares every signal that has no handler (man 7
// pid_namespaces). execve(2) takes the handlers away.
Result<> end_on_signals();
// Blocks all signals; reset_signals() undoes it in the child.
Result<> block_all_signals();

// Sleeps; returns early on a signal.
void sleep_milliseconds(std::uint32_t milliseconds);
// CLOCK_MONOTONIC in milliseconds.
std::uint64_t monotonic_milliseconds();

}  // namespace plimsoll::sys
