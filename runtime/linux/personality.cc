// SPDX-License-Identifier: Apache-2.0
#include "runtime/linux/process_setup.h"
#include "runtime/sys/scheduling.h"

namespace plimsoll::linux {

Result<> set_personality(unsigned long persona) { return sys::set_personality(persona); }

}  // namespace plimsoll::linux
