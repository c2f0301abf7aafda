// SPDX-License-Identifier: Apache-2.0
#include "runtime/sys/keyring.h"

#include <linux/keyctl.h>

#include "runtime/base/text.h"
#include "runtime/sys/raw.h"

namespace plimsoll::sys {

Result<std::int32_t> join_session_keyring(const std::string& name) {
  const long key = raw(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name.c_str());
  if (key < 0) {
    return fail(
        Error::system(static_cast<int>(-key), cat("keyctl join_session_keyring '", name, "'")));
  }
  return static_cast<std::int32_t>(key);
}

Result<> set_key_permissions(std::int32_t key, std::uint32_t permissions) {
  const long result = raw(SYS_keyctl, KEYCTL_SETPERM, key, permissions);
  if (result < 0) {
    return fail(Error::system(static_cast<int>(-result), cat("keyctl setperm ", key)));
  }
  return {};
}

}  // namespace plimsoll::sys
