// The kernel's text form of a set of CPUs: "0-3,7" (man 7 cpuset, "List format"). Pure.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "runtime/base/result.h"

namespace plimsoll::linux {

inline constexpr std::size_t kMaxCpus = 8192;  // the largest NR_CPUS of any kernel configuration
using CpuMask = std::array<std::uint64_t, kMaxCpus / 64>;

Result<CpuMask> parse_cpu_list(std::string_view list);

}  // namespace plimsoll::linux
