// A compiler that fails in every way, in a process of its own. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "runtime/linux/seccomp_parts.h"
#include "runtime/sys/process.h"

namespace plimsoll::linux::seccomp {
namespace {

plan::Seccomp profile_with(const char* action) {
  plan::Seccomp profile;
  profile.default_action = action;
  return profile;
}

TEST(SeccompApart, GivesWhatTheCompilerGives) {
  plan::Seccomp profile = profile_with("SCMP_ACT_ALLOW");
  profile.syscalls.push_back(
      {.names = {"mkdir", "kexec_load"}, .action = "SCMP_ACT_NOTIFY", .errno_ret = {}, .args = {}});
  const auto apart = compile_apart(profile);
  const auto here = compile_filter(profile);
  ASSERT_TRUE(apart) << apart.error().message();
  ASSERT_TRUE(here) << here.error().message();
  ASSERT_GT(here->instructions.size(), 4u);
  ASSERT_EQ(apart->instructions.size(), here->instructions.size());
  for (std::size_t i = 0; i < here->instructions.size(); ++i) {
    EXPECT_EQ(apart->instructions[i].code, here->instructions[i].code) << i;
    EXPECT_EQ(apart->instructions[i].k, here->instructions[i].k) << i;
  }
  EXPECT_TRUE(apart->notify);
}

TEST(SeccompApart, AnErrorCrossesWhole) {
  const auto refused = compile_apart(profile_with("SCMP_ACT_NONSENSE"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::invalid);
  EXPECT_EQ(refused.error().message(), "seccomp action 'SCMP_ACT_NONSENSE' is not known");
  const auto system = compile_apart({}, [](const plan::Seccomp&) -> Result<Filter> {
    return fail(Error::system(ENOMEM, "seccomp rule for 'x'"));
  });
  ASSERT_FALSE(system);
  EXPECT_EQ(system.error().err(), ENOMEM);
  EXPECT_EQ(system.error().message(), "seccomp rule for 'x': cannot allocate memory");
}

TEST(SeccompApart, WhatNeverEndsIsEnded) {
  const auto endless = compile_apart({},
                                     [](const plan::Seccomp&) -> Result<Filter> {
                                       for (;;) {
                                         __asm__ volatile("");
                                       }
                                     },
                                     {.cpu_seconds = 1});
  ASSERT_FALSE(endless);
  EXPECT_NE(endless.error().message().find("took more than 1 s of processor time for"),
            std::string::npos)
      << endless.error().message();
  const auto asleep = compile_apart({},
                                    [](const plan::Seccomp&) -> Result<Filter> {
                                      for (;;) {
                                        pause();
                                      }
                                    },
                                    {.milliseconds = 1'000});
  ASSERT_FALSE(asleep);
  EXPECT_NE(asleep.error().message().find("took more than 1 s for"), std::string::npos)
      << asleep.error().message();
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
}

TEST(SeccompApart, ACrashIsAnError) {
  const auto crashed = compile_apart({}, [](const plan::Seccomp&) -> Result<Filter> {
    raise(SIGKILL);
    return Filter{};
  });
  ASSERT_FALSE(crashed);
  EXPECT_NE(crashed.error().message().find("crashed over the seccomp profile"), std::string::npos)
      << crashed.error().message();
  const auto left = compile_apart({}, [](const plan::Seccomp&) -> Result<Filter> { _exit(0); });
  EXPECT_FALSE(left);
}

TEST(SeccompApart, MemoryIsBounded) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "a sanitizer's mappings are larger than the limit";
#endif
  const auto limited = compile_apart({}, [](const plan::Seccomp&) -> Result<Filter> {
    rlimit limit = {};
    getrlimit(RLIMIT_DATA, &limit);
    Filter filter;
    filter.notify = limit.rlim_max == 1ULL << 30;
    return filter;
  });
  ASSERT_TRUE(limited);
  EXPECT_TRUE(limited->notify);
}

TEST(SeccompApart, ACallerThatIgnoresItsChildrenGetsTheAnswer) {
  const auto before = signal(SIGCHLD, SIG_IGN);
  const auto filter = compile_apart(profile_with("SCMP_ACT_ALLOW"));
  signal(SIGCHLD, before);
  EXPECT_TRUE(filter);
}

}  // namespace
}  // namespace plimsoll::linux::seccomp
