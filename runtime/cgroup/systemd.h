// The systemd cgroup driver: requests to a systemd manager, through the program plimsoll-systemd,
// which is started for nothing else. Errors name the unit.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/plan/plan.h"

namespace plimsoll::cgroup {

// A unit that exists already.
struct Unit {
  std::string name;
  bool user = false;  // of the user's own manager
};

// The cgroup of the user's own manager, absolute in the hierarchy.
Result<std::string> user_manager_cgroup();

// Starts the unit around the process. Returns when systemd has made its cgroup and moved the
// process there. (A slice takes no process: it is only made.)
Result<> start_unit(const plan::SystemdUnit& unit, std::string_view description, pid_t pid,
                    plan::CgroupMode mode);
Result<> set_unit_properties(const Unit& unit, const std::vector<plan::UnitProperty>& properties);
// Stops it and clears its failure away; gone already is success.
Result<> stop_unit(const Unit& unit);
// `sub_path` is "" or starts with '/'.
Result<> attach_to_unit(const Unit& unit, const std::string& sub_path, pid_t pid);

}  // namespace plimsoll::cgroup
