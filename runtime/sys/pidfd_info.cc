// SPDX-License-Identifier: Apache-2.0
#include "runtime/sys/pidfd_info.h"

#include <sys/ioctl.h>
#include <sys/wait.h>

#include <cstdint>

#include "runtime/sys/raw.h"

namespace plimsoll::sys {

namespace {

// struct pidfd_info of linux/pidfd.h in its first size; newer than the headers that we build with.
struct PidfdInfo {
  std::uint64_t mask;
  std::uint64_t cgroup_id;
  std::uint32_t ids[11];  // pid, tgid, ppid, and eight user and group ids
  std::int32_t exit_code;
};
static_assert(sizeof(PidfdInfo) == 64);
constexpr std::uint64_t kExit = 1U << 3;  // PIDFD_INFO_EXIT
constexpr unsigned long kGetInfo = _IOWR(0xFF, 11, PidfdInfo);

}  // namespace

ExitStatus decode_wait_status(int status) {
  if (WIFSIGNALED(status)) {
    return {.signaled = true, .code = WTERMSIG(status)};
  }
  return {.signaled = false, .code = WEXITSTATUS(status)};
}

std::optional<ExitStatus> exit_status_of(BorrowedFd pidfd) {
  PidfdInfo info = {};
  info.mask = kExit;
  if (raw(SYS_ioctl, pidfd.get(), kGetInfo, &info) < 0 || (info.mask & kExit) == 0) {
    return std::nullopt;
  }
  return decode_wait_status(info.exit_code);
}

}  // namespace plimsoll::sys
