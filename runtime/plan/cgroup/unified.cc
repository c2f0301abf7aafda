// linux.resources.unified: any file of a cgroup v2, known to us or not, one write a line. Pure.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "runtime/base/text.h"
#include "runtime/plan/cgroup/controllers.h"

namespace plimsoll::plan {

namespace {

// Commands to the cgroup core, not resources: a config could move or kill the runtime with them.
constexpr auto kNotResources = std::to_array<std::string_view>(
    {"cgroup.procs", "cgroup.threads", "cgroup.kill", "cgroup.freeze", "cgroup.type"});

Result<> check_key(std::string_view key) {
  if (!is_plain_word(key)) {
    return fail(Error::invalid(cat("'", key, "' must be a file name (no slashes)")));
  }
  const std::size_t dot = key.find('.');
  if (dot == 0 || dot == std::string_view::npos || dot + 1 == key.size()) {
    return fail(Error::invalid(cat("'", key, "' must be in the form CONTROLLER.PARAMETER")));
  }
  if (std::ranges::find(kNotResources, key) != kNotResources.end()) {
    return fail(Error::invalid(cat("'", key, "' is not a resource")));
  }
  return {};
}

}  // namespace

Result<> plan_unified(const ResourcePlan& plan) {
  if (plan.resources.unified.empty()) {
    return {};
  }
  if (!plan.v2()) {
    return fail(Error::unsupported("invalid configuration: cannot use unified on cgroup v1"));
  }
  for (const auto& [key, value] : plan.resources.unified) {
    TRY(check_key(key));
    const std::string_view prefix = std::string_view(key).substr(0, key.find('.'));
    const std::string_view controller = prefix == "cgroup" ? "" : prefix;
    // cgroup v2 files take one line a write (io.max, hugetlb, rdma.max).
    bool written = false;
    for (const std::string_view line : split(value, '\n')) {
      if (!line.empty()) {
        plan.add(controller, key, std::string(line));
        written = true;
      }
    }
    if (!written) {
      return fail(Error::invalid(cat("'", key, "' has no value")));
    }
  }
  return {};
}

}  // namespace plimsoll::plan
