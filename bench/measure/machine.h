// What the figures were measured on, and how busy it was meanwhile.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace plimsoll::bench {

struct Machine {
  std::string cpu, kernel, governor, cgroup_layout, controllers, virtualization;
  unsigned processors = 0;
  std::uint64_t memory_mb = 0;
  bool address_randomization = false;
  std::string fingerprint;  // 12 hex digits of what makes times incomparable
};
Machine read_machine();

// A moment's counters of the whole machine.
struct Load {
  std::int64_t time_ns = 0;
  double load_1m = 0;
  double busy_us = 0;          // processor time of everybody, idle and waiting for disks left out
  double steal_us = 0;         // taken by the hypervisor
  double pressure_cpu_us = 0;  // "some" of /proc/pressure/cpu; 0 where the kernel has none
  double pressure_io_us = 0;
};
Load read_load();

// Between two moments, as shares of the time that has passed.
struct Busyness {
  double foreign = 0;  // processor time that was not ours, in processors
  double steal = 0;    // in processors
  double pressure_cpu = 0;
  double pressure_io = 0;
  bool too_busy() const;
};
// `ours_us`: the processor time of the measured processes and of this one.
Busyness busyness(const Load& from, const Load& to, double ours_us);
// user + system time of this process.
double own_processor_us();

}  // namespace plimsoll::bench
