// SPDX-License-Identifier: Apache-2.0
#include "runtime/sys/kernfs.h"

#include <sys/vfs.h>

#include "runtime/base/text.h"
#include "runtime/sys/raw.h"

namespace plimsoll::sys {

Result<std::uint64_t> filesystem_type_of(const char* path) {
  struct statfs status = {};
  const long result = raw_retry(SYS_statfs, path, &status);
  if (result < 0) {
    return fail(Error::system(static_cast<int>(-result), cat("statfs '", path, "'")));
  }
  return static_cast<std::uint64_t>(status.f_type);
}

Result<std::string> read_from_start(BorrowedFd fd, std::size_t limit) {
  std::string content(limit, '\0');
  const long count = raw_retry(SYS_pread64, fd.get(), content.data(), limit, 0L);
  if (count < 0) {
    return fail(Error::system(static_cast<int>(-count), "pread"));
  }
  content.resize(static_cast<std::size_t>(count));
  return content;
}

}  // namespace plimsoll::sys
