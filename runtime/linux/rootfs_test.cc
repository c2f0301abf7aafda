// The root file system as a container gets it: mounts, flags, devices, pivot, masks. Real mounts in
// forked mount and user namespaces. SPDX-License-Identifier: Apache-2.0
#include "runtime/linux/rootfs.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/syscall.h>

#include "runtime/linux/rootfs_stage_test.h"

namespace plimsoll::linux::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// A start as Podman asks for it.
void podman_like(Stage& stage) {
  for (const char* folder : {"/etc", "/run", "/sys/firmware", "/var"}) {
    fs::create_directories(stage.root + folder);
  }
  fs::create_symlink("/run", stage.root + "/var/run");
  put(stage.root + "/etc/hosts", "");
  put(stage.base + "/hosts", "hosts");
  put(stage.base + "/env", "env");
  auto& mounts = stage.plan.rootfs.mounts;
  constexpr std::uint64_t kSafe = MS_NOSUID | MS_NOEXEC | MS_NODEV;
  mounts.push_back(mount_of(plan::MountKind::proc, "/proc", "proc", kSafe));
  mounts.push_back(dev_tmpfs());
  mounts.push_back(mount_of(plan::MountKind::sysfs, "/sys", "sysfs", kSafe | MS_RDONLY));
  mounts.push_back(filesystem_of("/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
                                 "newinstance,ptmxmode=0666,mode=0620"));
  mounts.push_back(filesystem_of("/dev/mqueue", "mqueue", kSafe));
  mounts.push_back(filesystem_of("/dev/shm", "tmpfs", kSafe, "mode=1777,size=64000k"));
  plan::Mount hosts = bind_of(stage.base + "/hosts", "/etc/hosts", MS_REC | kSafe);
  hosts.propagation = {MS_PRIVATE | MS_REC};
  mounts.push_back(hosts);
  plan::Mount env = bind_of(stage.base + "/env", "/var/run/.containerenv", MS_RDONLY);
  env.propagation = {MS_PRIVATE | MS_REC};
  mounts.push_back(env);
  stage.plan.rootfs.readonly_paths = {"/proc/sys", "/proc/bus", "/missing"};
  stage.plan.rootfs.masked_paths = {"/proc/keys", "/proc/kcore", "/sys/firmware",
                                    "/proc/scsi", "/sys/kernel", "/nowhere"};
}

// What such a container must look like from inside.
std::string inspect() {
  std::string wrong;
  const auto expect = [&wrong](const std::string& what, const std::string& is,
                               const std::string& should) {
    if (is.find(should) == std::string::npos) {
      wrong += cat(what, " is '", is, "', not '", should, "'\n");
    }
  };
  expect("proc", mount_line("/proc"), " / /proc rw,nosuid,nodev,noexec,relatime - proc");
  expect("sys", mount_line("/sys"), "ro,nosuid,nodev,noexec,relatime - sysfs");
  expect("dev", mount_line("/dev"), "rw,nosuid - tmpfs tmpfs rw,size=65536k,mode=755");
  expect("pts", mount_line("/dev/pts"), "rw,nosuid,noexec,relatime - devpts");
  expect("shm", mount_line("/dev/shm"), "rw,nosuid,nodev,noexec,relatime - tmpfs");
  expect("hosts", mount_line("/etc/hosts"), "rw,nosuid,nodev,noexec,relatime");
  expect("env", mount_line("/run/.containerenv"), "ro,relatime");
  expect("env", contents("/run/.containerenv"), "env");
  for (const char* device :
       {"null c 1:3", "zero c 1:5", "full c 1:7", "random c 1:8", "urandom c 1:9", "tty c 5:0"}) {
    const std::string text = device;
    const std::size_t blank = text.find(' ');
    expect(text, look("/dev/" + text.substr(0, blank)), text.substr(blank + 1) + " 0666");
  }
  expect("fd", look("/dev/fd"), "-> /proc/self/fd");
  expect("stdin", look("/dev/stdin"), "-> /proc/self/fd/0");
  expect("ptmx", look("/dev/ptmx"), "-> pts/ptmx");
  expect("keys", look("/proc/keys"), "c 1:3");
  expect("sys/firmware", look("/sys/firmware"), "d ");
  expect("sys/firmware", mount_line("/sys/firmware"), " ro,relatime - tmpfs");
  expect("sys/kernel", mount_line("/sys/kernel"), " ro,relatime - tmpfs");
  expect("proc/sys", mount_line("/proc/sys"), "/sys /proc/sys ro,nosuid,nodev,noexec");
  struct stat a = {};
  struct stat b = {};
  (void)::stat("/sys/firmware", &a);
  (void)::stat("/sys/kernel", &b);
  expect("masks", cat(a.st_dev == b.st_dev ? "one" : "two"), "one");
  if (::open("/proc/sys/kernel/core_pattern", O_WRONLY | O_CLOEXEC) >= 0 || errno != EROFS) {
    wrong += "/proc/sys is writable\n";
  }
  return wrong.empty() ? "ok" : wrong;
}

std::string start_and_inspect(Stage& stage) {
  const std::string started = stage.start();
  return started == "ok" ? inspect() : started;
}

TEST(Rootfs, PodmanLikeStart) { EXPECT_EQ(on_stage(podman_like, start_and_inspect), "ok"); }

TEST(Rootfs, NothingOfTheHostIsLeft) {
  const std::string text = on_stage(podman_like, [](Stage& stage) -> std::string {
    const std::string started = stage.start();
    std::istringstream lines(contents("/proc/self/mountinfo"));
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line);) {
      ++count;
    }
    // root, 8 mounts, 2 read-only paths, and the masks that exist here
    return cat(started, count <= 17 ? "" : contents("/proc/self/mountinfo"));
  });
  EXPECT_EQ(text, "ok");
}

// Kernels and filters without the newer calls: the same result.
class Fallback : public ::testing::TestWithParam<std::tuple<long, int>> {};
INSTANTIATE_TEST_SUITE_P(, Fallback,
                         ::testing::Combine(::testing::Values(SYS_openat2, SYS_open_tree,
                                                              SYS_fsopen, SYS_mount_setattr),
                                            ::testing::Values(ENOSYS, EPERM)));
TEST_P(Fallback, SameResult) {
  const auto [number, err] = GetParam();
  EXPECT_EQ(on_stage(podman_like,
                     [&](Stage& stage) -> std::string {
                       if (!deny(number, err)) {
                         return "no filter";
                       }
                       std::string text = start_and_inspect(stage);
                       if (number == SYS_fsopen ||
                           number == SYS_open_tree) {  // each mask is a tmpfs of its own then
                         return text.find("masks is") != std::string::npos &&
                                        std::ranges::count(text, '\n') == 1
                                    ? "ok"
                                    : text;
                       }
                       return text;
                     }),
            "ok");
}

TEST(Rootfs, AllOfTheNewInterfaceIsMissing) {
  EXPECT_EQ(on_stage(podman_like,
                     [](Stage& stage) -> std::string {
                       for (const long number : {SYS_openat2, SYS_open_tree, SYS_fsopen,
                                                 SYS_mount_setattr, SYS_move_mount, SYS_fsmount}) {
                         if (!deny(number, ENOSYS)) {
                           return "no filter";
                         }
                       }
                       const std::string text = start_and_inspect(stage);
                       return text == "masks is 'two', not 'one'\n" ? "ok" : text;
                     }),
            "ok");
}

TEST(Rootfs, ReadonlyRootKeepsOtherFlags) {
  for (const bool old_kernel : {false, true}) {
    const std::string text = on_stage(
        [](Stage& stage) { stage.plan.rootfs.readonly = true; },
        [&](Stage& stage) -> std::string {
          if (::mount(stage.root.c_str(), stage.root.c_str(), nullptr, MS_BIND, nullptr) != 0 ||
              ::mount(nullptr, stage.root.c_str(), nullptr,
                      MS_BIND | MS_REMOUNT | MS_NOSUID | MS_NODEV, nullptr) != 0 ||
              (old_kernel && !deny(SYS_mount_setattr, ENOSYS))) {
            return "no mount";
          }
          stage.plan.rootfs.setup_dev = false;
          stage.plan.rootfs.mounts = {mount_of(plan::MountKind::proc, "/proc", "proc")};
          const std::string started = stage.start();
          return cat(started, mount_line("/"));
        });
    EXPECT_THAT(text, HasSubstr(" / ro,nosuid,nodev,relatime - tmpfs")) << old_kernel;
  }
}

// config.mounts: the pivot must change neither the container's mounts nor, where they are peers of
// the old root's, the host's.
TEST(Rootfs, PivotKeepsThePropagationOfMountsAndTheMountsOfTheHost) {
  const std::string text = on_stage(
      [](Stage& stage) {
        const std::string folder = stage.decoy + "/folder";
        ASSERT_EQ(::mount("tmpfs", folder.c_str(), "tmpfs", 0, nullptr), 0);
        put(folder + "/file", "x");
        ASSERT_EQ(::mount(nullptr, "/", nullptr, MS_SHARED | MS_REC, nullptr), 0);
      },
      [](Stage& stage) {
        plan::Mount shared = bind_of(stage.base, "/x");
        shared.propagation = {MS_SHARED};
        stage.plan.rootfs.propagation = MS_SHARED | MS_REC;
        stage.plan.rootfs.propagation_given = true;
        stage.plan.rootfs.mounts = {mount_of(plan::MountKind::proc, "/proc", "proc"), shared};
        const std::string started = stage.start();
        return started + mount_line("/x");
      });
  EXPECT_THAT(text, StartsWith("ok"));
  EXPECT_THAT(text, HasSubstr("shared:"));
  EXPECT_THAT(text, Not(HasSubstr("DECOY CHANGED")));
}

// linux.rootfsPropagation.*
TEST(Rootfs, Propagation) {
  const auto root_line = [](std::uint64_t flags, bool given) {
    return on_stage(
        [](Stage& stage) {
          ASSERT_EQ(::mount(nullptr, stage.base.c_str(), nullptr, MS_SHARED, nullptr), 0);
        },
        [&](Stage& stage) {
          const std::string host = mount_line(stage.base);
          stage.plan.rootfs.propagation = flags;
          stage.plan.rootfs.propagation_given = given;
          stage.plan.rootfs.mounts = {mount_of(plan::MountKind::proc, "/proc", "proc")};
          const std::string started = stage.start();
          return started + mount_line("/") + " HOST" + host;
        });
  };
  const std::string shared = root_line(MS_SHARED | MS_REC, true);
  EXPECT_THAT(shared, HasSubstr("shared:"));
  // A peer group of its own: the host's number is not the container's.
  const auto group = [](const std::string& text, std::size_t from) {
    const std::size_t at = text.find("shared:", from);
    return at == std::string::npos ? "none" : text.substr(at, text.find(' ', at) - at);
  };
  EXPECT_NE(group(shared, 0), group(shared, shared.find("HOST")));
  EXPECT_THAT(root_line(MS_SLAVE | MS_REC, true), HasSubstr("master:"));
  const std::string slave = root_line(MS_SLAVE, true);  // the parent is shared still
  EXPECT_THAT(slave.substr(0, slave.find("HOST")), HasSubstr("master:"));
  EXPECT_THAT(slave.substr(0, slave.find("HOST")), Not(HasSubstr("shared:")));
  for (const int flags : {0 | MS_PRIVATE, MS_PRIVATE | MS_REC}) {
    const std::string line = root_line(static_cast<std::uint64_t>(flags), true);
    EXPECT_THAT(line.substr(0, line.find("HOST")), Not(HasSubstr(":"
                                                                 "master")));
    EXPECT_THAT(line, StartsWith("ok"));
    EXPECT_THAT(line.substr(0, line.find("HOST")), Not(HasSubstr("shared:")));
  }
  EXPECT_THAT(root_line(MS_UNBINDABLE | MS_REC, true), HasSubstr("unbindable"));
  const std::string not_given = root_line(MS_SLAVE | MS_REC, false);
  EXPECT_THAT(not_given.substr(0, not_given.find("HOST")), Not(HasSubstr("master:")));
}

TEST(Rootfs, NoPivotHidesTheHostsProc) {
  const std::string text = on_stage(
      [](Stage& stage) {
        podman_like(stage);
        stage.plan.rootfs.no_pivot = true;
      },
      [](Stage& stage) -> std::string {
        const std::string started = start_and_inspect(stage);
        int procs = 0;
        std::istringstream lines(contents("/proc/self/mountinfo"));
        for (std::string line; std::getline(lines, line);) {
          procs += line.find(" / /proc rw") != std::string::npos ? 1 : 0;
        }
        return cat(started, procs);
      });
  EXPECT_EQ(text, "ok1");
}

// -- user namespaces --

TEST(UserNamespace, FullStart) {
  EXPECT_EQ(on_user_stage(
                [](Stage& stage) {
                  podman_like(stage);
                  auto& mounts = stage.plan.rootfs.mounts;
                  // A new procfs or sysfs needs namespaces that this test does not make.
                  mounts.erase(mounts.begin());
                  mounts.erase(mounts.begin() + 1);
                  mounts.erase(mounts.begin() + 2);
                  put(stage.root + "/secret", "secret");
                  stage.plan.rootfs.readonly_paths = {"/etc"};
                  stage.plan.rootfs.masked_paths = {"/secret", "/sys/firmware"};
                },
                [](Stage& stage) {
                  const std::string started = stage.start();
                  const int fd = ::open("/etc/x", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
                  const int err = fd < 0 ? errno : 0;
                  return cat(started, " ", look("/secret").substr(0, 5), " ", err);
                }),
            cat("ok c 1:3 ", EROFS));
}

TEST(UserNamespace, LockedFlagsAreKept) {
  const auto start = [](std::uint64_t set, std::uint64_t cleared) {
    return on_user_stage(
        [&](Stage& stage) {
          const std::string source = stage.base + "/source";
          fs::create_directories(source);
          ASSERT_EQ(::mount("tmpfs", source.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, nullptr), 0);
          plan::Mount mount = bind_of(source, "/x", set);
          mount.cleared_flags = cleared;
          stage.plan.rootfs.mounts = {mount};
          stage.plan.rootfs.setup_dev = false;
        },
        [](Stage& stage) {
          const std::string built = stage.build();
          return built + mount_line(stage.root + "/x");
        });
  };
  EXPECT_THAT(start(MS_RDONLY, 0), ::testing::ContainsRegex("^ok.* ro,nosuid,nodev,relatime"));
  EXPECT_THAT(start(MS_RDONLY, MS_NODEV), HasSubstr("cannot clear locked flags"));
  EXPECT_THAT(start(MS_NOATIME, 0), HasSubstr("cannot change locked access time flags"));
}

TEST(UserNamespace, UnreachableSourceComesFromTheParent) {
  const std::string text = on_stage(
      [](Stage& stage) {
        fs::create_directories(stage.base + "/closed/source");
        put(stage.base + "/closed/source/file", "through");
        ASSERT_EQ(::chown((stage.base + "/closed").c_str(), 4321, 4321), 0);
        ASSERT_EQ(::chmod((stage.base + "/closed").c_str(), 0700), 0);
        stage.plan.rootfs.mounts = {bind_of(stage.base + "/closed/source", "/x", MS_RDONLY)};
        stage.plan.rootfs.setup_dev = false;
        stage.plan.namespaces.create |= CLONE_NEWUSER;
        stage.context.in_user_namespace = true;
      },
      [](Stage& stage) -> std::string {
        auto sources = open_mount_sources(stage.plan);
        if (!sources || ::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
          return "no sources";
        }
        put("/proc/self/setgroups", "deny");
        put("/proc/self/uid_map", "0 0 1");
        put("/proc/self/gid_map", "0 0 1");
        const std::string alone = stage.build();
        stage.sources = *std::move(sources);
        const auto mounted = apply_mounts(stage.context);
        return cat(alone, " / ", text_of(mounted), " ", contents(stage.root + "/x/file"),
                   mount_line(stage.root + "/x"));
      });
  EXPECT_THAT(text, HasSubstr("permission denied / ok through"));
  EXPECT_THAT(text, HasSubstr("/x ro,"));
  EXPECT_THAT(text, Not(HasSubstr("shared:")));
}

TEST(Console, PeerIsBound) {
  EXPECT_EQ(on_stage(podman_like,
                     [](Stage& stage) -> std::string {
                       int master = -1;
                       int slave = -1;
                       if (stage.build() != "ok" ||
                           ::openpty(&master, &slave, nullptr, nullptr, nullptr) != 0) {
                         return "no pty";
                       }
                       const UniqueFd peer(slave);
                       const auto done = bind_console(stage.context, peer);
                       const std::string entered = stage.enter();
                       struct stat a = {};
                       struct stat b = {};
                       (void)::fstat(slave, &a);
                       (void)::stat("/dev/console", &b);
                       return cat(text_of(done), " ", entered,
                                  a.st_rdev == b.st_rdev ? " pty" : "");
                     }),
            "ok ok pty");
}

}  // namespace
}  // namespace plimsoll::linux::testing
