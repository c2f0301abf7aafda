// SPDX-License-Identifier: Apache-2.0
#include "runtime/linux/process_setup.h"
#include "runtime/sys/scheduling.h"

namespace plimsoll::linux {

Result<> set_rlimits(const std::vector<plan::Rlimit>& rlimits) {
  for (const plan::Rlimit& limit : rlimits) {
    TRY(sys::set_resource_limit(limit.resource, limit.soft, limit.hard, limit.name));
  }
  return {};
}

}  // namespace plimsoll::linux
