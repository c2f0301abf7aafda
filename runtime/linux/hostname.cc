// SPDX-License-Identifier: Apache-2.0
#include "runtime/linux/process_setup.h"
#include "runtime/sys/host_names.h"

namespace plimsoll::linux {

Result<> set_hostname(const std::string& name) { return sys::set_host_name(name); }

Result<> set_domainname(const std::string& name) { return sys::set_domain_name(name); }

}  // namespace plimsoll::linux
