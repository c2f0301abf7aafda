// linux.cgroupsPath and linux.resources in systemd's words: the unit that holds a container, and
// the properties that systemd must know so that it never undoes a limit. Pure.
// Source: systemd.scope(5), systemd.resource-control(5), org.freedesktop.systemd1(5).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/plan/plan.h"

namespace plimsoll::plan {

// "slice:prefix:name" or, when `cgroups_path` is empty, one named after the container. Rootless
// units belong to the user's own manager, and lie in user.slice unless the config says otherwise.
Result<SystemdUnit> plan_unit(std::string_view cgroups_path, std::string_view id, bool rootless);

// Where a slice's cgroup is below its manager's: "a-b.slice" is "/a.slice/a-b.slice", "-.slice" is
// "". Fails for what is no slice's name.
Result<std::string> expand_slice(std::string_view slice);

// The extra properties of the annotations org.systemd.property.NAME, whose values are texts of
// GVariant. "…Sec" becomes "…USec", in microseconds.
Result<std::vector<UnitProperty>> plan_unit_annotations(const spec::StringMap& annotations);

// One value in GVariant's text format: booleans, numbers with or without a type's name before them,
// strings, arrays and tuples of these.
Result<UnitProperty> parse_variant(std::string_view name, std::string_view text);

// What the limits are as properties. Files that systemd has no word for are left out: they are
// written into the cgroup only.
Result<std::vector<UnitProperty>> resource_properties(const std::vector<CgroupWrite>& writes);

// systemd keeps a CPU quota in whole percent and knows no task limit of 0. What it would round is
// rounded here, so that the cgroup holds the same value before and after a daemon-reload.
void round_for_systemd(std::vector<CgroupWrite>& writes);

// The rules as DevicePolicy and DeviceAllow. What systemd cannot say (a list that allows by
// default, one minor of every major) is kept from it: the policy is "auto" then, and the runtime's
// own filter is the only one.
std::vector<UnitProperty> device_properties(const std::vector<DeviceRule>& rules);

}  // namespace plimsoll::plan
