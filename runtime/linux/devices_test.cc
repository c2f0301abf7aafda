// Device nodes, in a user namespace too. SPDX-License-Identifier: Apache-2.0

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/linux/rootfs_stage_test.h"

namespace plimsoll::linux::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// -- devices --

plan::DeviceNode node(std::string path, mode_t type, std::uint32_t major, std::uint32_t minor) {
  plan::DeviceNode result;
  result.path = std::move(path);
  result.type = type;
  result.major = major;
  result.minor = minor;
  return result;
}

// linux.devices.fileMode, .uid, .gid, .path.anywhere, p.
TEST(Devices, ModeAndOwnerAreExact) {
  EXPECT_EQ(on_stage(
                [](Stage& stage) {
                  plan::DeviceNode owned = node("/opt/x/null", S_IFCHR, 1, 3);
                  owned.mode = 0620;
                  owned.uid = 33;
                  owned.gid = 44;
                  plan::DeviceNode fifo = node("/dev/pipe", S_IFIFO, 0, 0);
                  fifo.mode = 0606;
                  stage.plan.rootfs.devices = {owned, fifo, node("/dev/loop", S_IFBLK, 7, 200)};
                },
                [](Stage& stage) {
                  ::umask(077);
                  const std::string started = stage.start();
                  return cat(started, " ", look("/opt/x/null"), " ", look("/dev/pipe"), " ",
                             look("/dev/loop"), " ", look("/opt/x"));
                }),
            "ok c 1:3 0620 33:44 p 0606 0:0 b 7:200 0666 0:0 d 0755 0:0");
}

TEST(Devices, AMatchingNodeIsLeftAlone) {
  EXPECT_EQ(on_stage(
                [](Stage& stage) {
                  fs::create_directories(stage.root + "/dev");
                  const std::string path = stage.root + "/dev/null";
                  ASSERT_EQ(::mknod(path.c_str(), S_IFCHR | 0600, makedev(1, 3)), 0);
                  ASSERT_EQ(::chown(path.c_str(), 5, 6), 0);
                },
                [](Stage& stage) {
                  const std::string started = stage.start();
                  return started + " " + look("/dev/null");
                }),
            "ok c 1:3 0600 5:6");
}

// runtime-linux.devlink.after-mounts
TEST(Devices, NoLinksWithoutProc) {
  EXPECT_EQ(on_stage([](Stage&) {},
                     [](Stage& stage) {
                       const std::string started = stage.start();
                       return cat(started, " ", look("/dev/fd"), " ", look("/dev/ptmx"));
                     }),
            "ok absent -> pts/ptmx");
}

TEST(Devices, NothingIsMadeInAFolderOfTheHost) {
  EXPECT_EQ(on_stage([](Stage& stage) { stage.plan.rootfs.setup_dev = false; },
                     [](Stage& stage) {
                       const std::string started = stage.start();
                       return started + " " + look("/dev");
                     }),
            "ok absent");
}

TEST(Devices, BoundInAUserNamespace) {
  const auto start = [](const std::function<void(Stage&)>& image) {
    return on_user_stage(
        [&](Stage& stage) {
          stage.plan.rootfs.mounts = {dev_tmpfs()};
          image(stage);
        },
        [](Stage& stage) {
          const std::string built = stage.build();
          return cat(built, " ", look(stage.root + "/dev/null").substr(0, 5), " ",
                     look(stage.root + "/dev/tty").substr(0, 5));
        });
  };
  EXPECT_EQ(start([](Stage&) {}), "ok c 1:3 c 5:0");
  // A second start with the same root finds the empty files of the first.
  EXPECT_EQ(start([](Stage& stage) {
              stage.plan.rootfs.mounts.clear();
              fs::create_directories(stage.root + "/dev");
              put(stage.root + "/dev/null", "");
            }),
            "ok c 1:3 c 5:0");
  EXPECT_THAT(start([](Stage& stage) {
                stage.plan.rootfs.mounts.clear();
                fs::create_directories(stage.root + "/dev");
                put(stage.root + "/dev/null", "full");
              }),
              HasSubstr("there is a regular file, and not"));
  EXPECT_THAT(
      start([](Stage& stage) { stage.plan.rootfs.devices = {node("/dev/null", S_IFCHR, 1, 5)}; }),
      HasSubstr("on the host: there is a character device 1:3, and not"));
}

}  // namespace
}  // namespace plimsoll::linux::testing
