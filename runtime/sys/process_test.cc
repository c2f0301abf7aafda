// What a program inherits of its caller's signal actions. SPDX-License-Identifier: Apache-2.0
#include "runtime/sys/process.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "runtime/sys/forked_child_test.h"

namespace plimsoll::sys {
namespace {

using testing::status_of_child;

constexpr std::uint64_t bit(int signal) { return std::uint64_t{1} << (signal - 1); }

TEST(Signals, IgnoredOnesAreNamed) {
  EXPECT_EQ(status_of_child([] {
              std::signal(SIGUSR1, SIG_IGN);
              std::signal(SIGRTMAX, SIG_IGN);
              std::signal(SIGUSR2, [](int) {});
              std::signal(SIGTERM, SIG_DFL);
              const std::uint64_t all = bit(SIGUSR1) | bit(SIGUSR2) | bit(SIGTERM) | bit(SIGRTMAX);
              return (ignored_signals() & all) == (bit(SIGUSR1) | bit(SIGRTMAX)) ? 0 : 1;
            }),
            0);
}

TEST(Signals, OnlyThoseNamedAreReset) {
  EXPECT_EQ(status_of_child([] {
              std::signal(SIGUSR1, SIG_IGN);
              std::signal(SIGUSR2, SIG_IGN);
              if (!reset_signals(bit(SIGUSR1))) {
                return 1;
              }
              const std::uint64_t left = ignored_signals();
              return (left & bit(SIGUSR1)) == 0 && (left & bit(SIGUSR2)) != 0 ? 0 : 2;
            }),
            0);
}

TEST(Signals, NothingStaysBlockedOrIgnored) {
  EXPECT_EQ(status_of_child([] {
              std::signal(SIGPIPE, SIG_IGN);
              if (!block_all_signals() || !reset_signals() || ignored_signals() != 0) {
                return 1;
              }
              raise(SIGTERM);
              return 2;
            }),
            128 + SIGTERM);
}

}  // namespace
}  // namespace plimsoll::sys
