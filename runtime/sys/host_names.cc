// SPDX-License-Identifier: Apache-2.0
#include "runtime/sys/host_names.h"

#include "runtime/base/text.h"
#include "runtime/sys/raw.h"

namespace plimsoll::sys {

namespace {

Result<> set_name(long number, std::string_view call, std::string_view name) {
  const long result = raw(number, name.data(), name.size());
  if (result < 0) {
    return fail(Error::system(static_cast<int>(-result), cat(call, " '", name, "'")));
  }
  return {};
}

}  // namespace

Result<> set_host_name(std::string_view name) {
  return set_name(SYS_sethostname, "sethostname", name);
}

Result<> set_domain_name(std::string_view name) {
  return set_name(SYS_setdomainname, "setdomainname", name);
}

}  // namespace plimsoll::sys
