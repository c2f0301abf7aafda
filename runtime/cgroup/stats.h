// What a cgroup counts, for `events` and `ps`: everything that runc's `events --stats` prints, and
// what it leaves out (memory.events, rdma, misc). One shape for v1 and v2.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/cgroup/cgroup.h"

namespace plimsoll::cgroup {

// "max" in a file, where a number tells a limit.
inline constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

using Counters = std::vector<std::pair<std::string, std::uint64_t>>;

struct Pressure {
  struct Line {
    std::uint32_t avg10 = 0, avg60 = 0, avg300 = 0;  // hundredths of a percent
    std::uint64_t total = 0;                         // microseconds
    bool operator==(const Line&) const = default;
  };
  Line some;
  Line full;
};

// All times in nanoseconds.
struct CpuStats {
  std::uint64_t total = 0, user = 0, kernel = 0;
  std::vector<std::uint64_t> percpu, percpu_user, percpu_kernel;  // v1 only
  std::uint64_t periods = 0, throttled_periods = 0, throttled_time = 0;
  std::uint64_t bursts = 0, burst_time = 0;
  std::optional<Pressure> psi;
};

// v1 only, as in runc.
struct CpusetStats {
  std::vector<std::uint16_t> cpus, mems;
  std::uint64_t cpu_exclusive = 0, mem_hardwall = 0, mem_exclusive = 0, memory_migrate = 0;
  std::uint64_t memory_spread_page = 0, memory_spread_slab = 0, memory_pressure = 0;
  std::uint64_t sched_load_balance = 0;
  std::int64_t sched_relax_domain_level = 0;
};

struct MemoryUsage {
  std::uint64_t limit = 0, usage = 0, max = 0, failcnt = 0;
};

struct MemoryStats {
  std::uint64_t cache = 0;
  MemoryUsage usage;
  MemoryUsage swap;  // memory and swap together, on v2 too
  MemoryUsage kernel, kernel_tcp;
  Counters raw;     // memory.stat
  Counters events;  // memory.events; on v1 "oom_kill" alone
  std::optional<Pressure> psi;
};

struct PidsStats {
  std::uint64_t current = 0;
  std::uint64_t limit = 0;  // 0: none, as runc prints it
};

struct BlkioEntry {
  std::uint64_t major = 0, minor = 0;
  std::string op;  // "Read", "Write", "Total", …; empty where the file has none
  std::uint64_t value = 0;
  bool operator==(const BlkioEntry&) const = default;
};

struct BlkioStats {
  std::vector<BlkioEntry> service_bytes, serviced, queued, service_time, wait_time, merged, time,
      sectors;
  std::optional<Pressure> psi;
};

struct HugetlbStats {
  std::string page_size;
  std::uint64_t usage = 0, max = 0, failcnt = 0;
};

struct RdmaEntry {
  std::string device;
  std::uint64_t hca_handles = 0, hca_objects = 0;  // kNoLimit for "max"
  bool operator==(const RdmaEntry&) const = default;
};

struct MiscEntry {
  std::string name;
  std::uint64_t usage = 0, max = 0, events = 0;
};

struct Stats {
  CpuStats cpu;
  CpusetStats cpuset;
  MemoryStats memory;
  PidsStats pids;
  BlkioStats blkio;
  std::vector<HugetlbStats> hugetlb;
  std::vector<RdmaEntry> rdma_current, rdma_limit;
  std::vector<MiscEntry> misc;
};

// Files that a kernel or a disabled controller lacks leave their part at zero; a file with other
// content than the kernel documents is an error.
Result<Stats> read_stats(const Cgroup& cgroup);
// The same below another folder than /sys/fs/cgroup.
Result<Stats> read_stats(const Paths& paths, const std::string& root);

// -- the parsers; pure --

// Lines "name number".
Result<Counters> parse_counters(std::string_view text);
std::uint64_t counter(const Counters& counters, std::string_view name);
// One number, or "max".
Result<std::uint64_t> parse_value(std::string_view text);
// "0-2,7"; at most 65536 numbers.
Result<std::vector<std::uint16_t>> parse_list(std::string_view text);
Result<Pressure> parse_pressure(std::string_view text);
// v1: "8:0 Read 12", "8:0 12" and a "Total 12", which is skipped.
Result<std::vector<BlkioEntry>> parse_blkio(std::string_view text);
// v2: "8:0 rbytes=1 wbytes=2 rios=3 wios=4 …" into service_bytes and serviced.
Result<BlkioStats> parse_io_stat(std::string_view text);
// "mlx5_0 hca_handle=3 hca_object=max"
Result<std::vector<RdmaEntry>> parse_rdma(std::string_view text);

}  // namespace plimsoll::cgroup
