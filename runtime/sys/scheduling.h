// How much of the machine the process gets: limits, CPUs, priorities, NUMA nodes, personality (man
// 2 prlimit, sched_setattr, sched_setaffinity, ioprio_set, set_mempolicy, personality). All act on
// the calling thread. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "runtime/base/result.h"

namespace plimsoll::sys {

// prlimit(2); `name` is the resource's name, for the error.
Result<> set_resource_limit(int resource, std::uint64_t soft, std::uint64_t hard,
                            std::string_view name);

// struct sched_attr, version 0 (man 2 sched_setattr).
struct SchedulerAttributes {
  std::uint32_t policy = 0;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 0, deadline = 0, period = 0;
};
Result<> set_scheduler_attributes(const SchedulerAttributes& attributes);

// Bit n of the words is CPU n. The kernel takes the part that the cpuset allows.
Result<> set_affinity(std::span<const std::uint64_t> cpus);

// ioprio_set(2) for this process.
Result<> set_io_priority(int priority);

// Bit n of the words is node n.
Result<> set_memory_policy(int mode, std::span<const std::uint64_t> nodes);

Result<> set_personality(unsigned long persona);

}  // namespace plimsoll::sys
