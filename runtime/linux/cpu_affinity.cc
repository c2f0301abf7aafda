// SPDX-License-Identifier: Apache-2.0
#include "runtime/base/text.h"
#include "runtime/linux/cpu_list.h"
#include "runtime/linux/process_setup.h"
#include "runtime/sys/scheduling.h"

namespace plimsoll::linux {

Result<> reset_cpu_affinity() {
  CpuMask all;
  all.fill(~std::uint64_t{0});
  // The caller's own affinity is kept where this is forbidden (a seccomp filter around us): slower,
  // but the container asked for nothing here.
  (void)sys::set_affinity(all);
  return {};
}

Result<> set_cpu_affinity(const std::string& list) {
  const CpuMask mask = TRY(parse_cpu_list(list));
  TRY_DOING(cat("CPU affinity '", list, "'"), sys::set_affinity(mask));
  return {};
}

}  // namespace plimsoll::linux
