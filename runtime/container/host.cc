// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/host.h"

#include "runtime/base/text.h"
#include "runtime/cgroup/cgroup.h"
#include "runtime/linux/host.h"
#include "runtime/linux/seccomp_version.h"
#include "runtime/sys/file.h"

namespace plimsoll::container {

bool in_user_namespace() {
  // PROC_USER_INIT_INO of the kernel's proc_ns.h, fixed since 3.8: one system call, where uid_map
  // would take three and could not tell a namespace with the identity map from the first one.
  constexpr std::string_view kInitial = "user:[4026531837]";
  auto link = sys::read_link_at(sys::cwd(), "/proc/self/ns/user");
  return link && *link != kInitial;
}

bool unified_cgroups() { return cgroup::detect_mode() == plan::CgroupMode::v2; }

std::string libseccomp_version() {
  const linux::LibseccompVersion version = linux::libseccomp_version();
  return cat(version.major, ".", version.minor, ".", version.micro);
}

bool seccomp_flag_supported(std::uint32_t flag) { return linux::seccomp_flag_supported(flag); }

Result<> protect_executable(char** argv, char** envp, bool copied) {
  return linux::ensure_sealed_executable(
      argv, envp, copied ? linux::Protection::copy : linux::Protection::clone);
}

}  // namespace plimsoll::container
