// Images that attack the runtime while it builds their root: each with a tmpfs on /dev and without.
// A start is either refused, or everything it made is inside the root.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>

#include "runtime/linux/rootfs_stage_test.h"

namespace plimsoll::linux::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

enum class Dev : std::uint8_t { bare, tmpfs };

class HostileImage : public ::testing::TestWithParam<Dev> {
 protected:
  static void add_dev(Stage& stage) {
    if (GetParam() == Dev::tmpfs) {
      stage.plan.rootfs.mounts.push_back(dev_tmpfs());
    }
  }
};
INSTANTIATE_TEST_SUITE_P(, HostileImage, ::testing::Values(Dev::bare, Dev::tmpfs),
                         [](const auto& run) {
                           return run.param == Dev::bare ? "BareDev" : "TmpfsOnDev";
                         });

// In two statements: look() must run in the container's root, so after start().
std::string start_and_look_at_null(Stage& stage) {
  const std::string started = stage.start();
  return started + " " + look("/dev/null");
}

// CVE-2026-41579, CVE-2026-47766.
TEST_P(HostileImage, DevIsALink) {
  for (const bool absolute : {true, false}) {
    const std::string text = on_stage(
        [&](Stage& stage) {
          fs::create_symlink(absolute ? stage.decoy : "../decoy", stage.root + "/dev");
          add_dev(stage);
        },
        start_and_look_at_null);
    EXPECT_EQ(text, "ok c 1:3 0666 0:0") << absolute;
  }
}

// CVE-2026-88264, CVE-2025-52565.
TEST_P(HostileImage, ConsoleIsALink) {
  for (const bool readonly : {false, true}) {
    for (const char* target : {"/newfile", "/file", "/folder"}) {
      const std::string text = on_stage(
          [&](Stage& stage) {
            fs::create_directories(stage.root + "/dev/pts");
            fs::create_symlink(stage.decoy + target, stage.root + "/dev/console");
            fs::create_symlink(stage.decoy + "/file", stage.root + "/dev/pts/0");
            fs::create_symlink(stage.decoy + "/ptmx", stage.root + "/dev/ptmx");
            stage.plan.rootfs.readonly = readonly;
            add_dev(stage);
          },
          [](Stage& stage) -> std::string {
            if (const std::string built = stage.build(); built != "ok") {
              return built;
            }
            int master = -1;
            int slave = -1;
            if (::openpty(&master, &slave, nullptr, nullptr, nullptr) != 0) {
              return "no pty";
            }
            const UniqueFd peer(slave);
            const auto bound = bind_console(stage.context, peer);
            if (!bound) {
              return bound.error().message();
            }
            const std::string entered = stage.enter();
            return cat(entered, " ", look("/dev/ptmx"), " ", look("/dev/console").substr(0, 5));
          });
      if (GetParam() == Dev::tmpfs) {
        EXPECT_EQ(text, "ok -> pts/ptmx c 136");
      } else {
        EXPECT_EQ(text, "'/dev/console': there is a symbolic link in its place");
      }
    }
  }
}

// CVE-2026-88265 and the plain file that swallows the container's output.
TEST_P(HostileImage, NullIsSomethingElse) {
  const auto start = [](const std::function<void(Stage&)>& image) {
    return on_stage(
        [&](Stage& stage) {
          fs::create_directories(stage.root + "/dev");
          image(stage);
          add_dev(stage);
        },
        start_and_look_at_null);
  };
  const std::string link = start(
      [](Stage& stage) { fs::create_symlink(stage.decoy + "/file", stage.root + "/dev/null"); });
  const std::string file = start([](Stage& stage) { put(stage.root + "/dev/null", "x"); });
  const std::string other = start([](Stage& stage) {
    ASSERT_EQ(::mknod((stage.root + "/dev/null").c_str(), S_IFCHR | 0666, makedev(1, 5)), 0);
  });
  if (GetParam() == Dev::tmpfs) {
    EXPECT_EQ(link, "ok c 1:3 0666 0:0");
    EXPECT_EQ(file, "ok c 1:3 0666 0:0");
    EXPECT_EQ(other, "ok c 1:3 0666 0:0");
    return;
  }
  EXPECT_THAT(link, HasSubstr("device '/dev/null': there is a symbolic link, and not the character "
                              "device 1:3 that was asked for"));
  EXPECT_THAT(file, HasSubstr("there is a regular file, and not"));
  EXPECT_THAT(other, HasSubstr("there is a character device 1:5, and not"));
  EXPECT_THAT(link + file + other, Not(HasSubstr("DECOY")));
}

// CVE-2025-31133: what masks a file must be the null device.
TEST_P(HostileImage, MaskComesFromAFakeNull) {
  for (const bool link : {true, false}) {
    const std::string text = on_stage(
        [&](Stage& stage) {
          fs::create_directories(stage.root + "/dev");
          fs::create_directories(stage.root + "/tmp");
          put(stage.root + "/tmp/fake", "fake");
          put(stage.root + "/secret", "secret");
          if (link) {
            fs::create_symlink("/tmp/fake", stage.root + "/dev/null");
          } else {
            put(stage.root + "/dev/null", "fake");
          }
          add_dev(stage);
          stage.plan.rootfs.masked_paths = {"/secret"};
          // No nodes are made, as with a bind on /dev: the mask is on its own.
          stage.plan.rootfs.setup_dev = false;
        },
        [](Stage& stage) { return stage.start(); });
    EXPECT_THAT(text, AnyOf(HasSubstr("mask '/secret': the container's '/dev/null' is not"),
                            HasSubstr("mask '/secret': openat2 '/dev/null': no such file")));
  }
}

// CVE-2019-19921, CVE-2023-27561, CVE-2023-28642.
TEST_P(HostileImage, ProcAndSysAreLinks) {
  for (const char* name : {"proc", "sys"}) {
    for (const char* target : {"tmp/x", "/tmp/x", "../decoy", "missing"}) {
      const std::string type = name == std::string("proc") ? "proc" : "sysfs";
      const std::string text = on_stage(
          [&](Stage& stage) {
            fs::create_directories(stage.root + "/tmp/x");
            fs::create_symlink(target, stage.root + "/" + name);
            add_dev(stage);
            stage.plan.rootfs.mounts.push_back(
                mount_of(type == "proc" ? plan::MountKind::proc : plan::MountKind::sysfs,
                         std::string("/") + name, type));
          },
          [](Stage& stage) { return stage.start(); });
      EXPECT_EQ(text, cat("mount '", type, "' on '/", name, "': filesystem \"", type,
                          "\" must be mounted on ordinary directory"))
          << target;
    }
  }
}

// CVE-2019-16884, CVE-2025-52881.
TEST_P(HostileImage, MountsOverProc) {
  const auto start = [](const plan::Mount& over) {
    return on_stage(
        [&](Stage& stage) {
          fs::create_directories(stage.root + "/proc");
          fs::create_symlink("/proc/self", stage.root + "/self");
          fs::create_symlink("proc", stage.root + "/p");
          put(stage.base + "/meminfo", "fake");
          add_dev(stage);
          stage.plan.rootfs.mounts.push_back(mount_of(plan::MountKind::proc, "/proc", "proc"));
          plan::Mount mount = over;
          if (mount.kind == plan::MountKind::bind && mount.source == "DECOY") {
            mount.source = stage.decoy;
          }
          if (mount.source == "MEMINFO") {
            mount.source = stage.base + "/meminfo";
          }
          stage.plan.rootfs.mounts.push_back(mount);
        },
        [](Stage& stage) { return stage.start(); });
  };
  EXPECT_THAT(start(filesystem_of("/proc", "tmpfs")), HasSubstr("only a proc file system"));
  EXPECT_THAT(start(bind_of("DECOY", "/proc")), HasSubstr("only a proc file system"));
  for (const char* place : {"/proc/self", "/proc/self/attr", "/proc/sys", "/proc/new"}) {
    EXPECT_THAT(start(filesystem_of(place, "tmpfs")), HasSubstr("inside /proc")) << place;
    EXPECT_THAT(start(bind_of("DECOY", place)), HasSubstr("inside /proc")) << place;
  }
  // The same by way of links.
  EXPECT_THAT(start(filesystem_of("/self/attr", "tmpfs")), HasSubstr("inside /proc"));
  EXPECT_THAT(start(filesystem_of("/p/sys", "tmpfs")), HasSubstr("inside /proc"));
  EXPECT_THAT(start(filesystem_of("/p", "tmpfs")), HasSubstr("only a proc file system"));
  EXPECT_EQ(start(bind_of("MEMINFO", "/proc/meminfo")), "ok");
}

TEST_P(HostileImage, MountsOnTheRootItself) {
  for (const char* place : {"/", "/self"}) {
    const std::string text = on_stage(
        [&](Stage& stage) {
          fs::create_symlink("../..", stage.root + "/self");
          add_dev(stage);
          stage.plan.rootfs.mounts.push_back(filesystem_of(place, "tmpfs"));
        },
        [](Stage& stage) { return stage.start(); });
    EXPECT_THAT(text, HasSubstr("the destination is the root itself"));
  }
}

// CVE-2021-30465: destinations that lead outside stay inside.
TEST_P(HostileImage, DestinationsAreLinks) {
  for (const bool is_bind : {false, true}) {
    // What exists in the decoy is found by a look-up that leaves the root; what does not, is made.
    for (const char* way :
         {"/absolute/x", "/relative/x", "/dangling", "/absolute/folder", "/relative/folder"}) {
      const std::string text = on_stage(
          [&](Stage& stage) {
            fs::create_symlink(stage.decoy, stage.root + "/absolute");
            fs::create_symlink("../../../../" + stage.decoy, stage.root + "/relative");
            fs::create_symlink(stage.decoy + "/new", stage.root + "/dangling");
            add_dev(stage);
            stage.plan.rootfs.mounts.push_back(is_bind ? bind_of(stage.base + "/root", way)
                                                       : filesystem_of(way, "tmpfs"));
          },
          [](Stage& stage) {
            const std::string built = stage.build();
            const std::string inside = stage.root + stage.decoy;
            const bool mounted = !mount_line(inside + "/x").empty() ||
                                 !mount_line(inside + "/new").empty() ||
                                 !mount_line(inside + "/folder").empty();
            return cat(built, mounted ? " inside" : " nowhere");
          });
      EXPECT_EQ(text, "ok inside") << way;
    }
  }
}

// CVE-2021-30465, CVE-2024-45310: a second container swaps the destination while we mount.
TEST(HostileRace, DestinationIsSwapped) {
  const std::string text = on_stage(
      [](Stage& stage) {
        fs::create_directories(stage.root + "/vol/real");
        fs::create_symlink(stage.decoy, stage.root + "/vol/evil");
      },
      [](Stage& stage) -> std::string {
        const pid_t swapper = ::fork();
        if (swapper == 0) {
          // As another container: in our namespace a folder that is mounted on cannot be renamed.
          if (!own_mounts()) {
            _exit(1);
          }
          const std::string a = stage.root + "/vol/real";
          const std::string b = stage.root + "/vol/evil";
          for (;;) {
            (void)::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE);
          }
        }
        int mounted = 0;
        std::string bad;
        stage.plan.rootfs.mounts = {filesystem_of("/vol/real/new", "tmpfs")};
        if (!prepare_rootfs(stage.context)) {
          bad = "prepare failed";
        }
        for (int i = 0; i < 300 && bad.empty(); ++i) {
          // The swapped folder itself, and a missing one below it.
          const std::string place = i % 3 == 0 ? "/vol/real" : cat("/vol/real/new", i);
          stage.plan.rootfs.mounts[0] =
              i % 2 == 0 ? filesystem_of(place, "tmpfs") : bind_of(stage.base + "/root", place);
          mounted += apply_mounts(stage.context) ? 1 : 0;
          if (contents("/proc/self/mountinfo").find(" " + stage.decoy) != std::string::npos) {
            bad = "mounted on the decoy";
          }
        }
        ::kill(swapper, SIGKILL);
        ::waitpid(swapper, nullptr, 0);
        return bad.empty() && mounted > 100 ? "ok" : cat(bad, " mounted ", mounted);
      });
  EXPECT_EQ(text, "ok");
}

TEST(HostileRoot, RootIsALinkOrAFile) {
  for (const bool link : {true, false}) {
    const std::string text = on_stage(
        [&](Stage& stage) {
          if (link) {
            fs::create_symlink(stage.decoy, stage.base + "/other");
          } else {
            put(stage.base + "/other", "x");
          }
          stage.plan.rootfs.path = stage.base + "/other";
        },
        [](Stage& stage) { return stage.start(); });
    EXPECT_THAT(text, HasSubstr("is a link or a file: not a directory"));
  }
  const std::string missing = on_stage([](Stage& stage) { stage.plan.rootfs.path += "/no"; },
                                       [](Stage& stage) { return stage.start(); });
  EXPECT_THAT(missing, HasSubstr("/root/no': no such file or directory"));
}

}  // namespace
}  // namespace plimsoll::linux::testing
