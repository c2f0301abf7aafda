// Calls that only the kernel's own file systems need: their type by path, and reading a file again
// from its start, as poll(2) on kernfs wants it. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"

namespace plimsoll::sys {

// The f_type of statfs(2), such as CGROUP2_SUPER_MAGIC.
Result<std::uint64_t> filesystem_type_of(const char* path);

// The first `limit` bytes of an open file, whatever its offset (one pread(2)).
Result<std::string> read_from_start(BorrowedFd fd, std::size_t limit);

}  // namespace plimsoll::sys
