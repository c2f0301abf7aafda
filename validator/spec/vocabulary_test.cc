// The tables of names. SPDX-License-Identifier: Apache-2.0
#include "validator/spec/vocabulary.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <set>
#include <string>
#include <string_view>

namespace plimsoll::spec {
namespace {

TEST(Vocabulary, KnowsNothingElse) {
  for (const std::string_view name : {"", "PID", "net", "bogus", "pid "}) {
    EXPECT_EQ(find_namespace(name), nullptr) << name;
  }
  EXPECT_EQ(find_mount_option("RO"), nullptr);
  EXPECT_EQ(find_capability("CAP_BOGUS"), std::nullopt);
  EXPECT_EQ(find_capability("KILL"), std::nullopt);
  EXPECT_EQ(find_rlimit("RLIMIT_BOGUS"), std::nullopt);
  EXPECT_EQ(find_seccomp_action("SCMP_ACT_BOGUS"), nullptr);
  EXPECT_EQ(find_rootfs_propagation(""), std::nullopt);
}

TEST(Vocabulary, GivesTheKernelsValues) {
  EXPECT_EQ(find_namespace("network")->clone_flag, CLONE_NEWNET);
  EXPECT_EQ(find_namespace("mount")->proc_name, "mnt");
  EXPECT_EQ(namespaces().front().name, "user");
  EXPECT_EQ(namespaces().size(), 8u);
  EXPECT_EQ(find_capability("CAP_CHECKPOINT_RESTORE"), 40);
  EXPECT_EQ(find_rlimit("RLIMIT_NOFILE"), RLIMIT_NOFILE);
  EXPECT_EQ(rlimits().size(), RLIM_NLIMITS);
  EXPECT_EQ(find_scheduler_policy("SCHED_DEADLINE"), 6u);
  EXPECT_EQ(find_memory_policy_mode("MPOL_WEIGHTED_INTERLEAVE"), 6);
  EXPECT_EQ(find_personality("LINUX32"), 8u);
  EXPECT_EQ(find_rootfs_propagation("rslave"), std::uint64_t{MS_SLAVE | MS_REC});
}

// config.mounts.opt.*: every row of the table in the spec, and rnodev, which it forgets.
TEST(Vocabulary, HasEveryMountOptionOnce) {
  std::set<std::string_view> names;
  int must = 0;
  for (const MountOption& option : mount_options()) {
    EXPECT_TRUE(names.insert(option.name).second) << option.name;
    must += option.level == Support::must ? 1 : 0;
  }
  EXPECT_EQ(names.size(), 62u);
  EXPECT_EQ(must, 37);
  EXPECT_EQ(find_mount_option("rbind")->set, std::uint64_t{MS_BIND | MS_REC});
  EXPECT_EQ(find_mount_option("rw")->clear, std::uint64_t{MS_RDONLY});
  EXPECT_EQ(find_mount_option("rw")->kind, MountOptionKind::clear);
  EXPECT_EQ(find_mount_option("rprivate")->kind, MountOptionKind::propagation);
  EXPECT_EQ(find_mount_option("rro")->attr_set, 1u);
  EXPECT_EQ(find_mount_option("rrw")->attr_clr, 1u);
  EXPECT_EQ(find_mount_option("idmap")->kind, MountOptionKind::data_special);
}

TEST(Vocabulary, TheLastAccessTimeModeWins) {
  std::uint64_t flags = 0;
  for (const std::string_view name : {"noatime", "strictatime", "relatime"}) {
    const MountOption* option = find_mount_option(name);
    flags = (flags & ~option->clear) | option->set;
  }
  EXPECT_EQ(flags, std::uint64_t{MS_RELATIME});
}

TEST(Vocabulary, FindsSignalsInEveryForm) {
  EXPECT_EQ(find_signal("SIGTERM"), SIGTERM);
  EXPECT_EQ(find_signal("term"), SIGTERM);
  EXPECT_EQ(find_signal("9"), SIGKILL);
  EXPECT_EQ(find_signal("SIGRTMIN+3"), 37);
  EXPECT_EQ(find_signal("rtmax-1"), 63);
  EXPECT_EQ(find_signal("RTMIN"), 34);
  EXPECT_EQ(find_signal("64"), 64);
  for (const std::string_view bad :
       {"", "0", "65", "-1", "+9", "9 ", "0x9", "SIG", "SIGBOGUS", "RTMIN-1", "RTMIN+", "RTMIN+31",
        "RTMAX-31", "RTMIN+-1", "99999999999"}) {
    EXPECT_EQ(find_signal(bad), std::nullopt) << bad;
  }
}

TEST(Vocabulary, AgreesWithLibseccomp) {
  EXPECT_EQ(find_seccomp_architecture("SCMP_ARCH_X86_64"), std::uint32_t{SCMP_ARCH_X86_64});
  EXPECT_EQ(find_seccomp_architecture("SCMP_ARCH_X32"), std::uint32_t{SCMP_ARCH_X32});
  EXPECT_EQ(find_seccomp_architecture("SCMP_ARCH_ARM"), std::uint32_t{SCMP_ARCH_ARM});
  EXPECT_EQ(find_seccomp_architecture("SCMP_ARCH_MIPSEL64N32"),
            std::uint32_t{SCMP_ARCH_MIPSEL64N32});
  EXPECT_EQ(find_seccomp_architecture("SCMP_ARCH_S390X"), std::uint32_t{SCMP_ARCH_S390X});
  EXPECT_EQ(find_seccomp_architecture("SCMP_ARCH_RISCV64"), std::uint32_t{SCMP_ARCH_RISCV64});
  EXPECT_EQ(find_seccomp_architecture("SCMP_ARCH_PARISC64"), std::uint32_t{SCMP_ARCH_PARISC64});
  EXPECT_EQ(find_seccomp_operator("SCMP_CMP_MASKED_EQ"), SCMP_CMP_MASKED_EQ);
  EXPECT_EQ(find_seccomp_operator("SCMP_CMP_NE"), SCMP_CMP_NE);
  EXPECT_EQ(find_seccomp_action("SCMP_ACT_NOTIFY")->kernel_action, SCMP_ACT_NOTIFY);
  EXPECT_EQ(find_seccomp_action("SCMP_ACT_KILL_PROCESS")->kernel_action, SCMP_ACT_KILL_PROCESS);
  EXPECT_TRUE(find_seccomp_action("SCMP_ACT_TRACE")->takes_errno);
}

}  // namespace
}  // namespace plimsoll::spec
