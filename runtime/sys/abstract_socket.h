// Unix sockets by an abstract name (man 7 unix), as NOTIFY_SOCKET may give with a leading '@'.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"

namespace plimsoll::sys {

// `name` without the leading '@' or NUL.
Result<> connect_abstract(BorrowedFd socket, std::string_view name);
Result<> bind_abstract(BorrowedFd socket, std::string_view name);

}  // namespace plimsoll::sys
