// Where companions are looked for.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/sys/companion.h"

#include <gtest/gtest.h>

namespace plimsoll::sys {
namespace {

TEST(Companion, IsLookedForBesideTheProgramThenInPath) {
  EXPECT_EQ(companion_candidates("plimsoll-x", "/usr/bin/plimsoll", "/a:relative::.:/b/"),
            (std::vector<std::string>{"/usr/bin/../libexec/plimsoll/plimsoll-x",
                                      "/usr/bin/plimsoll-x", "/a/plimsoll-x", "/b//plimsoll-x"}));
  EXPECT_TRUE(companion_candidates("x", "", "").empty());
  EXPECT_TRUE(companion_candidates("x", "plimsoll", "bin").empty());
}

TEST(Companion, OwnExecutableIsAPath) {
  EXPECT_TRUE(own_executable().ends_with("/sys_test")) << own_executable();
}

}  // namespace
}  // namespace plimsoll::sys
