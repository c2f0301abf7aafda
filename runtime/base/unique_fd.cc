// SPDX-License-Identifier: Apache-2.0
#include "runtime/base/unique_fd.h"

#include <sys/syscall.h>
#include <unistd.h>

namespace plimsoll {

void close_fd(int fd) { (void)::syscall(SYS_close, fd); }

}  // namespace plimsoll
