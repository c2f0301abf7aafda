// What a pidfd tells of a process that has ended (ioctl PIDFD_GET_INFO, Linux 6.15).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "runtime/base/unique_fd.h"
#include "runtime/sys/process.h"

namespace plimsoll::sys {

// As wait(2) encodes it.
ExitStatus decode_wait_status(int status);

// The exit status of a process that its parent has reaped after the pidfd was opened. Nothing
// before that, and on older kernels.
std::optional<ExitStatus> exit_status_of(BorrowedFd pidfd);

}  // namespace plimsoll::sys
