// linux.resources -> the writes that set them, for one cgroup mode. One file per controller in
// plan/cgroup/, one row in the table of resources.cc. Pure. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "runtime/base/result.h"
#include "runtime/plan/plan.h"

namespace plimsoll::plan {

// The writes in the order in which they must be made. Fails for what the mode cannot express
// (cpu.realtimeRuntime on v2, unified on v1). What runc ignores with a warning is added to
// `warnings`.
Result<std::vector<CgroupWrite>> plan_resources(const spec::Resources& resources, CgroupMode mode,
                                                std::vector<std::string>& warnings);

// The device rules in effect: the config's in order, then the default devices that every container
// may use.
Result<std::vector<DeviceRule>> plan_device_rules(const std::vector<spec::DeviceRule>& rules);

// The conversion from v1 shares (2..262144) to a v2 weight (1..10000): runc 1.4's log-quadratic
// formula.
std::uint64_t cpu_weight_from_shares(std::uint64_t shares);

}  // namespace plimsoll::plan
