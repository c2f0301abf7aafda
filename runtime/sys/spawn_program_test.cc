// SPDX-License-Identifier: Apache-2.0
#include "runtime/sys/spawn_program.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "runtime/base/text.h"
#include "runtime/sys/forked_child_test.h"
#include "runtime/sys/raw.h"

namespace plimsoll::sys {
namespace {

using testing::status_of_child;

ProgramRun shell(const std::string& script) {
  return {.path = "/bin/sh",
          .argv = {"sh", "-c", script},
          .envp = {"PATH=/usr/bin:/bin"},
          .stdin_text = {}};
}

TEST(RunProgram, MissingProgramIsAnErrorWithItsPath) {
  const auto result =
      run_program({.path = "/does/not/exist", .argv = {}, .envp = {}, .stdin_text = {}});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().err(), ENOENT);
  EXPECT_EQ(result.error().message(), "exec '/does/not/exist': no such file or directory");
}

TEST(RunProgram, FolderIsNotExecuted) {
  const auto result = run_program({.path = "/tmp", .argv = {}, .envp = {}, .stdin_text = {}});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().err(), EACCES);
}

TEST(RunProgram, TellsExitStatusAndSignal) {
  const auto status = run_program(shell("exit 7"));
  ASSERT_TRUE(status) << status.error().message();
  EXPECT_FALSE(status->status.signaled);
  EXPECT_EQ(status->status.code, 7);
  const auto killed = run_program(shell("kill -TERM $$"));
  ASSERT_TRUE(killed);
  EXPECT_TRUE(killed->status.signaled);
  EXPECT_EQ(killed->status.code, SIGTERM);
}

TEST(RunProgram, PassesInputAndKeepsStreamsApart) {
  ProgramRun run = shell("cat; echo bad >&2");
  run.stdin_text = "{\"id\":\"x\"}";
  const auto result = run_program(run);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, "{\"id\":\"x\"}");
  EXPECT_EQ(result->error_output, "bad\n");
}

TEST(RunProgram, InputLargerThanAPipe) {
  ProgramRun run = shell("wc -c </dev/stdin");
  run.stdin_text = std::string(3'000'000, 'x');
  const auto result = run_program(run);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->output, "3000000\n");
}

TEST(RunProgram, ProgramThatReadsNothingIsNoError) {
  ProgramRun run = shell("exec true");
  run.stdin_text = std::string(60'000, 'x');
  const auto result = run_program(run);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status.shell_status(), 0);
}

TEST(RunProgram, KeepsTheEndOfLongOutput) {
  ProgramRun run =
      shell("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; echo end");
  run.max_output = 100;
  const auto result = run_program(run);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output.size(), 100U);
  EXPECT_TRUE(result->output.ends_with("line 19999\nend\n"));
}

TEST(RunProgram, DoesNotWaitForADaemonThatHoldsThePipes) {
  const std::uint64_t start = monotonic_milliseconds();
  const auto result = run_program(shell("echo started; sleep 5 & exit 0"));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, "started\n");
  EXPECT_LT(monotonic_milliseconds() - start, 3000U);
}

TEST(RunProgram, DoesNotWaitForADaemonThatWritesForEver) {
  const std::uint64_t start = monotonic_milliseconds();
  const auto result = run_program(shell("timeout 5 yes & exit 0"));
  ASSERT_TRUE(result);
  EXPECT_LT(monotonic_milliseconds() - start, 4000U);
}

TEST(RunProgram, KillsWhenTheTimeIsUp) {
  ProgramRun run = shell("echo before; exec sleep 30");
  run.timeout_ms = 200;
  const std::uint64_t start = monotonic_milliseconds();
  const auto result = run_program(run);
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->timed_out);
  EXPECT_TRUE(result->status.signaled);
  EXPECT_EQ(result->status.code, SIGKILL);
  EXPECT_EQ(result->output, "before\n");
  EXPECT_LT(monotonic_milliseconds() - start, 10'000U);
}

TEST(RunProgram, TimeIsUpAlsoForAProgramThatAlwaysWrites) {
  ProgramRun run = {.path = "/usr/bin/yes", .argv = {}, .envp = {}, .stdin_text = {}};
  run.timeout_ms = 100;
  const auto result = run_program(run);
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->timed_out);
}

TEST(RunProgram, OnlyStandardFdsReachTheProgram) {
  const int leaked = ::open("/dev/null", O_RDONLY);  // NOLINT(android-cloexec-open): the point
  ASSERT_GE(leaked, 0);
  ASSERT_EQ(::dup2(leaked, 77), 77);
  const auto result = run_program(
      shell("[ -e /proc/self/fd/77 ] && echo leak; [ -e /proc/self/fd/0 ] && echo fine"));
  ::close(leaked);
  ::close(77);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, "fine\n");
}

TEST(RunProgram, EnvironmentIsExactlyTheGiven) {
  const auto result = run_program(
      {.path = "/usr/bin/env", .argv = {"env"}, .envp = {"A=1", "B=two words"}, .stdin_text = {}});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, "A=1\nB=two words\n");
}

// These change the process itself, so each runs in a process of its own.

TEST(RunProgram, WorksWhereTheCallerIgnoresChildrenAndSignals) {
  EXPECT_EQ(status_of_child([] {
              ::signal(SIGCHLD, SIG_IGN);
              ::signal(SIGPIPE, SIG_IGN);
              const auto result = run_program(shell("kill -PIPE $$; exit 3"));
              return result && result->status.signaled && result->status.code == SIGPIPE ? 0 : 1;
            }),
            0);
}

TEST(RunProgram, WorksWithClosedStandardStreams) {
  EXPECT_EQ(status_of_child([] {
              ::close(0);
              ::close(1);
              ::close(2);
              ProgramRun run = shell("cat; echo err >&2");
              run.stdin_text = "in";
              const auto result = run_program(run);
              return result && result->output == "in" && result->error_output == "err\n" ? 0 : 1;
            }),
            0);
}

TEST(RunProgram, LeavesTheSignalMaskAsItWas) {
  EXPECT_EQ(status_of_child([] {
              sigset_t usr1;
              sigset_t after;
              ::sigemptyset(&usr1);
              ::sigaddset(&usr1, SIGUSR1);
              ::sigprocmask(SIG_SETMASK, &usr1, nullptr);
              const auto result = run_program(shell("kill -USR1 $$"));
              ::sigprocmask(SIG_SETMASK, nullptr, &after);
              const bool same =
                  ::sigismember(&after, SIGUSR1) == 1 && ::sigismember(&after, SIGTERM) == 0;
              return result && result->status.signaled && same ? 0 : 1;
            }),
            0);
}

// As init calls it: from a process that itself shares this test's memory.
int nested(void* argument) {
  const auto result = run_program(shell("echo from init"));
  *static_cast<bool*>(argument) = result && result->output == "from init\n";
  return 5;
}

TEST(RunProgram, WorksFromAProcessThatSharesMemory) {
  auto stack = ChildStack::create();
  ASSERT_TRUE(stack);
  bool worked = false;
  auto process = spawn_shared(0, -1, *stack, nested, &worked);
  ASSERT_TRUE(process);
  const auto status = wait_for(process->pidfd);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->code, 5);
  EXPECT_TRUE(worked);
}

}  // namespace
}  // namespace plimsoll::sys
