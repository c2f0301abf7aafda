// SPDX-License-Identifier: Apache-2.0
#include "runtime/sys/keyring.h"

#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/linux/process_setup.h"

namespace plimsoll::linux {

namespace {

// What a new session keyring has (security/keys/process_keys.c), man 7 keyrings: everything for the
// possessor; view, read and link for the owner.
constexpr std::uint32_t kNewKeyring = 0x3f'13'00'00;
// So that `exec` can join it by name: its owner may search it, or in a user namespace, where the
// container's user is not the owner, others may.
constexpr std::uint32_t kOwnerSearch = 0x00'08'00'00;
constexpr std::uint32_t kOtherSearch = 0x00'00'00'08;

Result<> set_key_creation_label(const std::string& label) {
  const Procfs proc = TRY(Procfs::open_subset());
  return proc.write("self/attr/keycreate", label);
}

}  // namespace

Result<> join_session_keyring(const std::string& container_id, const std::string& selinux_label,
                              std::vector<std::string>& warnings, bool in_user_namespace) {
  if (!selinux_label.empty()) {
    TRY_DOING("label of the session keyring", set_key_creation_label(selinux_label));
  }
  const Result<std::int32_t> key = sys::join_session_keyring("_ses." + container_id);
  if (!selinux_label.empty()) {
    // An empty write takes the label back; what it returns depends on the kernel, as 0 bytes do.
    (void)set_key_creation_label("");
  }
  if (!key) {
    const int err = key.error().err();
    if (err == ENOSYS || err == EPERM) {
      warnings.push_back(cat("ignoring that there is no session keyring: ", key.error().message()));
      return {};
    }
    // EDQUOT too: going on would leave the container with the caller's keyring.
    return fail(Error(key.error()).wrap("unable to join session keyring"));
  }
  TRY_DOING("unable to mod keyring permissions",
            sys::set_key_permissions(
                *key, kNewKeyring | (in_user_namespace ? kOtherSearch : kOwnerSearch)));
  return {};
}

}  // namespace plimsoll::linux
