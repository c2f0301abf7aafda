// Golden tests of plan_resources and plan_device_rules: for each controller and mode, the writes as
// text. SPDX-License-Identifier: Apache-2.0
#include "runtime/plan/resources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/base/text.h"

// The spec's structs leave most members out, which g++ 12 warns of even for std::optional.
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

namespace plimsoll::plan {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Planned {
  std::vector<std::string> lines;
  std::vector<std::string> warnings;
  std::string error;
};

// "controller file=value", and " ?" for skip, " |" for take_next, " ~" for retry.
Planned planned(const spec::Resources& resources, CgroupMode mode) {
  Planned out;
  const auto writes = plan_resources(resources, mode, out.warnings);
  if (!writes) {
    out.error = writes.error().message();
    return out;
  }
  for (const CgroupWrite& write : *writes) {
    const std::string_view marks[] = {"", " ?", " |", " ~"};
    out.lines.push_back(cat(write.controller, " ", write.file, "=", write.value,
                            marks[static_cast<std::size_t>(write.on_failure)]));
  }
  return out;
}

spec::Resources with_memory(spec::Memory memory) {
  spec::Resources resources;
  resources.memory = memory;
  return resources;
}

spec::Resources with_cpu(spec::Cpu cpu) {
  spec::Resources resources;
  resources.cpu = std::move(cpu);
  return resources;
}

// linux.resources.* are all optional.
TEST(PlanResources, NothingAskedIsNoWrite) {
  spec::Resources resources;
  resources.memory.emplace();
  resources.cpu.emplace();
  resources.block_io.emplace();
  resources.network.emplace();
  resources.pids.emplace();
  for (const CgroupMode mode : {CgroupMode::v1, CgroupMode::hybrid, CgroupMode::v2}) {
    const Planned plan = planned(resources, mode);
    EXPECT_EQ(plan.error, "");
    EXPECT_THAT(plan.lines, IsEmpty());
    EXPECT_THAT(plan.warnings, IsEmpty());
  }
}

// linux.pids.limit.optional, linux.pids.limit.zero
TEST(PlanResources, Pids) {
  struct Row {
    std::int64_t limit;
    std::string value;
  };
  for (const Row& row : {Row{.limit = 7, .value = "7"}, Row{.limit = 0, .value = "0"},
                         Row{.limit = -1, .value = "max"}}) {
    spec::Resources resources;
    resources.pids = spec::Pids{.limit = row.limit};
    EXPECT_THAT(planned(resources, CgroupMode::v1).lines,
                ElementsAre(cat("pids pids.max=", row.value)));
    EXPECT_THAT(planned(resources, CgroupMode::v2).lines,
                ElementsAre(cat("pids pids.max=", row.value)));
  }
  spec::Resources bad;
  bad.pids = spec::Pids{.limit = -2};
  EXPECT_EQ(planned(bad, CgroupMode::v2).error, "linux.resources.pids: limit -2 is below -1");
}

TEST(PlanResources, MemoryLimitsOnV1) {
  EXPECT_THAT(
      planned(with_memory({.limit = 100, .reservation = 50, .swap = 300}), CgroupMode::v1).lines,
      ElementsAre("memory memory.limit_in_bytes=100 ~", "memory memory.memsw.limit_in_bytes=300",
                  "memory memory.soft_limit_in_bytes=50"));
  EXPECT_THAT(planned(with_memory({.limit = 100}), CgroupMode::hybrid).lines,
              ElementsAre("memory memory.limit_in_bytes=100"));
  EXPECT_THAT(
      planned(with_memory({.limit = -1}), CgroupMode::v1).lines,
      ElementsAre("memory memory.limit_in_bytes=-1 ~", "memory memory.memsw.limit_in_bytes=-1 ?"));
  EXPECT_THAT(
      planned(with_memory({.limit = -1, .swap = 5}), CgroupMode::v1).lines,
      ElementsAre("memory memory.limit_in_bytes=-1 ~", "memory memory.memsw.limit_in_bytes=5"));
}

// linux.memory.swap.optional: memory.swap.max = swap - limit
TEST(PlanResources, MemoryLimitsOnV2) {
  EXPECT_THAT(
      planned(with_memory({.limit = 100, .reservation = 50, .swap = 300}), CgroupMode::v2).lines,
      ElementsAre("memory memory.swap.max=200", "memory memory.max=100", "memory memory.low=50"));
  EXPECT_THAT(planned(with_memory({.limit = 100, .swap = 100}), CgroupMode::v2).lines,
              ElementsAre("memory memory.swap.max=0 ?", "memory memory.max=100"));
  EXPECT_THAT(planned(with_memory({.limit = 100, .swap = -1}), CgroupMode::v2).lines,
              ElementsAre("memory memory.swap.max=max ?", "memory memory.max=100"));
  EXPECT_THAT(planned(with_memory({.limit = -1}), CgroupMode::v2).lines,
              ElementsAre("memory memory.swap.max=max ?", "memory memory.max=max"));
  EXPECT_THAT(planned(with_memory({.limit = -1, .swap = 7}), CgroupMode::v2).lines,
              ElementsAre("memory memory.swap.max=7", "memory memory.max=max"));
  EXPECT_EQ(planned(with_memory({.swap = 300}), CgroupMode::v2).error,
            "linux.resources.memory: unable to set swap limit without memory limit");
}

TEST(PlanResources, MemoryRefusesWhatMakesNoSense) {
  EXPECT_THAT(planned(with_memory({.limit = 100, .swap = 99}), CgroupMode::v1).error,
              HasSubstr("memory+swap limit should be >= memory limit"));
  EXPECT_THAT(planned(with_memory({.limit = -2}), CgroupMode::v2).error, HasSubstr("below -1"));
  EXPECT_THAT(planned(with_memory({.swappiness = 101}), CgroupMode::v1).error,
              HasSubstr("(valid range is 0-100)"));
}

// linux.unified.v1-convert.error
TEST(PlanResources, MemorySettingsThatOnlyV1Has) {
  EXPECT_THAT(
      planned(with_memory({.swappiness = 0, .disable_oom_killer = true}), CgroupMode::v1).lines,
      ElementsAre("memory memory.oom_control=1", "memory memory.swappiness=0"));
  for (const spec::Memory& memory :
       {spec::Memory{.kernel = 1}, spec::Memory{.kernel_tcp = 1}, spec::Memory{.swappiness = 1},
        spec::Memory{.disable_oom_killer = true}, spec::Memory{.use_hierarchy = false}}) {
    EXPECT_THAT(planned(with_memory(memory), CgroupMode::v2).error,
                HasSubstr("has no equal in cgroup v2"));
  }
  // What callers send without meaning anything by it.
  EXPECT_THAT(planned(with_memory({.kernel = -1,
                                   .kernel_tcp = 0,
                                   .swappiness = ~std::uint64_t{0},
                                   .disable_oom_killer = false,
                                   .use_hierarchy = true}),
                      CgroupMode::v2)
                  .lines,
              IsEmpty());
}

// linux.memory.kernelTCP.optional
TEST(PlanResources, KernelMemoryIsIgnoredOnV1WithAWarningTcpBuffersAreNot) {
  const Planned plan = planned(with_memory({.kernel = 1, .kernel_tcp = 2}), CgroupMode::v1);
  EXPECT_THAT(plan.lines, ElementsAre("memory memory.kmem.tcp.limit_in_bytes=2"));
  EXPECT_THAT(plan.warnings, ElementsAre(HasSubstr("memory.kernel:")));
}

TEST(PlanResources, CpuOnV1) {
  EXPECT_THAT(planned(with_cpu({.shares = 512,
                                .quota = 50000,
                                .burst = 10000,
                                .period = 100000,
                                .realtime_runtime = 950,
                                .realtime_period = 1000,
                                .cpus = "0-1",
                                .mems = "0",
                                .idle = 0}),
                      CgroupMode::v1)
                  .lines,
              ElementsAre("cpu cpu.rt_period_us=1000 ~", "cpu cpu.rt_runtime_us=950",
                          "cpu cpu.idle=0", "cpu cpu.shares=512", "cpu cpu.cfs_period_us=100000 ~",
                          "cpu cpu.cfs_burst_us=10000 ~", "cpu cpu.cfs_quota_us=50000",
                          "cpuset cpuset.cpus=0-1", "cpuset cpuset.mems=0"));
  EXPECT_THAT(planned(with_cpu({.quota = -1}), CgroupMode::v1).lines,
              ElementsAre("cpu cpu.cfs_quota_us=-1"));
  EXPECT_THAT(planned(with_cpu({.shares = 512, .idle = 1}), CgroupMode::v1).lines,
              ElementsAre("cpu cpu.idle=1"));
  EXPECT_THAT(planned(with_cpu({.shares = 1}), CgroupMode::v1).error,
              HasSubstr("the minimum allowed cpu-shares is 2"));
  EXPECT_THAT(planned(with_cpu({.shares = 262145}), CgroupMode::v1).error,
              HasSubstr("the maximum allowed cpu-shares is 262144"));
}

TEST(PlanResources, CpuOnV2) {
  EXPECT_THAT(
      planned(with_cpu({.shares = 1024, .quota = 50000, .burst = 10000, .period = 100000}),
              CgroupMode::v2)
          .lines,
      ElementsAre("cpu cpu.weight=100", "cpu cpu.max.burst=10000 ~", "cpu cpu.max=50000 100000"));
  EXPECT_THAT(planned(with_cpu({.quota = 50000}), CgroupMode::v2).lines,
              ElementsAre("cpu cpu.max=50000"));
  EXPECT_THAT(planned(with_cpu({.quota = -1, .period = 1000}), CgroupMode::v2).lines,
              ElementsAre("cpu cpu.max=max 1000"));
  EXPECT_THAT(planned(with_cpu({.realtime_runtime = 1}), CgroupMode::v2).error,
              HasSubstr("realtimeRuntime has no equal in cgroup v2"));
  EXPECT_THAT(planned(with_cpu({.realtime_period = 1}), CgroupMode::v2).error,
              HasSubstr("realtimePeriod has no equal in cgroup v2"));
  EXPECT_THAT(planned(with_cpu({.idle = 2}), CgroupMode::v2).error, HasSubstr("neither 0 nor 1"));
  EXPECT_THAT(planned(with_cpu({.cpus = "0\n1"}), CgroupMode::v2).error,
              HasSubstr("is not a list of numbers"));
}

TEST(CpuWeight, FollowsTheCurveThroughMinimumDefaultAndMaximum) {
  struct Row {
    std::uint64_t shares;
    std::uint64_t weight;
  };
  for (const Row row : {Row{0, 0}, Row{1, 1}, Row{2, 1}, Row{1024, 100}, Row{262144, 10000},
                        Row{262145, 10000}, Row{~std::uint64_t{0}, 10000}}) {
    EXPECT_EQ(cpu_weight_from_shares(row.shares), row.weight) << row.shares;
  }
  for (std::uint64_t shares = 3, last = 1; shares <= 262144; ++shares) {
    const std::uint64_t weight = cpu_weight_from_shares(shares);
    ASSERT_GE(weight, last) << shares;
    ASSERT_LE(weight, 10000U) << shares;
    last = weight;
  }
}

spec::Resources block_io_everything() {
  spec::Resources resources;
  resources.block_io = spec::BlockIo{
      .weight = 500,
      .weight_device = {{.major = 8, .minor = 0, .weight = 10}},
      .throttle_read_bps_device = {{.major = 8, .minor = 16, .rate = 600}},
      .throttle_write_bps_device = {{.major = 8, .minor = 16, .rate = 0}},
      .throttle_read_iops_device = {{.major = 8, .minor = 16, .rate = 3}},
      .throttle_write_iops_device = {{.major = 8, .minor = 16, .rate = 4}},
  };
  return resources;
}

TEST(PlanResources, BlockIo) {
  EXPECT_THAT(
      planned(block_io_everything(), CgroupMode::v1).lines,
      ElementsAre("blkio blkio.weight=500 |", "blkio blkio.bfq.weight=500",
                  "blkio blkio.weight_device=8:0 10 |", "blkio blkio.bfq.weight_device=8:0 10",
                  "blkio blkio.throttle.read_bps_device=8:16 600",
                  "blkio blkio.throttle.write_bps_device=8:16 0",
                  "blkio blkio.throttle.read_iops_device=8:16 3",
                  "blkio blkio.throttle.write_iops_device=8:16 4"));
  EXPECT_THAT(
      planned(block_io_everything(), CgroupMode::v2).lines,
      ElementsAre("io io.bfq.weight=500 |", "io io.weight=4950", "io io.bfq.weight=8:0 10 |",
                  "io io.weight=8:0 1", "io io.max=8:16 rbps=600", "io io.max=8:16 wbps=max",
                  "io io.max=8:16 riops=3", "io io.max=8:16 wiops=4"));
}

TEST(PlanResources, BlockIoRefuses) {
  spec::Resources resources;
  resources.block_io = spec::BlockIo{.weight = 9};
  EXPECT_THAT(planned(resources, CgroupMode::v2).error, HasSubstr("weight 9 is outside 10-1000"));
  resources.block_io = spec::BlockIo{.leaf_weight = 10};
  EXPECT_THAT(planned(resources, CgroupMode::v1).lines, ElementsAre("blkio blkio.leaf_weight=10"));
  EXPECT_THAT(planned(resources, CgroupMode::v2).error, HasSubstr("leafWeight has no equal"));
  resources.block_io = spec::BlockIo{.weight_device = {{.major = -1, .minor = 0, .weight = 10}}};
  EXPECT_THAT(planned(resources, CgroupMode::v1).error, HasSubstr("negative number"));
}

// linux.hugepageLimits.rsvd-fallback, linux.hugepageLimits.pageSize.required, GHSA-5g49-rx9x-qfc6
TEST(PlanResources, Hugetlb) {
  spec::Resources resources;
  resources.hugepage_limits = {{.page_size = "2MB", .limit = 0}};
  EXPECT_THAT(planned(resources, CgroupMode::v1).lines,
              ElementsAre("hugetlb hugetlb.2MB.limit_in_bytes=0",
                          "hugetlb hugetlb.2MB.rsvd.limit_in_bytes=0 ?"));
  EXPECT_THAT(planned(resources, CgroupMode::v2).lines,
              ElementsAre("hugetlb hugetlb.2MB.max=0", "hugetlb hugetlb.2MB.rsvd.max=0 ?"));
  for (const char* size : {"", "B", "MB", "2M", "2mb", "02MB", "2MB ", "-2MB", "2TB", "../../x",
                           "1MB/../../2MB", "2.5MB"}) {
    resources.hugepage_limits = {{.page_size = size, .limit = 1}};
    EXPECT_THAT(planned(resources, CgroupMode::v2).error, HasSubstr("<size><unit-prefix>B"))
        << size;
  }
}

TEST(PlanResources, Network) {
  spec::Resources resources;
  resources.network =
      spec::Network{.class_id = 1048577, .priorities = {{.name = "eth0", .priority = 5}}};
  EXPECT_THAT(planned(resources, CgroupMode::v1).lines,
              ElementsAre("net_cls net_cls.classid=1048577", "net_prio net_prio.ifpriomap=eth0 5"));
  EXPECT_THAT(planned(resources, CgroupMode::v2).error, HasSubstr("classID has no equal"));
  resources.network = spec::Network{.priorities = {{.name = "eth0 1\nlo", .priority = 5}}};
  EXPECT_THAT(planned(resources, CgroupMode::v1).error, HasSubstr("is not an interface name"));
  EXPECT_THAT(planned(resources, CgroupMode::v2).error, HasSubstr("priorities has no equal"));
}

// linux.rdma.at-least-one
TEST(PlanResources, Rdma) {
  spec::Resources resources;
  resources.rdma = {{.device = "mlx5_1", .hca_handles = 3, .hca_objects = 10000},
                    {.device = "rxe3", .hca_objects = 1}};
  const auto lines = ElementsAre("rdma rdma.max=mlx5_1 hca_handle=3 hca_object=10000",
                                 "rdma rdma.max=rxe3 hca_object=1");
  EXPECT_THAT(planned(resources, CgroupMode::v1).lines, lines);
  EXPECT_THAT(planned(resources, CgroupMode::v2).lines, lines);
  resources.rdma = {{.device = "x"}};
  EXPECT_THAT(planned(resources, CgroupMode::v2).error, HasSubstr("neither hcaHandles"));
  resources.rdma = {{.device = "x y", .hca_handles = 1}};
  EXPECT_THAT(planned(resources, CgroupMode::v2).error, HasSubstr("is not a device name"));
}

// linux.unified.unknown-written
TEST(PlanResources, Unified) {
  spec::Resources resources;
  resources.unified = {{"io.max", "259:0 rbps=1\n253:0 rbps=2\n"},
                       {"memory.some.future", "x"},
                       {"cgroup.max.depth", "3"}};
  EXPECT_THAT(planned(resources, CgroupMode::v2).lines,
              ElementsAre("io io.max=259:0 rbps=1", "io io.max=253:0 rbps=2",
                          "memory memory.some.future=x", " cgroup.max.depth=3"));
  for (const CgroupMode mode : {CgroupMode::v1, CgroupMode::hybrid}) {
    EXPECT_THAT(planned(resources, mode).error, HasSubstr("invalid configuration"));
  }
}

TEST(PlanResources, UnifiedRefusesPathsAndCommands) {
  struct Row {
    const char* key;
    const char* words;
  };
  for (const Row& row :
       {Row{"../cpu.max", "no slashes"}, Row{"/cpu.max", "no slashes"}, Row{"", "no slashes"},
        Row{"cpu.max\n", "no slashes"}, Row{"..", "CONTROLLER.PARAMETER"},
        Row{"cpu", "CONTROLLER.PARAMETER"}, Row{"cpu.", "CONTROLLER.PARAMETER"},
        Row{"cgroup.procs", "not a resource"}, Row{"cgroup.kill", "not a resource"},
        Row{"cgroup.freeze", "not a resource"}}) {
    spec::Resources resources;
    resources.unified = {{row.key, "0"}};
    EXPECT_THAT(planned(resources, CgroupMode::v2).error, HasSubstr(row.words)) << row.key;
  }
  spec::Resources empty;
  empty.unified = {{"cpu.max", "\n"}};
  EXPECT_THAT(planned(empty, CgroupMode::v2).error, HasSubstr("has no value"));
}

std::string text(const DeviceRule& rule) {
  const auto number = [](std::int64_t value) { return value < 0 ? std::string("*") : cat(value); };
  return cat(rule.allow ? "allow " : "deny ", rule.type, " ", number(rule.major), ":",
             number(rule.minor), " ", rule.read ? "r" : "", rule.write ? "w" : "",
             rule.mknod ? "m" : "");
}

// linux.resources.devices.order and its optional fields; GHSA-g54h-m393-cpwq
TEST(PlanDeviceRules, DenyFirstThenTheConfigThenTheDefaults) {
  const auto rules =
      plan_device_rules({{.allow = true},
                         {.allow = false, .type = "b", .major = 8},
                         {.allow = true, .type = "u", .major = 10, .minor = 229, .access = "rw"}});
  ASSERT_TRUE(rules.has_value());
  std::vector<std::string> lines;
  for (const DeviceRule& rule : *rules) {
    lines.push_back(text(rule));
  }
  EXPECT_THAT(
      lines, ElementsAre("deny a *:* rwm", "allow a *:* rwm", "deny b 8:* rwm", "allow c 10:229 rw",
                         "allow c *:* m", "allow b *:* m", "allow c 1:3 rwm", "allow c 1:8 rwm",
                         "allow c 1:7 rwm", "allow c 5:0 rwm", "allow c 1:5 rwm", "allow c 1:9 rwm",
                         "allow c 5:1 rwm", "allow c 136:* rwm", "allow c 5:2 rwm"));
  EXPECT_EQ(text(plan_device_rules({})->front()), "deny a *:* rwm");
}

TEST(PlanDeviceRules, RefusesUnknownLettersAndNumbers) {
  EXPECT_THAT(plan_device_rules({{.type = "x"}}).error().message(),
              HasSubstr("devices[0]: type 'x'"));
  EXPECT_THAT(plan_device_rules({{}, {.access = "rx"}}).error().message(),
              HasSubstr("devices[1]: access 'rx'"));
  EXPECT_THAT(plan_device_rules({{.major = -2}}).error().message(), HasSubstr("major -2"));
  EXPECT_THAT(plan_device_rules({{.minor = std::int64_t{1} << 32}}).error().message(),
              HasSubstr("minor 4294967296"));
}

}  // namespace
}  // namespace plimsoll::plan
