// linux.resources.cpu.cpus and mems: the files have the same names on v1 and v2. Pure.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "runtime/base/text.h"
#include "runtime/plan/cgroup/controllers.h"

namespace plimsoll::plan {

namespace {

Result<> plan_list(const ResourcePlan& plan, std::string_view name,
                   const std::optional<std::string>& list) {
  if (!list || list->empty()) {
    return {};
  }
  // The kernel's list format: numbers, ranges, and strides ("0-7:2/4").
  const bool plain = std::ranges::all_of(*list, [](char c) {
    return (c >= '0' && c <= '9') || c == ',' || c == '-' || c == ':' || c == '/' || c == ' ';
  });
  if (!plain) {
    return fail(Error::invalid(cat(name, " '", *list, "' is not a list of numbers")));
  }
  plan.add("cpuset", cat("cpuset.", name), *list);
  return {};
}

}  // namespace

Result<> plan_cpuset(const ResourcePlan& plan) {
  if (!plan.resources.cpu) {
    return {};
  }
  TRY(plan_list(plan, "cpus", plan.resources.cpu->cpus));
  return plan_list(plan, "mems", plan.resources.cpu->mems);
}

}  // namespace plimsoll::plan
