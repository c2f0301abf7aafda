// The table of controllers and what their planners share.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/plan/resources.h"

#include <algorithm>
#include <array>

#include "runtime/base/text.h"
#include "runtime/plan/cgroup/controllers.h"

namespace plimsoll::plan {

namespace {

struct Controller {
  std::string_view name;  // the spec's
  Result<> (*plan)(const ResourcePlan&);
};

// In the order of the writes. unified is last, so that it has the last word where both set a file.
constexpr auto kControllers = std::to_array<Controller>({
    {.name = "pids", .plan = plan_pids},
    {.name = "memory", .plan = plan_memory},
    {.name = "blockIO", .plan = plan_block_io},
    {.name = "cpu", .plan = plan_cpu},
    {.name = "cpuset", .plan = plan_cpuset},
    {.name = "hugepageLimits", .plan = plan_hugetlb},
    {.name = "network", .plan = plan_network},
    {.name = "rdma", .plan = plan_rdma},
    {.name = "unified", .plan = plan_unified},
});

}  // namespace

std::string limit_text(std::int64_t limit) { return limit == -1 ? "max" : cat(limit); }

std::unexpected<Error> not_on_v2(std::string_view setting) {
  return fail(Error::unsupported(cat(setting, " has no equal in cgroup v2")));
}

bool is_plain_word(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < 127 && c != '/'; });
}

Result<std::vector<CgroupWrite>> plan_resources(const spec::Resources& resources, CgroupMode mode,
                                                std::vector<std::string>& warnings) {
  std::vector<CgroupWrite> writes;
  const ResourcePlan plan{
      .resources = resources, .mode = mode, .writes = writes, .warnings = warnings};
  for (const Controller& controller : kControllers) {
    TRY_DOING(cat("linux.resources.", controller.name), controller.plan(plan));
  }
  return writes;
}

}  // namespace plimsoll::plan
