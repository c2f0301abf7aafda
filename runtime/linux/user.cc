// SPDX-License-Identifier: Apache-2.0
#include <sys/prctl.h>

#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/linux/host.h"
#include "runtime/linux/process_setup.h"
#include "runtime/sys/credentials.h"
#include "runtime/sys/process.h"

namespace plimsoll::linux {

namespace {

Result<> set_groups(const plan::Process& process) {
  const Result<> set = sys::set_groups(process.groups);
  if (set) {
    return {};
  }
  // man 7 user_namespaces, "/proc/PID/setgroups": an unprivileged user must not lose a group that
  // takes a right away. There is no way to have others either. EPERM is the answer then.
  if (set.error().err() == EPERM && !setgroups_allowed()) {
    if (!process.groups.empty()) {
      return fail(Error::unsupported(
          "cannot set additionalGids: this user namespace does not allow setgroups"));
    }
    return {};
  }
  // Without the right to call it, having no groups already is all that is needed.
  if (set.error().err() == EPERM && process.groups.empty()) {
    if (const auto current = sys::get_groups(); current && current->empty()) {
      return {};
    }
  }
  if (set.error().err() == EINVAL) {
    return fail(Error(set.error()).wrap("additionalGids (unmapped in the user namespace?)"));
  }
  return set;
}

}  // namespace

Result<> set_user(const plan::Process& process) {
  if (process.uid != 0) {
    // Else the kernel empties the permitted set when the last id becomes other than 0, before
    // apply_capabilities can choose from it. execve ends this.
    TRY_DOING("unable to set keep caps", sys::process_control(PR_SET_KEEPCAPS, 1));
  }
  TRY(set_groups(process));
  if (const Result<> set = sys::set_group_id(process.gid); !set) {
    if (set.error().err() == EINVAL) {
      return fail(
          Error::invalid(cat("cannot setgid to unmapped gid ", process.gid, " in user namespace")));
    }
    return set;
  }
  if (const Result<> set = sys::set_user_id(process.uid); !set) {
    if (set.error().err() == EINVAL) {
      return fail(
          Error::invalid(cat("cannot setuid to unmapped uid ", process.uid, " in user namespace")));
    }
    return set;
  }
  return {};
}

}  // namespace plimsoll::linux
