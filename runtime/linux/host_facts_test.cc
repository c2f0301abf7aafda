// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sys/statfs.h>

#include "runtime/linux/forked_child_test.h"
#include "runtime/linux/host.h"

namespace plimsoll::linux {
namespace {

using testing::contents;
using testing::in_child;
using testing::put;

// What a process says that is in a new user namespace whose uid_map a privileged process outside
// of it has written.
std::string in_namespace_with_map(const std::string& map) {
  return in_child([&] {
    int ends[2];
    if (pipe(ends) != 0) {
      return std::string("no pipe");
    }
    const pid_t child = getpid();
    const pid_t writer = fork();
    if (writer == 0) {
      char byte = 0;
      close(ends[1]);
      (void)!read(ends[0], &byte, 1);
      put("/proc/" + std::to_string(child) + "/uid_map", map);
      _exit(0);
    }
    const bool made = unshare(CLONE_NEWUSER) == 0;
    close(ends[0]);
    close(ends[1]);
    waitpid(writer, nullptr, 0);
    if (!made) {
      return std::string("no user namespace");
    }
    return std::string(read_host_facts().in_user_namespace ? "nested" : "initial");
  });
}

TEST(HostFacts, UserNamespaceByItsMap) {
  EXPECT_EQ(in_namespace_with_map(""), "nested");
  EXPECT_EQ(in_namespace_with_map("0 0 1"), "nested");
  EXPECT_EQ(in_namespace_with_map("0 0 4294967295"), "initial");
}

TEST(HostFacts, IdsAndSecurityModules) {
  const plan::HostFacts facts = read_host_facts();
  EXPECT_EQ(facts.euid, geteuid());
  EXPECT_EQ(facts.egid, getegid());
  const std::string modules = contents("/sys/kernel/security/lsm");
  if (modules.empty()) {
    GTEST_SKIP() << "securityfs is not mounted: the security modules cannot be compared";
  }
  EXPECT_EQ(facts.apparmor_enabled, modules.find("apparmor") != std::string::npos);
  EXPECT_EQ(facts.selinux_enabled, modules.find("selinux") != std::string::npos);
}

}  // namespace
}  // namespace plimsoll::linux
