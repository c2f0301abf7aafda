// What a list of device rules means, and how to say it to the devices controller of cgroup v1.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/plan/plan.h"

namespace plimsoll::cgroup {

using Rules = std::vector<plan::DeviceRule>;

// The kernel's bits (BPF_DEVCG_ACC_*).
inline constexpr std::uint32_t kAccessMknod = 1;
inline constexpr std::uint32_t kAccessRead = 2;
inline constexpr std::uint32_t kAccessWrite = 4;
inline constexpr std::uint32_t kAccessAll = 7;
std::uint32_t access_of(const plan::DeviceRule& rule);

struct DeviceRequest {
  char type = 'c';  // 'b' or 'c'
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  std::uint32_t access = 0;  // kAccess* bits
};

// The meaning of a list (config-linux.md#configLinuxDeviceAllowedlist): for each bit of the access
// asked for, the last rule that matches decides, so that opening for reading and writing cannot get
// round a rule that denies writing. What no rule matches is denied.
bool is_allowed(const Rules& rules, const DeviceRequest& request);

// The rules from the last one that decides everything on.
Rules without_overruled(const Rules& rules);
// True when the list allows every request.
bool allows_everything(const Rules& rules);

// A list as the v1 controller keeps it: a default and its exceptions.
struct DeviceState {
  struct Exception {
    char type;
    std::int64_t major;
    std::int64_t minor;
    std::uint32_t access;
    bool operator==(const Exception&) const = default;
  };
  bool allow_by_default = false;
  std::vector<Exception> exceptions;
};

// Fails where an exception would need an exception of its own, which v1 cannot keep.
Result<DeviceState> device_state(const Rules& rules);
// The text of devices.list. (It does not show what is denied in a cgroup that allows by default.)
Result<DeviceState> parse_device_list(std::string_view text);

struct DeviceWrite {
  bool allow;  // to devices.allow, else to devices.deny
  std::string line;
  bool operator==(const DeviceWrite&) const = default;
};
// The fewest writes from one state to the other: what both allow stays allowed all the time.
std::vector<DeviceWrite> device_transition(const DeviceState& from, const DeviceState& to);
// The writes for a cgroup without processes, whatever its state.
std::vector<DeviceWrite> device_set_up(const DeviceState& to);

}  // namespace plimsoll::cgroup
