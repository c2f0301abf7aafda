// What a container runtime asks of a systemd manager: to start a transient unit, to change its
// properties, to take a process in, to stop it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/systemd/bus.h"

namespace plimsoll::systemd {

struct Property {
  std::string name;
  std::string signature;
  int since = 0;  // the version of systemd that knows it
  std::vector<std::string> atoms{};
};

// The input: for each property its name, signature, `since`, the number of its atoms and the atoms,
// every one of these ended by a NUL.
Result<std::vector<Property>> parse_properties(std::string_view input);

// Starts a transient unit and waits for its job. One that has failed under the same name before is
// cleared away first.
Result<> start_unit(const Connection& connection, const std::string& unit,
                    const std::vector<Property>& properties);
// Changes properties until the unit ends.
Result<> set_properties(const Connection& connection, const std::string& unit,
                        const std::vector<Property>& properties);
// Stops a unit, waits for that, and forgets its failure. One that is gone is success.
Result<> stop_unit(const Connection& connection, const std::string& unit);
// Moves a process into a unit's cgroup, or the one at `sub_path` ("" or "/a/b") below it. The
// manager may do that where an ordinary user may not.
Result<> attach_process(const Connection& connection, const std::string& unit,
                        const std::string& sub_path, std::uint32_t pid);
// The manager's own cgroup: "" for the root.
Result<std::string> manager_cgroup(const Connection& connection);

}  // namespace plimsoll::systemd
