// Extended attributes (man 2 setxattr). SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "runtime/base/result.h"

namespace plimsoll::sys {

// setxattr(2), which follows a link at the end of `path`: meant for "/proc/self/fd/N".
Result<> set_xattr(const char* path, const char* name, std::string_view value);

}  // namespace plimsoll::sys
