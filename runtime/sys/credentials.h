// Who the process is: user, groups, capabilities (man 2 setresuid, setgroups, capset, man 7
// capabilities). Of the calling thread only, unlike the C library's functions of the same names,
// which would signal the threads that they believe to exist. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/base/result.h"

namespace plimsoll::sys {

// setgroups(2): exactly these.
Result<> set_groups(std::span<const gid_t> groups);
Result<std::vector<gid_t>> get_groups();
// Real, effective and saved id at once.
Result<> set_user_id(uid_t uid);
Result<> set_group_id(gid_t gid);

// Bit n is capability n.
struct Capabilities {
  std::uint64_t effective = 0;
  std::uint64_t permitted = 0;
  std::uint64_t inheritable = 0;
};
Result<Capabilities> get_capabilities();
Result<> set_capabilities(const Capabilities& sets);

enum class BoundingState : std::uint8_t { absent, present, unknown };  // unknown: to the kernel
BoundingState bounding_state(int capability);
// EINVAL for a capability that the kernel does not know, EPERM without CAP_SETPCAP.
Result<> drop_bounding(int capability);
Result<> clear_ambient();
Result<> raise_ambient(int capability);

}  // namespace plimsoll::sys
