// Device rules as DevicePolicy and DeviceAllow of a unit, which survive its manager's reload.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "runtime/base/text.h"
#include "runtime/plan/systemd/unit.h"

namespace plimsoll::plan {

namespace {

// systemd.resource-control(5): a node below /dev/char or /dev/block, all minors of a major, or all.
std::string node_of(const DeviceRule& rule) {
  const std::string_view kind = rule.type == 'b' ? "block" : "char";
  if (rule.major < 0) {
    return cat(kind, "-*");
  }
  return rule.minor < 0 ? cat(kind, "-", rule.major)
                        : cat("/dev/", kind, "/", rule.major, ":", rule.minor);
}

std::string access_of(const DeviceRule& rule) {
  return cat(rule.read ? "r" : "", rule.write ? "w" : "", rule.mknod ? "m" : "");
}

bool denies_all(const DeviceRule& rule) {
  return !rule.allow && rule.type == 'a' && rule.major < 0 && rule.minor < 0 && rule.read &&
         rule.write && rule.mknod;
}

}  // namespace

std::vector<UnitProperty> device_properties(const std::vector<DeviceRule>& rules) {
  if (rules.empty()) {
    return {};
  }
  // Everything before the last "deny all" has no effect.
  auto first = rules.begin();
  for (auto rule = rules.begin(); rule != rules.end(); ++rule) {
    first = denies_all(*rule) ? rule + 1 : first;
  }
  const bool sayable =
      first != rules.begin() && std::all_of(first, rules.end(), [](auto& rule) {
        return rule.allow && rule.type != 'a' && (rule.major >= 0 || rule.minor < 0);
      });
  UnitProperty allow{.name = "DeviceAllow", .signature = "a(ss)", .atoms = {"0"}};
  std::vector<UnitProperty> properties = {
      {.name = "DevicePolicy", .signature = "s", .atoms = {sayable ? "strict" : "auto"}},
      allow,  // an empty list clears the one before
  };
  if (!sayable) {
    return properties;
  }
  std::size_t count = 0;
  for (auto rule = first; rule != rules.end(); ++rule) {
    const std::string access = access_of(*rule);
    if (!access.empty()) {
      allow.atoms.push_back(node_of(*rule));
      allow.atoms.push_back(access);
      ++count;
    }
  }
  allow.atoms[0] = cat(count);
  properties.push_back(std::move(allow));
  return properties;
}

}  // namespace plimsoll::plan
