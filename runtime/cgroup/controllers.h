// Enabling the controllers of cgroup v2 on the way from the root to a cgroup.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/cgroup/tree.h"
#include "runtime/plan/plan.h"

namespace plimsoll::cgroup {

// The controllers that the writes need, each once.
std::vector<std::string> needed_controllers(const std::vector<plan::CgroupWrite>& writes);

enum class Enable : std::uint8_t {
  needed,  // only these
  all,     // these, and whatever else the mount has: metrics of a container need them
};
// Makes `needed` usable in the cgroup `path`. Fails with the controller and the folder that does
// not pass it on; what is not needed may stay off.
Result<> enable_controllers(const Tree& tree, const std::string& mount, const std::string& path,
                            const std::vector<std::string>& needed, Enable what);

}  // namespace plimsoll::cgroup
