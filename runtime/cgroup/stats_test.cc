// The parsers on texts of real kernels and on broken ones; whole cgroups as folders of such files.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/cgroup/stats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "runtime/base/text.h"

namespace plimsoll::cgroup {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

TEST(StatsParse, Counters) {
  EXPECT_THAT(parse_counters("low 0\nhigh 12\noom_kill 18446744073709551615\nmax max\n").value(),
              ElementsAre(Pair("low", 0), Pair("high", 12), Pair("oom_kill", kNoLimit),
                          Pair("max", kNoLimit)));
  EXPECT_THAT(parse_counters("").value(), IsEmpty());
  for (const char* text :
       {"low\n", "low -1\n", "low 1 2\n", "low 0x1\n", "low 18446744073709551616\n", " \n"}) {
    EXPECT_FALSE(parse_counters(text).has_value()) << text;
  }
}

TEST(StatsParse, ValueAndList) {
  EXPECT_EQ(parse_value("12\n").value(), 12U);
  EXPECT_EQ(parse_value("max\n").value(), kNoLimit);
  EXPECT_EQ(parse_value("-1\n").value(), kNoLimit);
  for (const char* text : {"", "\n", "-2", "1 2", "maximum", "1.5"}) {
    EXPECT_FALSE(parse_value(text).has_value()) << text;
  }
  EXPECT_THAT(parse_list("0-2,7\n").value(), ElementsAre(0, 1, 2, 7));
  EXPECT_THAT(parse_list("\n").value(), IsEmpty());
  for (const char* text : {"2-1", "a", "0-", "-1", "0,,1", "0-65536", "0-65534,0-65535"}) {
    EXPECT_FALSE(parse_list(text).has_value()) << text;
  }
}

TEST(StatsParse, Pressure) {
  const Pressure psi = parse_pressure(
                           "some avg10=0.00 avg60=1.25 avg300=100.00 total=123456\n"
                           "full avg10=9.99 avg60=0.01 avg300=0.00 total=7 later=x\n")
                           .value();
  EXPECT_EQ(psi.some, (Pressure::Line{.avg10 = 0, .avg60 = 125, .avg300 = 10000, .total = 123456}));
  EXPECT_EQ(psi.full, (Pressure::Line{.avg10 = 999, .avg60 = 1, .avg300 = 0, .total = 7}));
  for (const char* text : {"none avg10=0.00\n", "some avg10=0\n", "some avg10=0.0\n",
                           "some avg10=-1.00\n", "some total=x\n", "some avg10\n"}) {
    EXPECT_FALSE(parse_pressure(text).has_value()) << text;
  }
}

TEST(StatsParse, Blkio) {
  EXPECT_THAT(parse_blkio("8:0 Read 1282048\n8:16 Total 5\n8:0 6792\nTotal 1282053\n").value(),
              ElementsAre(BlkioEntry{8, 0, "Read", 1282048}, BlkioEntry{8, 16, "Total", 5},
                          BlkioEntry{8, 0, "", 6792}));
  for (const char* text :
       {"8 Read 1\n", "8:0\n", "8:0 Read x\n", "8:0 Read 1 2\n", "x:0 Read 1\n"}) {
    EXPECT_FALSE(parse_blkio(text).has_value()) << text;
  }
  const BlkioStats io =
      parse_io_stat("259:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n7:0\n\n").value();
  EXPECT_THAT(io.service_bytes,
              ElementsAre(BlkioEntry{259, 0, "Read", 1}, BlkioEntry{259, 0, "Write", 2}));
  EXPECT_THAT(io.serviced,
              ElementsAre(BlkioEntry{259, 0, "Read", 3}, BlkioEntry{259, 0, "Write", 4}));
  EXPECT_FALSE(parse_io_stat("x rbytes=1\n").has_value());
  EXPECT_FALSE(parse_io_stat("8:0 rbytes=x\n").has_value());
}

TEST(StatsParse, Rdma) {
  EXPECT_THAT(parse_rdma("mlx5_0 hca_handle=3 hca_object=max\nx hca_object=1\n").value(),
              ElementsAre(RdmaEntry{"mlx5_0", 3, kNoLimit}, RdmaEntry{"x", 0, 1}));
  EXPECT_FALSE(parse_rdma("mlx5_0 hca_handle\n").has_value());
  EXPECT_FALSE(parse_rdma("mlx5_0 hca_handle=x\n").has_value());
}

class StatsTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/plimsoll-stats-XXXXXX";
    root_ = mkdtemp(name);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  std::string folder(std::string_view name, const std::map<std::string, std::string>& files) {
    const std::string path = cat(root_, "/", name);
    std::filesystem::create_directories(path);
    for (const auto& [file, text] : files) {
      std::ofstream(cat(path, "/", file)) << text;
    }
    return path;
  }

  std::string root_;
};

TEST_F(StatsTest, V2) {
  const std::string path =
      folder("c", {{"cpu.stat",
                    "usage_usec 30\nuser_usec 20\nsystem_usec 10\nnr_periods 4\nnr_throttled 3\n"
                    "throttled_usec 2\nnr_bursts 1\nburst_usec 5\n"},
                   {"cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=9\n"},
                   {"memory.stat", "anon 1\nfile 77\n"},
                   {"memory.events", "low 0\nhigh 0\nmax 6\noom 2\noom_kill 1\n"},
                   {"memory.current", "1000\n"},
                   {"memory.max", "4000\n"},
                   {"memory.peak", "1500\n"},
                   {"memory.swap.current", "10\n"},
                   {"memory.swap.max", "500\n"},
                   {"pids.current", "3\n"},
                   {"pids.max", "max\n"},
                   {"io.stat", "8:0 rbytes=1 wbytes=2 rios=3 wios=4\n"},
                   {"hugetlb.2MB.current", "1\n"},
                   {"hugetlb.2MB.rsvd.current", "2097152\n"},
                   {"hugetlb.2MB.events", "max 8\n"},
                   {"hugetlb.1GB.current", "0\n"},
                   {"rdma.current", "mlx hca_handle=1 hca_object=2\n"},
                   {"rdma.max", "mlx hca_handle=max hca_object=9\n"},
                   {"misc.current", "sev 5\n"},
                   {"misc.max", "sev max\n"},
                   {"misc.events", "sev.max 2\n"}});
  const Stats stats = read_stats({{"", path}}, root_).value();
  EXPECT_EQ(stats.cpu.total, 30000U);
  EXPECT_EQ(stats.cpu.user, 20000U);
  EXPECT_EQ(stats.cpu.kernel, 10000U);
  EXPECT_EQ(stats.cpu.periods, 4U);
  EXPECT_EQ(stats.cpu.throttled_periods, 3U);
  EXPECT_EQ(stats.cpu.throttled_time, 2000U);
  EXPECT_EQ(stats.cpu.burst_time, 5000U);
  ASSERT_TRUE(stats.cpu.psi.has_value());
  EXPECT_EQ(stats.cpu.psi->some.total, 9U);
  EXPECT_FALSE(stats.memory.psi.has_value());
  EXPECT_EQ(stats.memory.cache, 77U);
  EXPECT_EQ(stats.memory.usage.usage, 1000U);
  EXPECT_EQ(stats.memory.usage.max, 1500U);
  EXPECT_EQ(stats.memory.usage.failcnt, 6U);
  EXPECT_EQ(stats.memory.swap.usage, 1010U);
  EXPECT_EQ(stats.memory.swap.limit, 4500U);
  EXPECT_EQ(counter(stats.memory.events, "oom_kill"), 1U);
  EXPECT_EQ(stats.pids.current, 3U);
  EXPECT_EQ(stats.pids.limit, 0U);
  EXPECT_EQ(stats.blkio.service_bytes.size(), 2U);
  ASSERT_EQ(stats.hugetlb.size(), 2U);
  EXPECT_EQ(stats.hugetlb[1].page_size, "2MB");
  EXPECT_EQ(stats.hugetlb[1].usage, 2097152U);
  EXPECT_EQ(stats.hugetlb[1].failcnt, 8U);
  EXPECT_THAT(stats.rdma_limit, ElementsAre(RdmaEntry{"mlx", kNoLimit, 9}));
  ASSERT_EQ(stats.misc.size(), 1U);
  EXPECT_EQ(stats.misc[0].max, kNoLimit);
  EXPECT_EQ(stats.misc[0].events, 2U);
}

TEST_F(StatsTest, V1) {
  const Paths paths = {
      {"cpu,cpuacct",
       folder("cpu,cpuacct/c", {{"cpu.stat", "nr_periods 1\nnr_throttled 2\nthrottled_time 3\n"},
                                {"cpuacct.usage", "12345\n"},
                                {"cpuacct.stat", "user 3\nsystem 4\n"},
                                {"cpuacct.usage_percpu", "100 200 \n"},
                                {"cpuacct.usage_all", "cpu user system\n0 1 2\n1 3 4\n"}})},
      {"cpuset", folder("cpuset/c", {{"cpuset.cpus", "0-1\n"},
                                     {"cpuset.mems", "0\n"},
                                     {"cpuset.sched_load_balance", "1\n"},
                                     {"cpuset.sched_relax_domain_level", "-1\n"}})},
      {"memory", folder("memory/c",
                        {{"memory.stat", "cache 5\n"},
                         {"memory.usage_in_bytes", "7\n"},
                         {"memory.limit_in_bytes", "9223372036854771712\n"},
                         {"memory.failcnt", "2\n"},
                         {"memory.memsw.usage_in_bytes", "8\n"},
                         {"memory.kmem.usage_in_bytes", "3\n"},
                         {"memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n"}})},
      {"blkio", folder("blkio/c", {{"blkio.bfq.io_serviced_recursive", ""},
                                   {"blkio.throttle.io_serviced_recursive", "8:0 Read 4\n"},
                                   {"blkio.sectors_recursive", "8:0 6\n"}})},
      {"pids", folder("pids/c", {{"pids.current", "3\n"}, {"pids.max", "10\n"}})},
  };
  const Stats stats = read_stats(paths, root_).value();
  EXPECT_EQ(stats.cpu.total, 12345U);
  EXPECT_EQ(stats.cpu.user, 30000000U);
  EXPECT_EQ(stats.cpu.kernel, 40000000U);
  EXPECT_EQ(stats.cpu.throttled_time, 3U);
  EXPECT_THAT(stats.cpu.percpu, ElementsAre(100, 200));
  EXPECT_THAT(stats.cpu.percpu_user, ElementsAre(1, 3));
  EXPECT_THAT(stats.cpu.percpu_kernel, ElementsAre(2, 4));
  EXPECT_THAT(stats.cpuset.cpus, ElementsAre(0, 1));
  EXPECT_EQ(stats.cpuset.sched_load_balance, 1U);
  EXPECT_EQ(stats.cpuset.sched_relax_domain_level, -1);
  EXPECT_EQ(stats.memory.cache, 5U);
  EXPECT_EQ(stats.memory.usage.usage, 7U);
  EXPECT_EQ(stats.memory.usage.failcnt, 2U);
  EXPECT_EQ(stats.memory.swap.usage, 8U);
  EXPECT_EQ(stats.memory.kernel.usage, 3U);
  EXPECT_EQ(counter(stats.memory.events, "oom_kill"), 4U);
  EXPECT_THAT(stats.blkio.serviced, ElementsAre(BlkioEntry{8, 0, "Read", 4}));
  EXPECT_THAT(stats.blkio.sectors, ElementsAre(BlkioEntry{8, 0, "", 6}));
  EXPECT_EQ(stats.pids.limit, 10U);
}

TEST_F(StatsTest, AFileWithOtherContentIsNamed) {
  const std::string path = folder("c", {{"memory.current", "junk\n"}});
  const auto stats = read_stats({{"", path}}, root_);
  ASSERT_FALSE(stats.has_value());
  EXPECT_THAT(stats.error().message(), HasSubstr("/c/memory.current': number: unexpected 'junk'"));
}

TEST_F(StatsTest, AFileIsReadUpToItsBound) {
  const std::string path = folder("c", {{"cpu.stat", std::string(2 << 20, 'x')}});
  EXPECT_FALSE(read_stats({{"", path}}, root_).has_value());
}

TEST_F(StatsTest, WithoutThePidsControllerProcessesAreCounted) {
  const std::string path = folder("c", {{"cgroup.procs", "1\n2\n3\n"}});
  EXPECT_EQ(read_stats({{"", path}}, root_)->pids.current, 3U);
}

TEST(Stats, OfThisProcessesOwnHost) {
  plan::Cgroup plan;
  plan.path = cat("/plimsoll-stats-", getpid());
  plan.explicit_path = true;
  auto cgroup = Cgroup::locate(plan);
  if (geteuid() != 0 || !cgroup) {
    GTEST_SKIP() << "needs root and a cgroup file system";
  }
  ASSERT_TRUE(cgroup->create(plan).has_value());
  const auto stats = read_stats(*cgroup);
  EXPECT_TRUE(stats.has_value()) << stats.error().message();
  EXPECT_TRUE(cgroup->remove().has_value());
  const auto gone = read_stats(*cgroup);
  EXPECT_TRUE(gone.has_value()) << gone.error().message();
  EXPECT_TRUE(read_stats(Cgroup::open({}).value()).has_value());
}

}  // namespace
}  // namespace plimsoll::cgroup
