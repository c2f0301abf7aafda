// Acting on a container's init from its record: always by a pidfd whose process was recognised
// after the pidfd was opened, so that no other process that has taken the number is ever touched.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"
#include "runtime/state/state.h"

namespace plimsoll::container {

// "container not running" when it has ended.
Result<UniqueFd> open_init(const state::ProcessIdentity& init);
// The same error when it has ended meanwhile.
Result<> signal_init(BorrowedFd pidfd, int signal);
// Waits on a pidfd; false when the time is up.
Result<bool> wait_for_end(BorrowedFd pidfd, int timeout_milliseconds);

}  // namespace plimsoll::container
