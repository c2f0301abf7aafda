// Binds and file systems, as the plan asks for them. Real mounts in forked namespaces.
// SPDX-License-Identifier: Apache-2.0

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/linux/rootfs_stage_test.h"

namespace plimsoll::linux::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// -- binds --

std::string bound(const std::function<void(Stage&)>& image, const std::string& place) {
  return on_stage(image, [&](Stage& stage) {
    stage.plan.rootfs.setup_dev = false;
    const std::string built = stage.build();
    return built == "ok" ? mount_line(stage.root + place) : built;
  });
}

TEST(Binds, MissingTargetsAreMadeToFitTheSource) {
  EXPECT_EQ(on_stage(
                [](Stage& stage) {
                  put(stage.base + "/f", "f");
                  fs::create_directories(stage.base + "/d");
                  stage.plan.rootfs.mounts = {bind_of(stage.base + "/f", "/a/b/file"),
                                              bind_of(stage.base + "/d", "/a/b/dir")};
                  stage.plan.rootfs.setup_dev = false;
                },
                [](Stage& stage) {
                  const std::string started = stage.start();
                  return cat(started, " ", contents("/a/b/file"), " ", look("/a/b/dir"), " ",
                             look("/a/b"));
                }),
            "ok f d 0755 0:0 d 0755 0:0");
}

TEST(Binds, WrongKindsAndMissingSources) {
  EXPECT_THAT(bound(
                  [](Stage& stage) {
                    put(stage.root + "/file", "");
                    stage.plan.rootfs.mounts = {bind_of(stage.base + "/root", "/file")};
                  },
                  "/file"),
              HasSubstr("which is a folder, on a file: not a directory"));
  EXPECT_THAT(
      bound([](Stage& stage) { stage.plan.rootfs.mounts = {bind_of(stage.base + "/none", "/x")}; },
            "/x"),
      HasSubstr("/none': no such file or directory"));
}

// config.mounts.opt.*: what is asked for is set, what is not asked for is cleared.
TEST(Binds, FlagsAreExact) {
  struct Case {
    std::uint64_t source, set, cleared;
    const char* line;
  };
  constexpr std::uint64_t kAll = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY | MS_NOATIME;
  const std::array<Case, 8> cases = {{
      {0, 0, 0, " rw,relatime "},
      {kAll, 0, 0, " ro,nosuid,nodev,noexec,noatime "},
      {0, MS_RDONLY, 0, " ro,relatime "},
      {kAll, MS_NODEV, 0, " rw,nodev,noatime "},
      {kAll, 0, MS_RDONLY, " rw,noatime "},
      {kAll, 0, MS_NOATIME, " rw,relatime "},
      {0, MS_STRICTATIME | MS_NODIRATIME, 0, " rw,nodiratime "},
      {kAll, MS_RELATIME | MS_NOEXEC | MS_NOSUID, 0, " rw,nosuid,noexec,relatime "},
  }};
  for (const Case& one : cases) {
    for (const bool old_kernel : {false, true}) {
      const std::string text = on_stage(
          [&](Stage& stage) {
            const std::string source = stage.base + "/source";
            fs::create_directories(source);
            ASSERT_EQ(::mount("tmpfs", source.c_str(), "tmpfs", one.source, nullptr), 0);
            plan::Mount mount = bind_of(source, "/x", one.set);
            mount.cleared_flags = one.cleared;
            stage.plan.rootfs.mounts = {mount};
            stage.plan.rootfs.setup_dev = false;
          },
          [&](Stage& stage) -> std::string {
            if (old_kernel && !deny(SYS_mount_setattr, ENOSYS)) {
              return "no filter";
            }
            const std::string built = stage.build();
            return built == "ok" ? mount_line(stage.root + "/x") : built;
          });
      EXPECT_THAT(text, HasSubstr(one.line)) << one.source << " " << one.set << " " << one.cleared;
    }
  }
}

TEST(Binds, RecursiveAttributesReachSubmounts) {
  EXPECT_THAT(on_stage(
                  [](Stage& stage) {
                    const std::string sub = stage.base + "/source/sub";
                    fs::create_directories(sub);
                    ASSERT_EQ(::mount("tmpfs", sub.c_str(), "tmpfs", 0, nullptr), 0);
                    plan::Mount mount = bind_of(stage.base + "/source", "/x", MS_REC);
                    mount.recursive_attributes.set = 1;  // MOUNT_ATTR_RDONLY
                    stage.plan.rootfs.mounts = {mount};
                    stage.plan.rootfs.setup_dev = false;
                  },
                  [](Stage& stage) {
                    const std::string built = stage.build();
                    return built + mount_line(stage.root + "/x") +
                           mount_line(stage.root + "/x/sub");
                  }),
              ::testing::ContainsRegex("ok.* ro,relatime .* ro,relatime "));
}

TEST(Binds, RemountChangesTheMountThatIsThere) {
  EXPECT_THAT(bound(
                  [](Stage& stage) {
                    stage.plan.rootfs.mounts = {
                        filesystem_of("/x", "tmpfs", MS_NOSUID, "size=1m"),
                        bind_of("/x", "/x", MS_REMOUNT | MS_RDONLY | MS_NODEV)};
                  },
                  "/x"),
              HasSubstr("/x ro,nodev,relatime - tmpfs tmpfs rw,size=1024k"));
  EXPECT_THAT(bound(
                  [](Stage& stage) {
                    stage.plan.rootfs.mounts = {
                        filesystem_of("/x", "tmpfs", 0, "size=1m"),
                        filesystem_of("/x", "tmpfs", MS_REMOUNT | MS_NOEXEC, "size=2m")};
                  },
                  "/x"),
              HasSubstr("/x rw,noexec,relatime - tmpfs tmpfs rw,size=2048k"));
}

TEST(Binds, PropagationOptions) {
  const auto line = [](std::uint64_t flags) {
    return on_stage(
        [&](Stage& stage) {
          plan::Mount mount = bind_of(stage.base + "/source", "/x", MS_REC);
          fs::create_directories(stage.base + "/source");
          ASSERT_EQ(::mount("tmpfs", (stage.base + "/source").c_str(), "tmpfs", 0, nullptr), 0);
          ASSERT_EQ(::mount(nullptr, (stage.base + "/source").c_str(), nullptr, MS_SHARED, nullptr),
                    0);
          mount.propagation = {flags};
          stage.plan.rootfs.mounts = {mount};
          stage.plan.rootfs.setup_dev = false;
        },
        [](Stage& stage) {
          const std::string built = stage.build();
          return built + mount_line(stage.root + "/x");
        });
  };
  EXPECT_THAT(line(MS_PRIVATE | MS_REC), HasSubstr("rw,relatime - tmpfs"));
  EXPECT_THAT(line(MS_SHARED | MS_REC), HasSubstr("shared:"));
  EXPECT_THAT(line(MS_SLAVE), HasSubstr("master:"));
  EXPECT_THAT(line(MS_UNBINDABLE), HasSubstr("unbindable"));
}

// config.mounts.idmap.*
TEST(Binds, IdmappedMount) {
  const std::string text = on_stage(
      [](Stage& stage) {
        fs::create_directories(stage.base + "/source");
        put(stage.base + "/source/file", "x");
        ASSERT_EQ(::chown((stage.base + "/source/file").c_str(), 1000, 1000), 0);
        plan::Mount mount = bind_of(stage.base + "/source", "/x");
        mount.idmap = plan::IdmappedMount{};
        mount.idmap->uid = {{.container_id = 1000, .host_id = 5000, .size = 1}};
        mount.idmap->gid = {{.container_id = 1000, .host_id = 6000, .size = 1}};
        stage.plan.rootfs.mounts = {mount};
        stage.plan.rootfs.setup_dev = false;
      },
      [](Stage& stage) -> std::string {
        auto sources = open_mount_sources(stage.plan);
        if (!sources) {
          return sources.error().message();
        }
        stage.sources = *std::move(sources);
        const std::string built = stage.build();
        return cat(built, " ", look(stage.root + "/x/file"));
      });
  EXPECT_EQ(text, "ok - 0644 5000:6000");
}

// config.mounts: in order, so that a source in the root is what the mounts before it have made of
// it.
TEST(Binds, IdmappedMountOfWhatAnEarlierMountPutIntoTheRoot) {
  const std::string text = on_stage(
      [](Stage& stage) {
        fs::create_directories(stage.base + "/source");
        put(stage.base + "/source/file", "x");
        ASSERT_EQ(::chown((stage.base + "/source/file").c_str(), 1000, 1000), 0);
        plan::Mount again = bind_of(stage.root + "/x", "/y");
        again.idmap = plan::IdmappedMount{};
        again.idmap->uid = {{.container_id = 1000, .host_id = 5000, .size = 1}};
        again.idmap->gid = {{.container_id = 1000, .host_id = 6000, .size = 1}};
        stage.plan.rootfs.mounts = {bind_of(stage.base + "/source", "/x"), again};
        stage.plan.rootfs.setup_dev = false;
      },
      [](Stage& stage) -> std::string {
        auto sources = open_mount_sources(stage.plan);
        if (!sources) {
          return sources.error().message();
        }
        stage.sources = *std::move(sources);
        const std::string built = stage.build();
        return cat(built, " ", look(stage.root + "/y/file"));
      });
  EXPECT_EQ(text, "ok - 0644 5000:6000");
}

TEST(Binds, IdmapWithoutAnyMappingIsAnError) {
  plan::Plan plan;
  plan::Mount mount = bind_of("/tmp", "/x");
  mount.idmap = plan::IdmappedMount{};
  plan.rootfs.mounts = {mount};
  const auto sources = open_mount_sources(plan);
  ASSERT_FALSE(sources);
  EXPECT_THAT(sources.error().message(), HasSubstr("needs mappings"));
}

TEST(Binds, NothingIsOpenedWithoutNeed) {
  plan::Plan plan;
  plan.rootfs.mounts = {bind_of("/tmp", "/x")};
  const auto sources = open_mount_sources(plan);
  ASSERT_TRUE(sources);
  EXPECT_TRUE(sources->trees.empty());
}

// -- file systems --

TEST(Filesystems, UnknownOptionIsNamedWithTheKernelsReason) {
  EXPECT_THAT(
      bound(
          [](Stage& stage) {
            stage.plan.rootfs.mounts = {filesystem_of("/x", "tmpfs", 0, "size=1m,nonsense=7")};
          },
          "/x"),
      HasSubstr("mount 'tmpfs' on '/x': fsconfig 'nonsense=7' (tmpfs: Unknown parameter "
                "'nonsense'): invalid argument"));
  EXPECT_THAT(
      bound([](Stage& stage) { stage.plan.rootfs.mounts = {filesystem_of("/x", "nosuchfs")}; },
            "/x"),
      HasSubstr("fsopen 'nosuchfs': no such device"));
}

TEST(Filesystems, TmpfsTakesTheModeOfWhatItCovers) {
  EXPECT_EQ(on_stage(
                [](Stage& stage) {
                  fs::create_directories(stage.root + "/x");
                  fs::create_directories(stage.root + "/y");
                  ASSERT_EQ(::chmod((stage.root + "/x").c_str(), 01750), 0);
                  ASSERT_EQ(::chmod((stage.root + "/y").c_str(), 01750), 0);
                  stage.plan.rootfs.mounts = {filesystem_of("/x", "tmpfs"),
                                              filesystem_of("/y", "tmpfs", 0, "mode=700"),
                                              filesystem_of("/new", "tmpfs")};
                  stage.plan.rootfs.setup_dev = false;
                },
                [](Stage& stage) {
                  const std::string started = stage.start();
                  return cat(started, " ", look("/x"), " ", look("/y"), " ", look("/new"));
                }),
            "ok d 01750 0:0 d 0700 0:0 d 01777 0:0");
}

TEST(Filesystems, ReadonlyTmpfsStillGetsItsMountPoints) {
  EXPECT_THAT(on_stage(
                  [](Stage& stage) {
                    plan::Mount dev = dev_tmpfs();
                    dev.flags |= MS_RDONLY;
                    stage.plan.rootfs.mounts = {
                        mount_of(plan::MountKind::proc, "/proc", "proc"), dev,
                        filesystem_of("/dev/shm", "tmpfs", MS_RDONLY | MS_NODEV)};
                  },
                  [](Stage& stage) {
                    const std::string started = stage.start();
                    return started + mount_line("/dev") + mount_line("/dev/shm");
                  }),
              ::testing::ContainsRegex("ok.* ro,nosuid - tmpfs.* ro,nodev,relatime - tmpfs"));
}

TEST(Filesystems, Tmpcopyup) {
  for (const bool old_kernel : {false, true}) {
    EXPECT_EQ(on_stage(
                  [](Stage& stage) {
                    const std::string x = stage.root + "/x";
                    fs::create_directories(x + "/sub");
                    put(x + "/sub/file", std::string(40000, 'x'));
                    ASSERT_EQ(::chmod((x + "/sub/file").c_str(), 04711), 0);
                    ASSERT_EQ(::lchown((x + "/sub").c_str(), 7, 8), 0);
                    ASSERT_EQ(::chmod(x.c_str(), 0700), 0);
                    fs::create_symlink(stage.decoy, x + "/link");
                    ASSERT_EQ(::mkfifo((x + "/fifo").c_str(), 0600), 0);
                    plan::Mount mount = filesystem_of("/x", "tmpfs", MS_NODEV);
                    mount.tmpcopyup = true;
                    stage.plan.rootfs.mounts = {mount};
                    stage.plan.rootfs.setup_dev = false;
                  },
                  [&](Stage& stage) -> std::string {
                    if (old_kernel && !deny(SYS_fsopen, ENOSYS)) {
                      return "no filter";
                    }
                    const std::string started = stage.start();
                    return cat(started, " ", look("/x"), " ", look("/x/sub"), " ",
                               look("/x/sub/file"), " ", contents("/x/sub/file").size(), " ",
                               look("/x/fifo"), " ",
                               look("/x/link").starts_with("-> /tmp") ? 1 : 0);
                  }),
              "ok d 0700 0:0 d 0755 7:8 - 04711 0:0 40000 p 0600 0:0 1");
  }
}

TEST(Filesystems, TmpcopyupIsBounded) {
  EXPECT_THAT(bound(
                  [](Stage& stage) {
                    std::string deep = stage.root + "/x";
                    for (int i = 0; i < 80; ++i) {
                      deep += "/d";
                    }
                    fs::create_directories(deep);
                    plan::Mount mount = filesystem_of("/x", "tmpfs");
                    mount.tmpcopyup = true;
                    stage.plan.rootfs.mounts = {mount};
                  },
                  "/x"),
              HasSubstr("too many levels of symbolic links"));
}

TEST(Filesystems, Overlay) {
  EXPECT_THAT(bound(
                  [](Stage& stage) {
                    for (const char* name : {"/lower", "/upper", "/work"}) {
                      fs::create_directories(stage.base + name);
                    }
                    stage.plan.rootfs.mounts = {
                        filesystem_of("/x", "overlay", 0,
                                      cat("lowerdir=", stage.base, "/lower,upperdir=", stage.base,
                                          "/upper,workdir=", stage.base, "/work"))};
                  },
                  "/x"),
              HasSubstr(" - overlay overlay rw,lowerdir="));
}

}  // namespace
}  // namespace plimsoll::linux::testing
