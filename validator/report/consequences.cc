// The rules that look at more than the member which they name. SPDX-License-Identifier: Apache-2.0
#include "validator/report/consequences.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace plimsoll::validate {
namespace {

constexpr auto kAskForNamespace = std::to_array<std::string_view>({
    "config.valid-values.error/needs-uts-namespace",
    "config.valid-values.error/needs-mount-namespace",
    "config.mounts.idmap.no-userns-error",
    "linux.uidMappings.optional",
    "linux.timeOffsets.optional",
    "linux.netDevices.check-move",
    "linux.sysctl.optional",
});

// Rules about how the members of one object go together.
constexpr auto kCompareMembers = std::to_array<std::string_view>({
    "config.valid-values.error/rlimit-order",
    "config.process.scheduler.deadline.optional",
    "linux.devices.major-minor.required",
    "linux.rdma.at-least-one",
    "linux.blockIO.weightDevice.at-least-one",
    "linux.memory.swap.optional",
    "linux.cpu.burst.le-quota",
});

std::string_view parent_of(std::string_view pointer) {
  return pointer.substr(0, std::min(pointer.rfind('/'), pointer.size()));
}

}  // namespace

bool asks_for_namespace(std::string_view rule) {
  return std::ranges::find(kAskForNamespace, rule) != kAskForNamespace.end();
}

bool is_at_or_below(std::string_view pointer, std::string_view parent) {
  return pointer == parent || (pointer.starts_with(parent) && pointer[parent.size()] == '/');
}

bool follows(std::string_view rule, std::string_view pointer, std::string_view fault) {
  if (is_at_or_below(pointer, fault)) {
    return true;
  }
  if (asks_for_namespace(rule) &&
      (is_at_or_below("/linux/namespaces", fault) || is_at_or_below(fault, "/linux/namespaces"))) {
    return true;
  }
  return std::ranges::find(kCompareMembers, rule) != kCompareMembers.end() &&
         (parent_of(fault) == pointer || parent_of(fault) == parent_of(pointer));
}

}  // namespace plimsoll::validate
