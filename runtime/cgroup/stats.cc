// SPDX-License-Identifier: Apache-2.0
#include "runtime/cgroup/stats.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "runtime/base/text.h"

namespace plimsoll::cgroup {

namespace {

constexpr std::uint64_t kNanosecondsPerMicrosecond = 1000;
constexpr std::uint64_t kNanosecondsPerTick = 10'000'000;  // USER_HZ is 100 everywhere

// The files of one cgroup. A file that is missing, or whose controller is off, is nullopt.
class Files {
 public:
  Files(const Tree& tree, std::string folder) : tree_(tree), folder_(std::move(folder)) {}

  Result<std::optional<std::string>> text(std::string_view file) const {
    auto content = tree_.read(cat(folder_, "/", file));
    if (content) {
      return std::optional<std::string>(std::move(*content));
    }
    const int err = content.error().err();
    if (err == ENOENT || err == ENODEV || err == EOPNOTSUPP) {
      return std::optional<std::string>();
    }
    return fail(std::move(content).error());
  }

  template <typename T>
  Result<bool> parse(std::string_view file, Result<T> (*parser)(std::string_view), T& out) const {
    const auto content = TRY(text(file));
    if (!content) {
      return false;
    }
    out = TRY_DOING(cat("'", folder_, "/", file, "'"), parser(*content));
    return true;
  }

  Result<bool> value(std::string_view file, std::uint64_t& out) const {
    return parse(file, parse_value, out);
  }

  Result<Counters> counters(std::string_view file) const {
    Counters out;
    TRY(parse(file, parse_counters, out));
    return out;
  }

  Result<std::optional<Pressure>> pressure(std::string_view file) const {
    Pressure out;
    // EOPNOTSUPP where pressure accounting is off.
    const bool there = TRY(parse(file, parse_pressure, out));
    return there ? std::optional<Pressure>(out) : std::nullopt;
  }

  Result<std::vector<std::string>> names() const { return tree_.files(folder_); }

 private:
  const Tree& tree_;
  std::string folder_;
};

Result<> pids_stats(const Files& files, Stats& out) {
  const bool counted = TRY(files.value("pids.current", out.pids.current));
  TRY(files.value("pids.max", out.pids.limit));
  if (out.pids.limit == kNoLimit) {
    out.pids.limit = 0;
  }
  if (!counted) {
    // Without the controller the processes can be counted, at least.
    const auto procs = TRY(files.text("cgroup.procs"));
    if (procs) {
      out.pids.current = static_cast<std::uint64_t>(std::ranges::count(*procs, '\n'));
    }
  }
  return {};
}

Result<> rdma_stats(const Files& files, Stats& out) {
  TRY(files.parse("rdma.current", parse_rdma, out.rdma_current));
  TRY(files.parse("rdma.max", parse_rdma, out.rdma_limit));
  return {};
}

// The page sizes are in the names of the files. Reservations where the kernel counts them.
Result<> hugetlb_stats(const Files& files, std::string_view usage_suffix, bool v2, Stats& out) {
  const auto names = files.names();
  if (!names) {
    return {};
  }
  for (const std::string& name : *names) {
    std::string_view size = name;
    if (!size.starts_with("hugetlb.") || !size.ends_with(usage_suffix)) {
      continue;
    }
    size.remove_prefix(8);
    size.remove_suffix(usage_suffix.size());
    if (size.contains('.')) {
      continue;  // "2MB.rsvd", or v1's "2MB.max"
    }
    HugetlbStats entry{.page_size = std::string(size)};
    const std::string prefix = cat("hugetlb.", size);
    if (!TRY(files.value(cat(prefix, ".rsvd", usage_suffix), entry.usage))) {
      TRY(files.value(name, entry.usage));
    }
    if (v2) {
      entry.failcnt = counter(TRY(files.counters(cat(prefix, ".events"))), "max");
    } else {
      const std::string counted =
          TRY(files.value(cat(prefix, ".rsvd.failcnt"), entry.failcnt)) ? ".rsvd" : "";
      TRY(files.value(cat(prefix, counted, ".failcnt"), entry.failcnt));
      TRY(files.value(cat(prefix, counted, ".max_usage_in_bytes"), entry.max));
    }
    out.hugetlb.push_back(std::move(entry));
  }
  std::ranges::sort(out.hugetlb, {}, &HugetlbStats::page_size);
  return {};
}

// -- v1 --

Result<> cpu_stats_v1(const Files& files, Stats& out) {
  const Counters stat = TRY(files.counters("cpu.stat"));
  out.cpu.periods = counter(stat, "nr_periods");
  out.cpu.throttled_periods = counter(stat, "nr_throttled");
  out.cpu.throttled_time = counter(stat, "throttled_time");
  out.cpu.bursts = counter(stat, "nr_bursts");
  out.cpu.burst_time = counter(stat, "burst_time");
  return {};
}

Result<std::vector<std::uint64_t>> parse_numbers(std::string_view text) {
  std::vector<std::uint64_t> out;
  for (const std::string_view word : split(trim(text), ' ')) {
    if (!word.empty()) {
      out.push_back(TRY(parse_value(word)));
    }
  }
  return out;
}

// "cpu user system", then a line for each CPU.
Result<> parse_usage_all(std::string_view text, CpuStats& out) {
  const auto lines = split(text, '\n');
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto words = split(lines[i], ' ');
    if (words.size() < 3) {
      continue;
    }
    out.percpu_user.push_back(TRY(parse_value(words[1])));
    out.percpu_kernel.push_back(TRY(parse_value(words[2])));
  }
  return {};
}

Result<> cpuacct_stats(const Files& files, Stats& out) {
  TRY(files.value("cpuacct.usage", out.cpu.total));
  const Counters stat = TRY(files.counters("cpuacct.stat"));
  out.cpu.user = counter(stat, "user") * kNanosecondsPerTick;
  out.cpu.kernel = counter(stat, "system") * kNanosecondsPerTick;
  TRY(files.parse("cpuacct.usage_percpu", parse_numbers, out.cpu.percpu));
  if (const auto all = TRY(files.text("cpuacct.usage_all"))) {
    TRY(parse_usage_all(*all, out.cpu));
  }
  return {};
}

struct CpusetFlag {
  std::string_view file;
  std::uint64_t CpusetStats::* value;
};

constexpr auto kCpusetFlags = std::to_array<CpusetFlag>({
    {.file = "cpuset.cpu_exclusive", .value = &CpusetStats::cpu_exclusive},
    {.file = "cpuset.mem_hardwall", .value = &CpusetStats::mem_hardwall},
    {.file = "cpuset.mem_exclusive", .value = &CpusetStats::mem_exclusive},
    {.file = "cpuset.memory_migrate", .value = &CpusetStats::memory_migrate},
    {.file = "cpuset.memory_spread_page", .value = &CpusetStats::memory_spread_page},
    {.file = "cpuset.memory_spread_slab", .value = &CpusetStats::memory_spread_slab},
    {.file = "cpuset.memory_pressure", .value = &CpusetStats::memory_pressure},
    {.file = "cpuset.sched_load_balance", .value = &CpusetStats::sched_load_balance},
});

Result<> cpuset_stats(const Files& files, Stats& out) {
  TRY(files.parse("cpuset.cpus", parse_list, out.cpuset.cpus));
  TRY(files.parse("cpuset.mems", parse_list, out.cpuset.mems));
  for (const CpusetFlag& flag : kCpusetFlags) {
    TRY(files.value(flag.file, out.cpuset.*flag.value));
  }
  if (const auto level = TRY(files.text("cpuset.sched_relax_domain_level"))) {
    out.cpuset.sched_relax_domain_level = parse_signed(trim(*level)).value_or(0);
  }
  return {};
}

Result<> memory_usage_v1(const Files& files, std::string_view prefix, MemoryUsage& out) {
  TRY(files.value(cat(prefix, ".usage_in_bytes"), out.usage));
  TRY(files.value(cat(prefix, ".max_usage_in_bytes"), out.max));
  TRY(files.value(cat(prefix, ".failcnt"), out.failcnt));
  TRY(files.value(cat(prefix, ".limit_in_bytes"), out.limit));
  return {};
}

Result<> memory_stats_v1(const Files& files, Stats& out) {
  out.memory.raw = TRY(files.counters("memory.stat"));
  out.memory.cache = counter(out.memory.raw, "cache");
  TRY(memory_usage_v1(files, "memory", out.memory.usage));
  TRY(memory_usage_v1(files, "memory.memsw", out.memory.swap));
  TRY(memory_usage_v1(files, "memory.kmem", out.memory.kernel));
  TRY(memory_usage_v1(files, "memory.kmem.tcp", out.memory.kernel_tcp));
  const Counters oom = TRY(files.counters("memory.oom_control"));
  out.memory.events = {{"oom_kill", counter(oom, "oom_kill")}};
  return {};
}

// The scheduler that counts has the say: bfq, the old CFQ, or the throttling layer.
Result<> blkio_table(const Files& files, std::string_view name, std::vector<BlkioEntry>& out) {
  for (const std::string_view prefix : {"blkio.bfq.", "blkio.", "blkio.throttle."}) {
    TRY(files.parse(cat(prefix, name), parse_blkio, out));
    if (!out.empty()) {
      return {};
    }
  }
  return {};
}

struct BlkioTable {
  std::string_view name;
  std::vector<BlkioEntry> BlkioStats::* table;
};

constexpr auto kBlkioTables = std::to_array<BlkioTable>({
    {.name = "io_service_bytes_recursive", .table = &BlkioStats::service_bytes},
    {.name = "io_serviced_recursive", .table = &BlkioStats::serviced},
    {.name = "io_queued_recursive", .table = &BlkioStats::queued},
    {.name = "io_service_time_recursive", .table = &BlkioStats::service_time},
    {.name = "io_wait_time_recursive", .table = &BlkioStats::wait_time},
    {.name = "io_merged_recursive", .table = &BlkioStats::merged},
    {.name = "time_recursive", .table = &BlkioStats::time},
    {.name = "sectors_recursive", .table = &BlkioStats::sectors},
});

Result<> blkio_stats(const Files& files, Stats& out) {
  for (const BlkioTable& row : kBlkioTables) {
    TRY(blkio_table(files, row.name, out.blkio.*row.table));
  }
  return {};
}

Result<> hugetlb_stats_v1(const Files& files, Stats& out) {
  return hugetlb_stats(files, ".usage_in_bytes", false, out);
}

struct V1Reader {
  std::string_view controller;
  Result<> (*read)(const Files&, Stats&);
};

constexpr auto kV1Readers = std::to_array<V1Reader>({
    {.controller = "cpu", .read = cpu_stats_v1},
    {.controller = "cpuacct", .read = cpuacct_stats},
    {.controller = "cpuset", .read = cpuset_stats},
    {.controller = "memory", .read = memory_stats_v1},
    {.controller = "pids", .read = pids_stats},
    {.controller = "blkio", .read = blkio_stats},
    {.controller = "hugetlb", .read = hugetlb_stats_v1},
    {.controller = "rdma", .read = rdma_stats},
});

// -- v2 --

Result<> cpu_stats_v2(const Files& files, Stats& out) {
  const Counters stat = TRY(files.counters("cpu.stat"));
  const auto nanoseconds = [&](std::string_view name) {
    return counter(stat, name) * kNanosecondsPerMicrosecond;
  };
  out.cpu.total = nanoseconds("usage_usec");
  out.cpu.user = nanoseconds("user_usec");
  out.cpu.kernel = nanoseconds("system_usec");
  out.cpu.periods = counter(stat, "nr_periods");
  out.cpu.throttled_periods = counter(stat, "nr_throttled");
  out.cpu.throttled_time = nanoseconds("throttled_usec");
  out.cpu.bursts = counter(stat, "nr_bursts");
  out.cpu.burst_time = nanoseconds("burst_usec");
  return {};
}

Result<> memory_stats_v2(const Files& files, Stats& out) {
  MemoryStats& memory = out.memory;
  memory.raw = TRY(files.counters("memory.stat"));
  memory.cache = counter(memory.raw, "file");
  memory.events = TRY(files.counters("memory.events"));
  TRY(files.value("memory.current", memory.usage.usage));
  TRY(files.value("memory.max", memory.usage.limit));
  TRY(files.value("memory.peak", memory.usage.max));
  memory.usage.failcnt = counter(memory.events, "max");
  // Together with memory, as v1 has it; their peaks do not add up.
  if (TRY(files.value("memory.swap.current", memory.swap.usage))) {
    TRY(files.value("memory.swap.max", memory.swap.limit));
    memory.swap.usage += memory.usage.usage;
    const bool limited = memory.swap.limit != kNoLimit && memory.usage.limit != kNoLimit;
    memory.swap.limit = limited ? memory.swap.limit + memory.usage.limit : kNoLimit;
  }
  return {};
}

Result<> misc_stats(const Files& files, Stats& out) {
  const Counters max = TRY(files.counters("misc.max"));
  const Counters events = TRY(files.counters("misc.events"));
  for (const auto& [name, usage] : TRY(files.counters("misc.current"))) {
    out.misc.push_back({.name = name,
                        .usage = usage,
                        .max = counter(max, name),
                        .events = counter(events, cat(name, ".max"))});
  }
  return {};
}

Result<> read_v2(const Files& files, Stats& out) {
  TRY(cpu_stats_v2(files, out));
  TRY(memory_stats_v2(files, out));
  TRY(pids_stats(files, out));
  TRY(files.parse("io.stat", parse_io_stat, out.blkio));
  TRY(hugetlb_stats(files, ".current", true, out));
  TRY(rdma_stats(files, out));
  return misc_stats(files, out);
}

// Pressure is counted in the v2 hierarchy only, but for every cgroup there.
Result<> read_pressure(const Files& files, Stats& out) {
  out.cpu.psi = TRY(files.pressure("cpu.pressure"));
  out.memory.psi = TRY(files.pressure("memory.pressure"));
  out.blkio.psi = TRY(files.pressure("io.pressure"));
  return {};
}

}  // namespace

Result<Stats> read_stats(const Paths& paths, const std::string& root) {
  Stats out;
  if (paths.empty()) {
    return out;
  }
  const Tree tree = TRY(Tree::open(root));
  for (const auto& [controllers, path] : paths) {
    const Files files(tree, path);
    if (controllers.empty()) {
      if (paths.size() == 1) {
        TRY(read_v2(files, out));
      } else {
        TRY(hugetlb_stats(files, ".current", true, out));
      }
      TRY(read_pressure(files, out));
      continue;
    }
    const auto names = split(controllers, ',');
    for (const V1Reader& reader : kV1Readers) {
      if (std::ranges::find(names, reader.controller) != names.end()) {
        TRY(reader.read(files, out));
      }
    }
  }
  return out;
}

Result<Stats> read_stats(const Cgroup& cgroup) {
  return read_stats(cgroup.paths(), std::string(kMountRoot));
}

}  // namespace plimsoll::cgroup
