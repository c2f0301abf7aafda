// linux.resources.rdma: one file, the same on v1 and v2, one write a device. Pure.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/base/text.h"
#include "runtime/plan/cgroup/controllers.h"

namespace plimsoll::plan {

Result<> plan_rdma(const ResourcePlan& plan) {
  for (const spec::Rdma& entry : plan.resources.rdma) {
    if (!is_plain_word(entry.device)) {
      return fail(Error::invalid(cat("'", entry.device, "' is not a device name")));
    }
    if (!entry.hca_handles && !entry.hca_objects) {
      return fail(
          Error::invalid(cat("'", entry.device, "' has neither hcaHandles nor hcaObjects")));
    }
    std::string line = entry.device;
    if (entry.hca_handles) {
      cat_to(line, " hca_handle=", *entry.hca_handles);
    }
    if (entry.hca_objects) {
      cat_to(line, " hca_object=", *entry.hca_objects);
    }
    plan.add("rdma", "rdma.max", std::move(line));
  }
  return {};
}

}  // namespace plimsoll::plan
