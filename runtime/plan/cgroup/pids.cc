// linux.resources.pids. Pure.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/base/text.h"
#include "runtime/plan/cgroup/controllers.h"

namespace plimsoll::plan {

// 0 is a real limit (config-linux.md#configLinuxPIDS); runc writes 1 for it, to please systemd.
Result<> plan_pids(const ResourcePlan& plan) {
  if (!plan.resources.pids || !plan.resources.pids->limit) {
    return {};
  }
  const std::int64_t limit = *plan.resources.pids->limit;
  if (limit < -1) {
    return fail(Error::invalid(cat("limit ", limit, " is below -1")));
  }
  plan.add("pids", "pids.max", limit_text(limit));
  return {};
}

}  // namespace plimsoll::plan
