// SPDX-License-Identifier: Apache-2.0
#include "runtime/linux/process_setup.h"
#include "runtime/sys/scheduling.h"

namespace plimsoll::linux {

Result<> set_io_priority(int priority) {
  // config.md speaks of the process group. This process is still alone in its group, or in that of
  // the runtime's caller, which must not be changed; its children inherit the value.
  return sys::set_io_priority(priority);
}

}  // namespace plimsoll::linux
