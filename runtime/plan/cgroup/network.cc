// linux.resources.network: net_cls and net_prio, which only v1 has. Pure.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/base/text.h"
#include "runtime/plan/cgroup/controllers.h"

namespace plimsoll::plan {

Result<> plan_network(const ResourcePlan& plan) {
  if (!plan.resources.network) {
    return {};
  }
  const spec::Network& network = *plan.resources.network;
  if (const std::uint32_t class_id = network.class_id.value_or(0); class_id != 0) {
    if (plan.v2()) {
      return not_on_v2("classID");
    }
    plan.add("net_cls", "net_cls.classid", cat(class_id));
  }
  for (const spec::InterfacePriority& entry : network.priorities) {
    if (plan.v2()) {
      return not_on_v2("priorities");
    }
    if (!is_plain_word(entry.name)) {
      return fail(Error::invalid(cat("'", entry.name, "' is not an interface name")));
    }
    plan.add("net_prio", "net_prio.ifpriomap", cat(entry.name, " ", entry.priority));
  }
  return {};
}

}  // namespace plimsoll::plan
