// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/events_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "validator/json/json.h"

namespace plimsoll::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(EventsOutput, OutOfMemoryHasNoData) {
  EXPECT_EQ(event_line("a\"b", {}), "{\"type\":\"oom\",\"id\":\"a\\\"b\"}\n");
}

// Callers look for the word "oom" in quotes to know an OOM event.
TEST(EventsOutput, MemoryEventsAreThereUnderNamesThatAreNoOutOfMemoryEvent) {
  cgroup::Stats stats;
  stats.memory.events = {{"max", 3}, {"oom", 2}, {"oom_kill", 1}, {"oom_group_kill", 0}};
  const std::string line = event_line("x", {.stats = &stats});
  EXPECT_THAT(
      line,
      HasSubstr("\"memoryEvents\":{\"max\":3,\"oomReached\":2,\"oomKill\":1,\"oomGroupKill\":0}"));
  EXPECT_THAT(line, Not(HasSubstr("\"oom\"")));
  EXPECT_THAT(event_line("x", {.stats = &(stats = {})}), Not(HasSubstr("memoryEvents")));
}

TEST(EventsOutput, StatsHaveRuncsMembers) {
  cgroup::Stats stats;
  stats.cpu.total = 5;
  stats.memory.usage.limit = cgroup::kNoLimit;
  stats.memory.raw = {{"cache", 7}};
  stats.pids.current = 3;
  stats.blkio.service_bytes = {{.major = 8, .minor = 0, .op = "Read", .value = 9}};
  stats.hugetlb = {{.page_size = "2MB", .usage = 1, .max = 2, .failcnt = 0}};
  stats.memory.psi =
      cgroup::Pressure{.some = {.avg10 = 105, .avg60 = 50, .avg300 = 300, .total = 4},
                       .full = {.avg10 = 9, .avg60 = 0, .avg300 = 0, .total = 0}};
  const std::string line = event_line("x", {.stats = &stats});
  EXPECT_TRUE(line.ends_with("}\n"));
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  auto document = json::parse(line);
  ASSERT_TRUE(document) << document.error().text("event");
  EXPECT_EQ(*document->find_string("type"), "stats");
  const json::Value* data = document->find("data");
  ASSERT_NE(data, nullptr);
  for (const char* member : {"cpu", "cpuset", "memory", "pids", "blkio", "hugetlb", "intel_rdt"}) {
    EXPECT_NE(data->find_object(member), nullptr) << member;
  }
  EXPECT_TRUE(data->find("network_interfaces")->is_null());
  EXPECT_EQ(data->find("memory")->find("usage")->find_unsigned("limit"), cgroup::kNoLimit);
  EXPECT_THAT(line, HasSubstr("{\"major\":8,\"minor\":0,\"op\":\"Read\",\"value\":9}"));
  EXPECT_THAT(line, HasSubstr("\"some\":{\"avg10\":1.05,\"avg60\":0.5,\"avg300\":3,\"total\":4}"));
  EXPECT_THAT(line, HasSubstr("\"full\":{\"avg10\":0.09,"));
  EXPECT_THAT(line, Not(HasSubstr("rdma")));
  EXPECT_THAT(line, Not(HasSubstr("percpu")));
}

}  // namespace
}  // namespace plimsoll::cli
