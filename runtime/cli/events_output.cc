// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/events_output.h"

#include "runtime/base/text.h"
#include "validator/json/json.h"

namespace plimsoll::cli {
namespace {

// Hundredths as a JSON number: 1.05, 0.5, 3.
std::string hundredths(std::uint32_t value) {
  std::string text = cat(value / 100);
  if (value % 100 != 0) {
    cat_to(text, ".", value / 10 % 10);
    if (value % 10 != 0) {
      cat_to(text, value % 10);
    }
  }
  return text;
}

void write_pressure(json::Writer& writer, const std::optional<cgroup::Pressure>& pressure) {
  if (!pressure) {
    return;
  }
  const struct {
    const char* name;
    const cgroup::Pressure::Line& line;
  } rows[] = {{"some", pressure->some}, {"full", pressure->full}};
  writer.key("psi").begin_object();
  for (const auto& row : rows) {
    writer.key(row.name).begin_object();
    writer.key("avg10").raw(hundredths(row.line.avg10));
    writer.key("avg60").raw(hundredths(row.line.avg60));
    writer.key("avg300").raw(hundredths(row.line.avg300));
    writer.member("total", row.line.total).end_object();
  }
  writer.end_object();
}

template <typename List>
void write_list(json::Writer& writer, const char* name, const List& list) {
  if (!list.empty()) {
    writer.key(name).list(list);
  }
}

void write_cpu(json::Writer& writer, const cgroup::CpuStats& cpu) {
  writer.key("cpu").begin_object().key("usage").begin_object().member("total", cpu.total);
  write_list(writer, "percpu", cpu.percpu);
  write_list(writer, "percpu_kernel", cpu.percpu_kernel);
  write_list(writer, "percpu_user", cpu.percpu_user);
  writer.member("kernel", cpu.kernel).member("user", cpu.user).end_object();
  writer.key("throttling")
      .begin_object()
      .member("periods", cpu.periods)
      .member("throttledPeriods", cpu.throttled_periods)
      .member("throttledTime", cpu.throttled_time)
      .member("bursts", cpu.bursts)
      .member("burstTime", cpu.burst_time)
      .end_object();
  write_pressure(writer, cpu.psi);
  writer.end_object();
}

void write_cpuset(json::Writer& writer, const cgroup::CpusetStats& cpuset) {
  writer.key("cpuset").begin_object();
  write_list(writer, "cpus", cpuset.cpus);
  writer.member("cpu_exclusive", cpuset.cpu_exclusive);
  write_list(writer, "mems", cpuset.mems);
  writer.member("mem_hardwall", cpuset.mem_hardwall)
      .member("mem_exclusive", cpuset.mem_exclusive)
      .member("memory_migrate", cpuset.memory_migrate)
      .member("memory_spread_page", cpuset.memory_spread_page)
      .member("memory_spread_slab", cpuset.memory_spread_slab)
      .member("memory_pressure", cpuset.memory_pressure)
      .member("sched_load_balance", cpuset.sched_load_balance)
      .member("sched_relax_domain_level", cpuset.sched_relax_domain_level)
      .end_object();
}

void write_usage(json::Writer& writer, const char* name, const cgroup::MemoryUsage& usage) {
  writer.key(name)
      .begin_object()
      .member("limit", usage.limit)
      .member("usage", usage.usage)
      .member("max", usage.max)
      .member("failcnt", usage.failcnt)
      .end_object();
}

void write_memory(json::Writer& writer, const cgroup::MemoryStats& memory) {
  writer.key("memory").begin_object().member("cache", memory.cache);
  write_usage(writer, "usage", memory.usage);
  write_usage(writer, "swap", memory.swap);
  write_usage(writer, "kernel", memory.kernel);
  write_usage(writer, "kernelTCP", memory.kernel_tcp);
  writer.key("raw").map(memory.raw);
  write_pressure(writer, memory.psi);
  writer.end_object();
}

// memory.events, which runc's shape has no place for. "oom" gets another name: callers recognise an
// OOM event by a search for that word in the line.
void write_memory_events(json::Writer& writer, const cgroup::Counters& events) {
  if (events.empty()) {
    return;
  }
  writer.key("memoryEvents").begin_object();
  for (const auto& [name, count] : events) {
    const std::string_view shown = name == "oom"              ? "oomReached"
                                   : name == "oom_kill"       ? "oomKill"
                                   : name == "oom_group_kill" ? "oomGroupKill"
                                                              : std::string_view(name);
    writer.member(shown, count);
  }
  writer.end_object();
}

void write_blkio(json::Writer& writer, const cgroup::BlkioStats& blkio) {
  const struct {
    const char* name;
    const std::vector<cgroup::BlkioEntry>& entries;
  } rows[] = {{"ioServiceBytesRecursive", blkio.service_bytes},
              {"ioServicedRecursive", blkio.serviced},
              {"ioQueueRecursive", blkio.queued},
              {"ioServiceTimeRecursive", blkio.service_time},
              {"ioWaitTimeRecursive", blkio.wait_time},
              {"ioMergedRecursive", blkio.merged},
              {"ioTimeRecursive", blkio.time},
              {"sectorsRecursive", blkio.sectors}};
  writer.key("blkio").begin_object();
  for (const auto& row : rows) {
    if (row.entries.empty()) {
      continue;
    }
    writer.key(row.name).begin_array();
    for (const cgroup::BlkioEntry& entry : row.entries) {
      writer.begin_object().member("major", entry.major).member("minor", entry.minor);
      if (!entry.op.empty()) {
        writer.member("op", entry.op);
      }
      writer.member("value", entry.value).end_object();
    }
    writer.end_array();
  }
  write_pressure(writer, blkio.psi);
  writer.end_object();
}

void write_hugetlb(json::Writer& writer, const std::vector<cgroup::HugetlbStats>& hugetlb) {
  writer.key("hugetlb").begin_object();
  for (const cgroup::HugetlbStats& size : hugetlb) {
    writer.key(size.page_size)
        .begin_object()
        .member("usage", size.usage)
        .member("max", size.max)
        .member("failcnt", size.failcnt)
        .end_object();
  }
  writer.end_object();
}

void write_rdma(json::Writer& writer, const char* name,
                const std::vector<cgroup::RdmaEntry>& entries) {
  writer.key(name).begin_object();
  for (const cgroup::RdmaEntry& entry : entries) {
    writer.key(entry.device)
        .begin_object()
        .member("hcaHandles", entry.hca_handles)
        .member("hcaObjects", entry.hca_objects)
        .end_object();
  }
  writer.end_object();
}

void write_misc(json::Writer& writer, const std::vector<cgroup::MiscEntry>& entries) {
  writer.key("misc").begin_object();
  for (const cgroup::MiscEntry& entry : entries) {
    writer.key(entry.name)
        .begin_object()
        .member("usage", entry.usage)
        .member("max", entry.max)
        .member("events", entry.events)
        .end_object();
  }
  writer.end_object();
}

void write_stats(json::Writer& writer, const cgroup::Stats& stats) {
  writer.begin_object();
  write_cpu(writer, stats.cpu);
  write_cpuset(writer, stats.cpuset);
  write_memory(writer, stats.memory);
  write_memory_events(writer, stats.memory.events);
  writer.key("pids")
      .begin_object()
      .member("current", stats.pids.current)
      .member("limit", stats.pids.limit)
      .end_object();
  write_blkio(writer, stats.blkio);
  write_hugetlb(writer, stats.hugetlb);
  if (!stats.rdma_current.empty() || !stats.rdma_limit.empty()) {
    writer.key("rdma").begin_object();
    write_rdma(writer, "current", stats.rdma_current);
    write_rdma(writer, "limit", stats.rdma_limit);
    writer.end_object();
  }
  if (!stats.misc.empty()) {
    write_misc(writer, stats.misc);
  }
  // runc's members for what it alone manages; readers expect them.
  writer.key("intel_rdt").begin_object().end_object();
  writer.key("network_interfaces").null().end_object();
}

}  // namespace

std::string event_line(std::string_view id, const container::Event& event) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().member("type", event.stats == nullptr ? "oom" : "stats").member("id", id);
  if (event.stats != nullptr) {
    write_stats(writer.key("data"), *event.stats);
  }
  writer.end_object();
  out += "\n";
  return out;
}

}  // namespace plimsoll::cli
