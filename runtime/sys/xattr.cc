// SPDX-License-Identifier: Apache-2.0
#include "runtime/sys/xattr.h"

#include "runtime/base/text.h"
#include "runtime/sys/raw.h"

namespace plimsoll::sys {

Result<> set_xattr(const char* path, const char* name, std::string_view value) {
  const long result = raw(SYS_setxattr, path, name, value.data(), value.size(), 0);
  if (result < 0) {
    return fail(Error::system(static_cast<int>(-result), cat("setxattr '", name, "'")));
  }
  return {};
}

}  // namespace plimsoll::sys
