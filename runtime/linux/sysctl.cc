// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "runtime/base/text.h"
#include "runtime/linux/process_setup.h"

namespace plimsoll::linux {

Result<> apply_sysctls(const std::vector<plan::Sysctl>& sysctls) {
  if (sysctls.empty()) {
    return {};
  }
  const Procfs proc = TRY(Procfs::open_whole());
  for (const plan::Sysctl& sysctl : sysctls) {
    const std::vector<std::string_view> parts = split(sysctl.path, '/');
    // "../sysrq-trigger" would stay below /proc, but not below /proc/sys.
    if (std::ranges::find(parts, "..") != parts.end()) {
      return fail(Error::invalid(cat("sysctl '", sysctl.key, "' is not below /proc/sys")));
    }
    TRY_DOING(cat("sysctl '", sysctl.key, "'"),
              proc.write(cat("sys/", sysctl.path).c_str(), sysctl.value));
  }
  return {};
}

}  // namespace plimsoll::linux
