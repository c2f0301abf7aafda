// linux.resources.memory. Zero means "not set" everywhere, as for the callers of runc. Pure.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <optional>

#include "runtime/base/text.h"
#include "runtime/plan/cgroup/controllers.h"

namespace plimsoll::plan {

namespace {

// The limits with 0 for "not set".
struct Limits {
  std::int64_t limit = 0;
  std::int64_t reservation = 0;
  std::int64_t swap = 0;  // memory and swap together
};

Result<Limits> read_limits(const spec::Memory& memory) {
  const Limits limits{.limit = memory.limit.value_or(0),
                      .reservation = memory.reservation.value_or(0),
                      .swap = memory.swap.value_or(0)};
  for (const std::int64_t value : {limits.limit, limits.reservation, limits.swap}) {
    if (value < -1) {
      return fail(Error::invalid(cat("limit ", value, " is below -1")));
    }
  }
  if (limits.swap > 0 && limits.limit > 0 && limits.swap < limits.limit) {
    return fail(Error::invalid(cat("swap ", limits.swap, " is below limit ", limits.limit,
                                   ": memory+swap limit should be >= memory limit")));
  }
  return limits;
}

// The kernel keeps limit <= memsw at all times. Writing the limit first is right when it shrinks;
// when it grows beyond memsw the kernel says EINVAL, and it is written again after memsw.
void plan_v1_limits(const ResourcePlan& plan, const Limits& limits) {
  if (limits.limit != 0) {
    const bool with_swap = limits.swap != 0 || limits.limit == -1;
    plan.add("memory", "memory.limit_in_bytes", cat(limits.limit),
             with_swap ? OnFailure::retry : OnFailure::fail);
  }
  if (limits.swap != 0) {
    plan.add("memory", "memory.memsw.limit_in_bytes", cat(limits.swap));
  } else if (limits.limit == -1) {
    // Unlimited memory under an old memsw limit would not be unlimited.
    plan.add("memory", "memory.memsw.limit_in_bytes", "-1", OnFailure::skip);
  }
  if (limits.reservation != 0) {
    plan.add("memory", "memory.soft_limit_in_bytes", cat(limits.reservation));
  }
}

// v2 counts swap alone: swap - limit.
Result<> plan_v2_limits(const ResourcePlan& plan, const Limits& limits) {
  if (limits.swap == -1 || (limits.swap == 0 && limits.limit == -1)) {
    // Without swap accounting in the kernel there is no file, and no limit either.
    plan.add("memory", "memory.swap.max", "max", OnFailure::skip);
  } else if (limits.swap > 0) {
    if (limits.limit == 0) {
      return fail(Error::invalid("unable to set swap limit without memory limit"));
    }
    const std::int64_t swap = limits.limit == -1 ? limits.swap : limits.swap - limits.limit;
    plan.add("memory", "memory.swap.max", cat(swap), swap == 0 ? OnFailure::skip : OnFailure::fail);
  }
  if (limits.limit != 0) {
    plan.add("memory", "memory.max", limit_text(limits.limit));
  }
  if (limits.reservation != 0) {
    plan.add("memory", "memory.low", limit_text(limits.reservation));
  }
  return {};
}

// The limit of kernel memory is gone from the kernel (5.16), so runc ignores it; on v2 that would
// be silence about a limit that the spec wants as an error. The limit of TCP buffers is still there
// on v1.
Result<> plan_kernel_limits(const ResourcePlan& plan, const spec::Memory& memory) {
  const auto is_set = [](std::optional<std::int64_t> value) {
    return value.value_or(0) != 0 && *value != -1;
  };
  if (is_set(memory.kernel)) {
    if (plan.v2()) {
      return not_on_v2("kernel");
    }
    plan.warnings.push_back(
        "ignoring linux.resources.memory.kernel: kernel memory limits are obsolete");
  }
  if (is_set(memory.kernel_tcp)) {
    if (plan.v2()) {
      return not_on_v2("kernelTCP");
    }
    plan.add("memory", "memory.kmem.tcp.limit_in_bytes", cat(memory.kernel_tcp.value_or(0)));
  }
  return {};
}

Result<> plan_swappiness(const ResourcePlan& plan, const spec::Memory& memory) {
  // Callers write -1 as an unsigned number for "not set".
  if (!memory.swappiness || *memory.swappiness == ~std::uint64_t{0}) {
    return {};
  }
  if (*memory.swappiness > 100) {
    return fail(Error::invalid(
        cat("invalid memory swappiness value: ", *memory.swappiness, " (valid range is 0-100)")));
  }
  if (plan.v2()) {
    return not_on_v2("swappiness");
  }
  plan.add("memory", "memory.swappiness", cat(*memory.swappiness));
  return {};
}

}  // namespace

Result<> plan_memory(const ResourcePlan& plan) {
  if (!plan.resources.memory) {
    return {};
  }
  const spec::Memory& memory = *plan.resources.memory;
  const Limits limits = TRY(read_limits(memory));
  if (plan.v2()) {
    TRY(plan_v2_limits(plan, limits));
  } else {
    plan_v1_limits(plan, limits);
  }
  TRY(plan_kernel_limits(plan, memory));
  if (memory.disable_oom_killer.value_or(false)) {
    if (plan.v2()) {
      return not_on_v2("disableOOMKiller");
    }
    plan.add("memory", "memory.oom_control", "1");
  }
  TRY(plan_swappiness(plan, memory));
  // Accounting is always hierarchical on v2, and on v1 since Linux 5.11: true asks for nothing.
  if (!memory.use_hierarchy.value_or(true)) {
    if (plan.v2()) {
      return not_on_v2("useHierarchy false");
    }
    plan.warnings.emplace_back(
        "ignoring linux.resources.memory.useHierarchy: the kernel always accounts hierarchically");
  }
  return {};
}

}  // namespace plimsoll::plan
