// SPDX-License-Identifier: Apache-2.0
#include "runtime/linux/process_setup.h"
#include "runtime/sys/scheduling.h"

namespace plimsoll::linux {

Result<> set_memory_policy(const plan::MemoryPolicy& policy) {
  return sys::set_memory_policy(policy.mode, policy.nodes);
}

}  // namespace plimsoll::linux
