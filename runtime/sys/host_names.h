// The names of the UTS namespace (man 2 sethostname, setdomainname).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "runtime/base/result.h"

namespace plimsoll::sys {

Result<> set_host_name(std::string_view name);
Result<> set_domain_name(std::string_view name);

}  // namespace plimsoll::sys
