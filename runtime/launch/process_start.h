// The part that init and exec's process have in common: identity, privileges, the last steps before
// execve. Runs in the container's process, in the container's file system. SPDX-License-Identifier:
// Apache-2.0
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"
#include "runtime/linux/seccomp.h"
#include "runtime/plan/plan.h"

namespace plimsoll::launch {

// Gives stdin, stdout and stderr to the container's user where they are pipes or terminals, as the
// program expects to be able to reopen them. Regular files, and devices that are not terminals
// (/dev/null above all), keep their owner. The host's /dev/null becomes the container's own, where
// that is one.
Result<> own_standard_streams(uid_t uid);

// Limits, scheduling, personality, memory policy: what needs privileges that the user change takes
// away.
Result<> apply_process_attributes(const plan::Process& process);

// Labels for the coming execve, no_new_privs, bounding set, user, groups, umask, cwd, and the
// program's path. Afterwards the process is the container's user with the final effective set;
// where the seccomp program must be loaded without no_new_privs, CAP_SYS_ADMIN stays permitted (not
// effective) until load_seccomp_and_exec.
struct Identity {
  std::string program;
  std::vector<std::string> environment;
};
Result<Identity> become_user(const plan::Process& process, bool seccomp_needs_privilege,
                             std::vector<std::string>& warnings);

// Makes the process's own identity final, loads the seccomp program and calls execve: returns only
// on failure. `channel` gets the listener of a notify program. Just before the point of no return
// `executing` is set, where there is one, because the driver shares this memory; else the driver
// gets the message of that name.
Error load_seccomp_and_exec(const plan::Process& process, const Identity& identity,
                            const linux::SeccompProgram& seccomp, BorrowedFd channel,
                            std::atomic<bool>* executing);

}  // namespace plimsoll::launch
