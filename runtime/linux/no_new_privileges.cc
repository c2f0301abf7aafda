// SPDX-License-Identifier: Apache-2.0
#include <sys/prctl.h>

#include "runtime/linux/process_setup.h"
#include "runtime/sys/process.h"

namespace plimsoll::linux {

Result<> set_no_new_privileges() {
  TRY_DOING("no_new_privs", sys::process_control(PR_SET_NO_NEW_PRIVS, 1));
  return {};
}

}  // namespace plimsoll::linux
