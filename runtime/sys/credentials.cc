// SPDX-License-Identifier: Apache-2.0
#include "runtime/sys/credentials.h"

#include <linux/capability.h>
#include <sys/prctl.h>

#include <array>

#include "runtime/base/text.h"
#include "runtime/sys/raw.h"

namespace plimsoll::sys {

namespace {

Result<> done(long result, std::string_view call) {
  if (result < 0) {
    return fail(Error::system(static_cast<int>(-result), std::string(call)));
  }
  return {};
}

Result<> done(long result, std::string_view call, std::uint64_t object) {
  if (result < 0) {
    return fail(Error::system(static_cast<int>(-result), cat(call, " ", object)));
  }
  return {};
}

std::uint32_t low(std::uint64_t set) { return static_cast<std::uint32_t>(set); }
std::uint32_t high(std::uint64_t set) { return static_cast<std::uint32_t>(set >> 32); }
std::uint64_t joined(std::uint32_t low_half, std::uint32_t high_half) {
  return low_half | (std::uint64_t{high_half} << 32);
}

// Version 3 of the structure has two halves of 32 capabilities (man 2 capget).
constexpr std::size_t kHalves = _LINUX_CAPABILITY_U32S_3;

}  // namespace

Result<> set_groups(std::span<const gid_t> groups) {
  return done(raw(SYS_setgroups, groups.size(), groups.data()), "setgroups");
}

Result<std::vector<gid_t>> get_groups() {
  std::vector<gid_t> groups;
  const long count = raw(SYS_getgroups, 0, nullptr);
  if (count > 0) {
    groups.resize(static_cast<std::size_t>(count));
  }
  const long got = count <= 0 ? count : raw(SYS_getgroups, count, groups.data());
  TRY(done(got, "getgroups"));
  groups.resize(static_cast<std::size_t>(got));
  return groups;
}

Result<> set_user_id(uid_t uid) {
  return done(raw(SYS_setresuid, uid, uid, uid), "setresuid", uid);
}

Result<> set_group_id(gid_t gid) {
  return done(raw(SYS_setresgid, gid, gid, gid), "setresgid", gid);
}

Result<Capabilities> get_capabilities() {
  __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, kHalves> data = {};
  TRY(done(raw(SYS_capget, &header, data.data()), "capget"));
  return Capabilities{.effective = joined(data[0].effective, data[1].effective),
                      .permitted = joined(data[0].permitted, data[1].permitted),
                      .inheritable = joined(data[0].inheritable, data[1].inheritable)};
}

Result<> set_capabilities(const Capabilities& sets) {
  __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  const std::array<__user_cap_data_struct, kHalves> data = {
      {{.effective = low(sets.effective),
        .permitted = low(sets.permitted),
        .inheritable = low(sets.inheritable)},
       {.effective = high(sets.effective),
        .permitted = high(sets.permitted),
        .inheritable = high(sets.inheritable)}}};
  return done(raw(SYS_capset, &header, data.data()), "capset");
}

BoundingState bounding_state(int capability) {
  const long result = raw(SYS_prctl, PR_CAPBSET_READ, capability, 0, 0, 0);
  if (result < 0) {
    return BoundingState::unknown;
  }
  return result == 0 ? BoundingState::absent : BoundingState::present;
}

Result<> drop_bounding(int capability) {
  return done(raw(SYS_prctl, PR_CAPBSET_DROP, capability, 0, 0, 0), "prctl PR_CAPBSET_DROP",
              static_cast<std::uint64_t>(capability));
}

Result<> clear_ambient() {
  return done(raw(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0),
              "prctl PR_CAP_AMBIENT_CLEAR_ALL");
}

Result<> raise_ambient(int capability) {
  return done(raw(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0),
              "prctl PR_CAP_AMBIENT_RAISE", static_cast<std::uint64_t>(capability));
}

}  // namespace plimsoll::sys
