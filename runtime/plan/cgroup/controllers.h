// The planners of linux.resources, one for each controller: each turns its part of the spec into
// writes. Pure. The order of the rows that call them is in resources.cc.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/plan/plan.h"

namespace plimsoll::plan {

// What a planner reads and what it adds to.
struct ResourcePlan {
  const spec::Resources& resources;
  CgroupMode mode;
  std::vector<CgroupWrite>& writes;
  std::vector<std::string>& warnings;

  bool v2() const { return mode == CgroupMode::v2; }
  void add(std::string_view controller, std::string file, std::string value,
           OnFailure on_failure = OnFailure::fail) const {
    writes.push_back({.controller = std::string(controller),
                      .file = std::move(file),
                      .value = std::move(value),
                      .on_failure = on_failure});
  }
};

Result<> plan_pids(const ResourcePlan& plan);
Result<> plan_memory(const ResourcePlan& plan);
Result<> plan_block_io(const ResourcePlan& plan);
Result<> plan_cpu(const ResourcePlan& plan);
Result<> plan_cpuset(const ResourcePlan& plan);
Result<> plan_hugetlb(const ResourcePlan& plan);
Result<> plan_network(const ResourcePlan& plan);
Result<> plan_rdma(const ResourcePlan& plan);
Result<> plan_unified(const ResourcePlan& plan);

// A limit as cgroup v2 writes it: -1 is "max".
std::string limit_text(std::int64_t limit);
// The error for a setting of v1 that v2 has no equal for (config-linux.md#configLinuxUnified: "If
// the conversion is not possible the runtime MUST generate an error").
std::unexpected<Error> not_on_v2(std::string_view setting);
// True for a name that cannot break out of the line or the path it is written into.
bool is_plain_word(std::string_view text);

}  // namespace plimsoll::plan
