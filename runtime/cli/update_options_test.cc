// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/update_options.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace plimsoll::cli {
namespace {

Result<spec::Resources> parse(std::vector<std::string> words) {
  words.insert(words.begin(), "update");
  words.emplace_back("id");
  std::vector<char*> argv;
  for (std::string& word : words) {
    argv.push_back(word.data());
  }
  auto arguments = parse_arguments(*find_command("update"), argv);
  EXPECT_TRUE(arguments);
  return resources_of(*arguments);
}

TEST(UpdateOptions, ReadsEveryOption) {
  auto resources = parse({"--memory",
                          "64M",
                          "--memory-swap",
                          "-1",
                          "--memory-reservation=1g",
                          "--cpu-quota",
                          "-1",
                          "--cpu-period",
                          "50000",
                          "--cpu-share",
                          "7",
                          "--cpu-burst",
                          "1",
                          "--cpu-rt-period",
                          "2",
                          "--cpu-rt-runtime",
                          "3",
                          "--cpu-idle",
                          "1",
                          "--cpuset-cpus",
                          "0-1",
                          "--cpuset-mems",
                          "0",
                          "--blkio-weight",
                          "500",
                          "--pids-limit",
                          "-1"});
  ASSERT_TRUE(resources) << resources.error().message();
  EXPECT_EQ(resources->memory->limit, 64 << 20);
  EXPECT_EQ(resources->memory->swap, -1);
  EXPECT_EQ(resources->memory->reservation, 1 << 30);
  EXPECT_EQ(resources->cpu->quota, -1);
  EXPECT_EQ(resources->cpu->period, 50000U);
  EXPECT_EQ(resources->cpu->shares, 7U);
  EXPECT_EQ(resources->cpu->burst, 1U);
  EXPECT_EQ(resources->cpu->realtime_period, 2U);
  EXPECT_EQ(resources->cpu->realtime_runtime, 3);
  EXPECT_EQ(resources->cpu->idle, 1);
  EXPECT_EQ(resources->cpu->cpus, "0-1");
  EXPECT_EQ(resources->cpu->mems, "0");
  EXPECT_EQ(resources->block_io->weight, 500);
  EXPECT_EQ(resources->pids->limit, -1);
}

TEST(UpdateOptions, WhatIsNotGivenIsNotSet) {
  auto resources = parse({"--memory="});
  ASSERT_TRUE(resources);
  EXPECT_FALSE(resources->memory->limit);
  EXPECT_FALSE(resources->cpu->quota);
  EXPECT_FALSE(resources->block_io);
  EXPECT_FALSE(resources->pids);
}

TEST(UpdateOptions, Refusals) {
  for (const auto& words : std::vector<std::vector<std::string>>{{"--memory", "-2"},
                                                                 {"--memory", "lots"},
                                                                 {"--cpu-period", "-1"},
                                                                 {"--cpu-quota", "1k"},
                                                                 {"--blkio-weight", "70000"},
                                                                 {"--blkio-weight", "-1"},
                                                                 {"--kernel-memory", "x"}}) {
    EXPECT_FALSE(parse(words)) << words[0] << " " << words[1];
  }
  EXPECT_EQ(parse({"--cpu-share", "x"}).error().message(), "invalid value for cpu-share: 'x'");
}

}  // namespace
}  // namespace plimsoll::cli
