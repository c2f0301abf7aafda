// SPDX-License-Identifier: Apache-2.0
#include "runtime/linux/hooks.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>

#include "runtime/linux/forked_child_test.h"

namespace plimsoll::linux {
namespace {

using testing::contents;
using testing::in_child;
using testing::TempFolder;
using testing::text_of;

plan::Hook shell(const std::string& script) {
  return {.path = "/bin/sh",
          .args = {"sh", "-c", script},
          .env = std::vector<std::string>{"PATH=/usr/bin:/bin"},
          .timeout = {}};
}

std::string run(const std::vector<plan::Hook>& hooks, const std::string& state = "{}") {
  return text_of(run_hooks("createRuntime", hooks, state));
}

// runtime.lifecycle.createRuntime.fail.error, config.hooks.order
TEST(Hooks, FirstFailureEndsTheListAndSaysAll) {
  const TempFolder folder;
  EXPECT_EQ(run({shell("echo 1 >>" + (folder / "order")),
                 shell("echo 2 >>" + (folder / "order") + "; echo out; echo bad >&2; exit 7"),
                 shell("echo 3 >>" + (folder / "order"))}),
            "error running createRuntime hook #1: /bin/sh: exit status 7, stdout: out, stderr: "
            "bad");
  EXPECT_EQ(contents(folder / "order"), "1\n2\n");
}

TEST(Hooks, MissingProgramAndSignal) {
  EXPECT_EQ(run({{.path = "/no/hook", .args = {}, .env = {}, .timeout = {}}}),
            "error running createRuntime hook #0: exec '/no/hook': no such file or directory");
  EXPECT_EQ(run({shell("kill -KILL $$")}),
            "error running createRuntime hook #0: /bin/sh: killed by signal 9 (SIGKILL), stdout: "
            ", stderr: ");
}

TEST(Hooks, OutputCannotForgeALineAndIsBounded) {
  EXPECT_EQ(run({shell("printf 'a\\nlevel=fatal\\033[2J\\n'; exit 1")}),
            "error running createRuntime hook #0: /bin/sh: exit status 1, stdout: "
            "a\\nlevel=fatal\\x1b[2J, stderr: ");
  const std::string flood =
      run({shell("head -c 50000000 /dev/zero | tr '\\0' x; echo end; exit 1")});
  EXPECT_LT(flood.size(), 5000U);
  EXPECT_TRUE(flood.ends_with("xend, stderr: ")) << flood.substr(flood.size() - 40);
}

// config.hooks.entry.timeout.optional
TEST(Hooks, TimeoutKillsAStoppedHookToo) {
  for (const char* script : {"sleep 50", "kill -STOP $$", "trap '' TERM INT; sleep 50"}) {
    plan::Hook hook = shell(script);
    hook.timeout = 1;
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(run({hook}),
              "error running createRuntime hook #0: /bin/sh: hook ran past specified timeout of "
              "1.0s, stdout: , stderr: ");
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5)) << script;
  }
}

TEST(Hooks, DaemonThatKeepsTheOutputIsNotWaitedFor) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(run({shell("sleep 20 & exit 0")}), "ok");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

// config.hooks.state-stdin
TEST(Hooks, StateIsOnStdinAndMayBeIgnored) {
  const TempFolder folder;
  const std::string big(300000, 's');
  EXPECT_EQ(run({shell("cat >" + (folder / "state"))}, big), "ok");
  EXPECT_EQ(contents(folder / "state"), big);
  EXPECT_EQ(run({shell("exec <&-; exit 0")}, big), "ok");
}

// config.hooks.entry.args.optional, config.hooks.entry.env.optional
TEST(Hooks, SeesItsOwnArgumentsEnvironmentAndThreeFds) {
  const TempFolder folder;
  setenv("LEAK", "1", 1);
  const int leaked = dup(1);  // without CLOEXEC
  const std::string out = folder / "seen";
  const std::string script = "tr '\\0' ' ' </proc/$$/environ >" + out + "; ls /proc/$$/fd >>" +
                             out + "; grep -E 'SigBlk|SigIgn' /proc/self/status >>" + out +
                             "; echo $0 >>" + out;
  plan::Hook hook = {.path = "/bin/bash",
                     .args = {"my-name", "-c", script},
                     .env = std::vector<std::string>{"PATH=/usr/bin:/bin", "A=b"},
                     .timeout = {}};
  EXPECT_EQ(in_child([&] {
              signal(SIGINT, SIG_IGN);
              sigset_t all;
              sigfillset(&all);
              sigdelset(&all, SIGALRM);
              sigprocmask(SIG_SETMASK, &all, nullptr);
              return run({hook});
            }),
            "ok");
  close(leaked);
  unsetenv("LEAK");
  const std::string seen = contents(out);
  EXPECT_EQ(seen.find("LEAK"), std::string::npos) << seen;
  EXPECT_NE(seen.find("A=b"), std::string::npos) << seen;
  EXPECT_NE(seen.find("0\n1\n2\n"), std::string::npos) << seen;
  EXPECT_NE(seen.find("SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\nmy-name\n"),
            std::string::npos)
      << seen;
}

TEST(Hooks, OnlyAnAbsentEnvironmentIsInherited) {
  const std::vector<std::string> container = {"FROM=container"};
  plan::Hook hook = shell("test \"$FROM\" = container");
  hook.env = {};
  EXPECT_TRUE(run_hooks("startContainer", {&hook, 1}, "{}", &container));
  EXPECT_FALSE(run_hooks("startContainer", {&hook, 1}, "{}"));
  hook.env = std::vector<std::string>();
  EXPECT_FALSE(run_hooks("startContainer", {&hook, 1}, "{}", &container));
}

}  // namespace
}  // namespace plimsoll::linux
