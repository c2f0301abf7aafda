// What a mount of type cgroup shows. SPDX-License-Identifier: Apache-2.0

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/linux/rootfs_stage_test.h"

namespace plimsoll::linux::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::StartsWith;

// -- cgroups --

TEST(CgroupMounts, V1BindsAndLinks) {
  for (const bool readonly : {false, true}) {
    const std::string text = on_stage(
        [&](Stage& stage) {
          for (const char* name : {"memory", "cpu,cpuacct", "unified"}) {
            fs::create_directories(cat(stage.base, "/cg/", name, "/container"));
          }
          stage.context.cgroup_mode = plan::CgroupMode::hybrid;
          for (const char* name : {"memory", "cpu,cpuacct", ""}) {
            const std::string folder = *name == '\0' ? "unified" : name;
            stage.cgroups.push_back({.name = name,
                                     .host_path = cat(stage.base, "/cg/", folder, "/container"),
                                     .mount_root = cat(stage.base, "/cg/", folder),
                                     .options = name});
          }
          plan::Mount mount = mount_of(
              plan::MountKind::cgroup, "/sys/fs/cgroup", "cgroup",
              MS_NOSUID | MS_NODEV | MS_NOEXEC | (readonly ? std::uint64_t{MS_RDONLY} : 0U));
          stage.plan.rootfs.mounts = {mount};
          stage.plan.rootfs.setup_dev = false;
        },
        [](Stage& stage) {
          const std::string built = stage.build();
          const std::string at = stage.root + "/sys/fs/cgroup";
          return cat(built, " ", look(at + "/cpu"), " ", look(at + "/cpuacct"), " ",
                     mount_line(at).substr(3, 30), mount_line(at + "/memory"),
                     mount_line(at + "/unified"));
        });
    const std::string mode = readonly ? "ro" : "rw";
    EXPECT_THAT(text, StartsWith("ok -> cpu,cpuacct -> cpu,cpuacct "));
    EXPECT_THAT(text, ::testing::ContainsRegex(cat("/memory/container .*/memory ", mode,
                                                   ",nosuid,nodev,noexec.*/unified/container ")));
  }
}

TEST(CgroupMounts, V2InACgroupNamespace) {
  const std::string text = on_stage(
      [](Stage& stage) {
        stage.context.cgroup_mode = plan::CgroupMode::v2;
        stage.plan.namespaces.create |= CLONE_NEWCGROUP;
        stage.plan.rootfs.mounts = {
            mount_of(plan::MountKind::cgroup, "/sys/fs/cgroup", "cgroup", MS_RDONLY | MS_NOSUID)};
        stage.plan.rootfs.setup_dev = false;
      },
      [](Stage& stage) {
        const std::string built = stage.build();
        return built + mount_line(stage.root + "/sys/fs/cgroup");
      },
      CLONE_NEWCGROUP);
  EXPECT_THAT(text, ::testing::ContainsRegex("ok.* ro,nosuid,relatime - cgroup2"));
}

// CVE-2023-25809: what cannot be mounted in a user namespace is never the host's writable tree.
TEST(CgroupMounts, RootlessWithoutCgroupNamespace) {
  const auto start = [](bool own_cgroup) {
    return on_user_stage(
        [&](Stage& stage) {
          fs::create_directories(stage.base + "/cg/container");
          stage.context.cgroup_mode = plan::CgroupMode::v2;
          if (own_cgroup) {
            stage.cgroups.push_back({.name = "",
                                     .host_path = stage.base + "/cg/container",
                                     .mount_root = stage.base + "/cg",
                                     .options = ""});
          }
          stage.plan.rootless = true;
          stage.plan.rootfs.mounts = {
              mount_of(plan::MountKind::cgroup, "/sys/fs/cgroup", "cgroup", MS_NOSUID)};
          stage.plan.rootfs.setup_dev = false;
        },
        [](Stage& stage) {
          const std::string built = stage.build();
          return built + mount_line(stage.root + "/sys/fs/cgroup");
        });
  };
  EXPECT_THAT(start(true), ::testing::ContainsRegex("ok.*/cg/container .* ro,nosuid,nodev,noexec"));
  EXPECT_THAT(start(false), ::testing::ContainsRegex("ok.* ro,.* - tmpfs"));
}

}  // namespace
}  // namespace plimsoll::linux::testing
