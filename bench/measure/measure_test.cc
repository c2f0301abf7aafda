// Measuring: names, parsed tables, a real process, and what the machine says.
// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "bench/measure/cgroup_view.h"
#include "bench/measure/files.h"
#include "bench/measure/machine.h"
#include "bench/measure/process.h"
#include "bench/measure/subject.h"
#include "bench/measure/system_calls.h"

namespace plimsoll::bench {
namespace {

using testing::HasSubstr;

TEST(StraceTest, ReadsBothFormsOfALine) {
  const SystemCalls calls = parse_strace_table(
      "strace: Process 7 attached\n"
      "% time     seconds  usecs/call     calls    errors syscall\n"
      "------ ----------- ----------- --------- --------- ----------------\n"
      " 50.00    0.000020          10         2           openat\n"
      " 30.00    0.000010           2         5         3 close\n"
      "------ ----------- ----------- --------- --------- ----------------\n"
      "100.00    0.000030           4         7         3 total\n");
  EXPECT_EQ(calls, (SystemCalls{{"openat", 2}, {"close", 5}}));
  EXPECT_TRUE(parse_strace_table("").empty());
}

TEST(NamesTest, UnknownOnesAreRefused) {
  EXPECT_THROW(operation_of("runs"), std::runtime_error);
  EXPECT_EQ(operation_of("delete"), Operation::remove);
  EXPECT_THROW(cgroup_view_of("v3"), std::runtime_error);
  EXPECT_THROW(runtime_subject("no-such-runtime-here"), std::runtime_error);
  EXPECT_THROW(runtime_subject("x=/no/such/runtime"), std::runtime_error);
  EXPECT_EQ(runtime_subject("mine=/bin/true").name, "mine");
  EXPECT_EQ(runtime_subject("/bin/true").name, "true");
}

TEST(CommandTest, LinesAreThoseOfTheRuntimes) {
  Subject subject = runtime_subject("r=/bin/true");
  subject.places = {"/end", "/wait", "/state", "/pid", {"/bin/payload"}};
  EXPECT_EQ(command(subject, Operation::run, "id"),
            (Argv{"/bin/true", "--root", "/state", "run", "--bundle", "/end", "id"}));
  EXPECT_EQ(command(subject, Operation::kill, "id"),
            (Argv{"/bin/true", "--root", "/state", "kill", "id", "KILL"}));
  EXPECT_EQ(command(subject, Operation::exec, "id"),
            (Argv{"/bin/true", "--root", "/state", "exec", "id", "/bin/payload"}));
  EXPECT_EQ(command(subject, Operation::list, "id"),
            (Argv{"/bin/true", "--root", "/state", "list"}));
}

class LauncherTest : public testing::Test {
 protected:
  LauncherTest() {
    folder_ = std::filesystem::temp_directory_path() / "plimsoll-bench-test.XXXXXX";
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
  }
  ~LauncherTest() override { std::filesystem::remove_all(folder_); }
  std::string folder_;
};

TEST_F(LauncherTest, FailureIsNotSuccess) {
  Launcher launcher(folder_);
  const Ended ended = launcher.run({"/bin/sh", "-c", "echo why >&2; exit 3"});
  EXPECT_FALSE(ended.ok());
  EXPECT_EQ(status_text(ended.status), "exit status 3");
  EXPECT_EQ(launcher.error_text(), "why");
  EXPECT_TRUE(launcher.run({"/bin/true"}).ok());
  EXPECT_EQ(launcher.error_text(), "");
  EXPECT_THAT(status_text(launcher.run({"/bin/sh", "-c", "kill -9 $$"}).status),
              HasSubstr("signal 9"));
  // The launcher cannot tell a failed exec from a program's own 127, as a shell cannot.
  EXPECT_EQ(status_text(launcher.run({"/no/such/program"}).status), "exit status 127");
}

TEST_F(LauncherTest, TimesAndMemoryAreTheProgramsOwn) {
  Launcher launcher(folder_);
  const Usage sleep = launcher.run({"/bin/sleep", "0.05"}).usage;
  EXPECT_GE(sleep.wall_ns, 50e6);
  EXPECT_LT(sleep.user_us + sleep.system_us, 50e3);
  // This process is far bigger than the payload: its pages must not count.
  const Usage payload = launcher.run({beside_program("plimsoll-bench-payload")}).usage;
  EXPECT_LT(payload.max_rss_kb, 128);
  EXPECT_GT(payload.minor_faults, 0);
  EXPECT_LT(payload.minor_faults, 20);
}

TEST_F(LauncherTest, ParallelAnswersKeepTheirOrder) {
  Launcher launcher(folder_);
  const std::vector<Started> started{launcher.start({"/bin/sh", "-c", "sleep 0.1; exit 1"}),
                                     launcher.start({"/bin/sh", "-c", "exit 2"})};
  const std::vector<Ended> ended = launcher.wait(started);
  EXPECT_EQ(status_text(ended[0].status), "exit status 1");
  EXPECT_EQ(status_text(ended[1].status), "exit status 2");
  EXPECT_LT(ended[1].end_ns, ended[0].end_ns);
}

TEST_F(LauncherTest, ProgramsGetNoDescriptorsOfOurs) {
  Launcher launcher(folder_);
  EXPECT_TRUE(launcher
                  .run({"/bin/sh", "-c",
                        "for i in 3 4 5 6 7 8 9; do ! [ -e /proc/$$/fd/$i ] || exit 1; done; "
                        "! [ -e /proc/$$/fd/10 ] && ! [ -e /proc/$$/fd/11 ]"})
                  .ok())
      << launcher.error_text();
}

// crun gives it to the container's user.
TEST_F(LauncherTest, ProgramsHaveANullDeviceOfTheirOwn) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "needs root";
  }
  Launcher launcher(folder_);
  EXPECT_TRUE(
      launcher
          .run({"/bin/sh", "-c",
                "for i in 0 1; do [ -c /proc/$$/fd/$i ] && ! [ /proc/$$/fd/$i -ef /dev/null ] "
                "|| exit 1; done; echo discarded && ! read -r line"})
          .ok());
}

TEST(MachineTest, FingerprintIsStable) {
  const Machine machine = read_machine();
  EXPECT_EQ(machine.fingerprint.size(), 12U);
  EXPECT_EQ(read_machine().fingerprint, machine.fingerprint);
  EXPECT_GE(machine.processors, 1U);
}

TEST(BusynessTest, OursIsNotForeign) {
  Load from, to;
  to.time_ns = 1'000'000'000;
  to.busy_us = 900'000;
  EXPECT_FALSE(busyness(from, to, 850'000).too_busy());
  EXPECT_TRUE(busyness(from, to, 100'000).too_busy());
  to.steal_us = 50'000;
  EXPECT_TRUE(busyness(from, to, 900'000).too_busy());
  EXPECT_FALSE(busyness(from, from, 0).too_busy());
}

}  // namespace
}  // namespace plimsoll::bench
