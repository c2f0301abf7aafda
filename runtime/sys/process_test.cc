// What a program inherits of its caller's signal actions. SPDX-License-Identifier: Apache-2.0
#include "runtime/sys/process.h"

#include <grp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <vector>

#include "runtime/sys/forked_child_test.h"
#include "runtime/sys/heap_use_test.h"

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

TEST(Signals, FoundBehindALongListOfGroupsAndWithoutTheHeap) {
  EXPECT_EQ(status_of_child([] {
              std::signal(SIGUSR1, SIG_IGN);
              const std::uint64_t before = ignored_signals();
              // Wherever the field lies in the pieces that are read.
              for (std::size_t count = 300; count < 1000; ++count) {
                const std::vector<gid_t> groups(count, 1234567);
                if (setgroups(groups.size(), groups.data()) != 0) {
                  return 1;
                }
                std::uint64_t found = 0;
                if (heap_uses_of([&] { found = ignored_signals(); }) != 0 || found != before) {
                  return 2;
                }
              }
              return (before & bit(SIGUSR1)) != 0 && before != kEverySignal ? 0 : 3;
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
