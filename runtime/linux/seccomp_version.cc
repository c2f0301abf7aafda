// SPDX-License-Identifier: Apache-2.0
#include "runtime/linux/seccomp_version.h"

#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/syscall.h>

#include <cerrno>

#include "runtime/sys/raw.h"

namespace plimsoll::linux {

LibseccompVersion libseccomp_version() {
  const scmp_version* version = ::seccomp_version();
  if (version == nullptr) {
    return {};
  }
  return {.major = version->major, .minor = version->minor, .micro = version->micro};
}

bool seccomp_flag_supported(std::uint32_t flag) {
  // The kernel takes this one only together with a listener.
  constexpr std::uint32_t kWaitKillable = 1U << 5;  // SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, 5.19
  const std::uint32_t flags =
      flag == kWaitKillable ? flag | SECCOMP_FILTER_FLAG_NEW_LISTENER : flag;
  // Flags are checked before the filter is copied from the null pointer.
  return sys::raw(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, static_cast<const void*>(nullptr)) ==
         -EFAULT;
}

}  // namespace plimsoll::linux
