// linux.resources.hugepageLimits. Pure.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/base/text.h"
#include "runtime/plan/cgroup/controllers.h"

namespace plimsoll::plan {

namespace {

// "<size><unit-prefix>B". The text becomes part of a file name, so nothing else may pass
// (GHSA-5g49-rx9x-qfc6: "../" in it reached other cgroups).
bool is_page_size(std::string_view text) {
  if (text.size() < 3 || !text.ends_with('B')) {
    return false;
  }
  const char unit = text[text.size() - 2];
  const std::string_view digits = text.substr(0, text.size() - 2);
  return (unit == 'K' || unit == 'M' || unit == 'G') && digits.front() != '0' &&
         parse_unsigned(digits).has_value();
}

}  // namespace

// Reservation accounting where the kernel has it (5.7), and fault accounting always, so that a
// mapping without a reservation is bounded too.
Result<> plan_hugetlb(const ResourcePlan& plan) {
  const std::string_view suffix = plan.v2() ? ".max" : ".limit_in_bytes";
  for (const spec::HugepageLimit& entry : plan.resources.hugepage_limits) {
    if (!is_page_size(entry.page_size)) {
      return fail(Error::invalid(
          cat("pageSize '", entry.page_size, "' is not of the form <size><unit-prefix>B")));
    }
    const std::string prefix = cat("hugetlb.", entry.page_size);
    plan.add("hugetlb", cat(prefix, suffix), cat(entry.limit));
    plan.add("hugetlb", cat(prefix, ".rsvd", suffix), cat(entry.limit), OnFailure::skip);
  }
  return {};
}

}  // namespace plimsoll::plan
