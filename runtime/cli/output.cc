// stdout, for all commands. SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include "runtime/cli/invocation.h"
#include "runtime/sys/file.h"

namespace plimsoll::cli {

Result<> print(std::string_view text) {
  return sys::write_all(BorrowedFd::of(STDOUT_FILENO), text);
}

}  // namespace plimsoll::cli
