// linux.resources.cpu but for its cpuset part, and the conversion of shares. Pure.
// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "runtime/base/text.h"
#include "runtime/plan/cgroup/controllers.h"
#include "runtime/plan/resources.h"

namespace plimsoll::plan {

namespace {

constexpr std::uint64_t kMinShares = 2;  // the kernel clamps to these without a word
constexpr std::uint64_t kMaxShares = 262144;

Result<> plan_shares(const ResourcePlan& plan, const spec::Cpu& cpu) {
  const std::uint64_t shares = cpu.shares.value_or(0);
  // The kernel refuses any other weight for an idle cgroup.
  if (shares == 0 || cpu.idle.value_or(0) == 1) {
    return {};
  }
  if (plan.v2()) {
    plan.add("cpu", "cpu.weight", cat(cpu_weight_from_shares(shares)));
    return {};
  }
  if (shares < kMinShares) {
    return fail(Error::invalid(cat("the minimum allowed cpu-shares is ", kMinShares)));
  }
  if (shares > kMaxShares) {
    return fail(Error::invalid(cat("the maximum allowed cpu-shares is ", kMaxShares)));
  }
  plan.add("cpu", "cpu.shares", cat(shares));
  return {};
}

// Period, burst and quota bound each other and the parent's: what comes before the quota may have
// to be written again after it.
void plan_bandwidth(const ResourcePlan& plan, const spec::Cpu& cpu) {
  const std::int64_t quota = cpu.quota.value_or(0);
  const std::uint64_t period = cpu.period.value_or(0);
  const OnFailure before_quota = quota != 0 ? OnFailure::retry : OnFailure::fail;
  if (plan.v2()) {
    if (cpu.burst) {
      plan.add("cpu", "cpu.max.burst", cat(*cpu.burst),
               quota != 0 || period != 0 ? OnFailure::retry : OnFailure::fail);
    }
    if (quota != 0 || period != 0) {
      std::string value = quota > 0 ? cat(quota) : "max";
      if (period != 0) {
        cat_to(value, ' ', period);
      }
      plan.add("cpu", "cpu.max", std::move(value));
    }
    return;
  }
  if (period != 0) {
    plan.add("cpu", "cpu.cfs_period_us", cat(period), before_quota);
  }
  if (cpu.burst) {
    plan.add("cpu", "cpu.cfs_burst_us", cat(*cpu.burst), before_quota);
  }
  if (quota != 0) {
    plan.add("cpu", "cpu.cfs_quota_us", cat(quota));
  }
}

Result<> plan_realtime(const ResourcePlan& plan, const spec::Cpu& cpu) {
  const std::int64_t runtime = cpu.realtime_runtime.value_or(0);
  const std::uint64_t period = cpu.realtime_period.value_or(0);
  if (plan.v2() && runtime != 0) {
    return not_on_v2("realtimeRuntime");
  }
  if (plan.v2() && period != 0) {
    return not_on_v2("realtimePeriod");
  }
  if (period != 0) {
    plan.add("cpu", "cpu.rt_period_us", cat(period),
             runtime != 0 ? OnFailure::retry : OnFailure::fail);
  }
  if (runtime != 0) {
    plan.add("cpu", "cpu.rt_runtime_us", cat(runtime));
  }
  return {};
}

}  // namespace

// runc 1.4: a quadratic in log2(shares) through (2, 1), (1024, 100) and (262144, 10000).
std::uint64_t cpu_weight_from_shares(std::uint64_t shares) {
  if (shares == 0) {
    return 0;
  }
  if (shares <= kMinShares) {
    return 1;
  }
  if (shares >= kMaxShares) {
    return 10000;
  }
  const double log = std::log2(static_cast<double>(shares));
  const double exponent = (log * log + 125 * log) / 612.0 - 7.0 / 34.0;
  return static_cast<std::uint64_t>(std::ceil(std::pow(10, exponent)));
}

Result<> plan_cpu(const ResourcePlan& plan) {
  if (!plan.resources.cpu) {
    return {};
  }
  const spec::Cpu& cpu = *plan.resources.cpu;
  TRY(plan_realtime(plan, cpu));
  // Before the weight: an idle cgroup takes a weight only once it is not idle any more.
  if (cpu.idle) {
    if (*cpu.idle != 0 && *cpu.idle != 1) {
      return fail(Error::invalid(cat("idle ", *cpu.idle, " is neither 0 nor 1")));
    }
    plan.add("cpu", "cpu.idle", cat(*cpu.idle));
  }
  TRY(plan_shares(plan, cpu));
  plan_bandwidth(plan, cpu);
  return {};
}

}  // namespace plimsoll::plan
