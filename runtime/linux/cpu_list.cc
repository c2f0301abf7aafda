// SPDX-License-Identifier: Apache-2.0
#include "runtime/linux/cpu_list.h"

#include "runtime/base/text.h"

namespace plimsoll::linux {

Result<CpuMask> parse_cpu_list(std::string_view list) {
  CpuMask mask = {};
  bool any = false;
  for (const std::string_view item : split(list, ',')) {
    const std::string_view range = trim(item);
    if (range.empty()) {
      continue;
    }
    const std::size_t dash = range.find('-');
    const auto first = parse_unsigned(trim(range.substr(0, dash)));
    const auto last =
        dash == std::string_view::npos ? first : parse_unsigned(trim(range.substr(dash + 1)));
    if (!first || !last || *first > *last || *last >= kMaxCpus) {
      return fail(Error::invalid(cat("bad CPU list '", list, "'")));
    }
    for (std::uint64_t cpu = *first; cpu <= *last; ++cpu) {
      mask[cpu / 64] |= std::uint64_t{1} << (cpu % 64);
    }
    any = true;
  }
  if (!any) {
    return fail(Error::invalid(cat("CPU list '", list, "' is empty")));
  }
  return mask;
}

}  // namespace plimsoll::linux
