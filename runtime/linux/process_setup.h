// What the container's process is before its program runs: identity, limits, privileges. All of it
// runs in init (or in exec's process), through raw system calls: no libc function that would look
// at threads, locales or NSS. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"
#include "runtime/plan/plan.h"

namespace plimsoll::linux {

// A procfs that the container cannot have tampered with (CVE-2019-16884, CVE-2025-52881): /proc,
// proved to be the root of a procfs, while the path below it crosses no mount and no magic link;
// else one of our own that is mounted nowhere. Opened by the process that uses it, in its own pid
// namespace.
class Procfs {
 public:
  static Result<Procfs> open_subset();  // /proc/self and processes only
  static Result<Procfs> open_whole();   // with /proc/sys
  // The same, without a look at the mounted /proc.
  static Result<Procfs> open_detached(bool whole);
  // Writes a file below the handle by one write(2). `path` is relative: "self/oom_score_adj".
  Result<> write(const char* path, std::string_view data) const;
  Result<std::string> read(const char* path, std::size_t limit) const;
  bool exists(const char* path) const;
  BorrowedFd fd() const { return fd_; }

 private:
  Procfs(UniqueFd fd, bool detached, bool whole)
      : fd_(std::move(fd)), detached_(detached), whole_(whole) {}
  static Result<Procfs> open(bool whole);
  Result<UniqueFd> open_file(const char* path, int flags) const;
  UniqueFd fd_;
  bool detached_;
  bool whole_;
};

Result<> set_hostname(const std::string& name);
Result<> set_domainname(const std::string& name);
Result<> apply_sysctls(const std::vector<plan::Sysctl>& sysctls);
// "lo" up, in a new network namespace.
Result<> bring_up_loopback();
Result<> set_rlimits(const std::vector<plan::Rlimit>& rlimits);
// EACCES for an unprivileged caller who lowers the value is ignored with a warning.
Result<> set_oom_score_adj(int value, std::vector<std::string>& warnings);
Result<> set_scheduler(const plan::Scheduler& scheduler);
Result<> set_io_priority(int priority);
// To every CPU the cgroup allows: a caller pinned to one CPU must not pin the container.
Result<> reset_cpu_affinity();
Result<> set_cpu_affinity(const std::string& list);
Result<> set_personality(unsigned long persona);
Result<> set_memory_policy(const plan::MemoryPolicy& policy);
// Joins a session keyring of the container, "_ses.ID"; a kernel without keyrings, or one that
// forbids it, is a warning.
Result<> join_session_keyring(const std::string& container_id, const std::string& selinux_label,
                              std::vector<std::string>& warnings, bool in_user_namespace = false);
Result<> set_no_new_privileges();
// For the next exec. Errors quote the attr path in backquotes, as callers match it.
Result<> set_exec_apparmor(const std::string& profile);
Result<> set_exec_selinux(const std::string& label);

// Bounding set, then keep-caps + uid/gid/groups, then the four other sets, as runc orders them.
// What cannot be granted is left out with a warning.
Result<> drop_bounding_set(const plan::CapabilitySets& sets, std::vector<std::string>& warnings);
Result<> set_user(const plan::Process& process);
Result<> apply_capabilities(const plan::CapabilitySets& sets, std::vector<std::string>& warnings);

// mkdir -p of cwd inside the root (0755). For a root that becomes read-only before enter_cwd runs.
Result<> make_cwd(const std::string& cwd);
// make_cwd, chdir, and proof that it is inside the root (CVE-2024-21626). EACCES (err()) means that
// another user may succeed.
Result<> enter_cwd(const std::string& cwd);
// $HOME from the container's /etc/passwd (bounded, non-blocking, regular files only) when `env` has
// none.
void add_home(std::vector<std::string>& env, uid_t uid);
// The program that execve would run: looked up in the environment's PATH, as the current user,
// executable and not a folder. Errors are runc's: `exec: "X": executable file not found in $PATH`,
// `exec: "X": permission denied`, …
Result<std::string> find_executable(const std::string& name, const std::vector<std::string>& env);

}  // namespace plimsoll::linux
