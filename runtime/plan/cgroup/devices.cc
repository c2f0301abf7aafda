// linux.resources.devices and the devices that every container may use. Pure.
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <limits>

#include "runtime/base/text.h"
#include "runtime/plan/resources.h"

namespace plimsoll::plan {

namespace {

struct DefaultDevice {
  char type;
  std::int64_t major;
  std::int64_t minor;
  bool only_mknod;
};

// As runc: mknod of any node (useless without the right to open it), and the nodes of
// config-linux.md#default-devices.
constexpr auto kDefaultDevices = std::to_array<DefaultDevice>({
    {.type = 'c', .major = -1, .minor = -1, .only_mknod = true},
    {.type = 'b', .major = -1, .minor = -1, .only_mknod = true},
    {.type = 'c', .major = 1, .minor = 3, .only_mknod = false},     // null
    {.type = 'c', .major = 1, .minor = 8, .only_mknod = false},     // random
    {.type = 'c', .major = 1, .minor = 7, .only_mknod = false},     // full
    {.type = 'c', .major = 5, .minor = 0, .only_mknod = false},     // tty
    {.type = 'c', .major = 1, .minor = 5, .only_mknod = false},     // zero
    {.type = 'c', .major = 1, .minor = 9, .only_mknod = false},     // urandom
    {.type = 'c', .major = 5, .minor = 1, .only_mknod = false},     // console
    {.type = 'c', .major = 136, .minor = -1, .only_mknod = false},  // pts/*
    {.type = 'c', .major = 5, .minor = 2, .only_mknod = false},     // ptmx
});

Result<char> type_of(const spec::DeviceRule& rule) {
  const std::string type = rule.type.value_or("a");
  if (type.empty()) {
    return 'a';
  }
  if (type == "u") {  // an unbuffered character device, as mknod(1) calls it
    return 'c';
  }
  if (type != "a" && type != "b" && type != "c") {
    return fail(Error::invalid(cat("type '", type, "' is not one of a, b, c")));
  }
  return type.front();
}

Result<std::int64_t> number_of(std::string_view name, const std::optional<std::int64_t>& number) {
  const std::int64_t value = number.value_or(-1);
  if (value < -1 || value > std::numeric_limits<std::uint32_t>::max()) {
    return fail(Error::invalid(cat(name, " ", value, " is not a device number")));
  }
  return value;
}

Result<> read_access(const spec::DeviceRule& rule, DeviceRule& out) {
  // Absent is all; so is empty, as a rule about nothing would be a mistake that allows or denies.
  const std::string access = rule.access.value_or("");
  if (access.empty()) {
    out.read = out.write = out.mknod = true;
    return {};
  }
  for (const char letter : access) {
    bool* const bit = letter == 'r'   ? &out.read
                      : letter == 'w' ? &out.write
                      : letter == 'm' ? &out.mknod
                                      : nullptr;
    if (bit == nullptr) {
      return fail(Error::invalid(cat("access '", access, "' has letters other than r, w, m")));
    }
    *bit = true;
  }
  return {};
}

}  // namespace

Result<std::vector<DeviceRule>> plan_device_rules(const std::vector<spec::DeviceRule>& rules) {
  std::vector<DeviceRule> out;
  out.reserve(rules.size() + kDefaultDevices.size() + 1);
  // Deny is the start, even for a config without a rule (GHSA-g54h-m393-cpwq).
  out.push_back({.allow = false, .type = 'a', .read = true, .write = true, .mknod = true});
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const auto planned = [&]() -> Result<DeviceRule> {
      DeviceRule rule{.allow = rules[i].allow, .type = TRY(type_of(rules[i]))};
      rule.major = TRY(number_of("major", rules[i].major));
      rule.minor = TRY(number_of("minor", rules[i].minor));
      TRY(read_access(rules[i], rule));
      return rule;
    }();
    out.push_back(TRY_DOING(cat("linux.resources.devices[", i, "]"), planned));
  }
  for (const DefaultDevice& device : kDefaultDevices) {
    out.push_back({.allow = true,
                   .type = device.type,
                   .major = device.major,
                   .minor = device.minor,
                   .read = !device.only_mknod,
                   .write = !device.only_mknod,
                   .mknod = true});
  }
  return out;
}

}  // namespace plimsoll::plan
