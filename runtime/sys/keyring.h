// Kernel keyrings (man 2 keyctl). SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "runtime/base/result.h"

namespace plimsoll::sys {

// KEYCTL_JOIN_SESSION_KEYRING: creates or joins the named session keyring; its serial number.
Result<std::int32_t> join_session_keyring(const std::string& name);
// KEYCTL_SETPERM with KEY_POS_*, KEY_USR_*, KEY_GRP_*, KEY_OTH_* bits (man 7 keyrings).
Result<> set_key_permissions(std::int32_t key, std::uint32_t permissions);

}  // namespace plimsoll::sys
