// Real user namespaces, made as launch makes them: by a child that shares memory and waits.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <functional>
#include <string>

#include "runtime/base/text.h"
#include "runtime/linux/host.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"
#include "runtime/sys/raw.h"

namespace plimsoll::linux {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr uid_t kNobody = 65534;

int wait_for_end(void* argument) {
  char byte = 0;
  (void)sys::raw(SYS_read, *static_cast<int*>(argument), &byte, 1);
  return 0;
}

std::string squeeze(std::string_view text) {
  std::string out;
  for (const std::string_view word : split(text, ' ')) {
    if (!word.empty()) {
      cat_to(out, out.empty() || out.ends_with('\n') ? "" : " ", word);
    }
  }
  return out;
}

// The maps of a new user namespace after write_id_maps, or the error's text.
struct Outcome {
  std::string error;
  std::string uid, gid, setgroups;
};

Outcome maps_of_new_namespace(const plan::IdMaps& maps, bool rootless) {
  auto ends = sys::pipe();
  auto stack = sys::ChildStack::create();
  int wait_fd = ends->read.get();
  auto child = sys::spawn_shared(CLONE_NEWUSER, -1, *stack, wait_for_end, &wait_fd);
  if (!child) {
    return {.error = child.error().message(), .uid = {}, .gid = {}, .setgroups = {}};
  }
  Outcome out;
  if (const auto written = write_id_maps(child->pid, maps, rootless); !written) {
    out.error = written.error().message();
  }
  const auto read = [&](const char* file) {
    const auto text =
        sys::read_file_at(sys::cwd(), cat("/proc/", child->pid, "/", file).c_str(), 4096);
    return text ? squeeze(*text) : text.error().message();
  };
  out.uid = read("uid_map");
  out.gid = read("gid_map");
  out.setgroups = read("setgroups");
  // The child is still blocked in read: the write end is ours to close only after it.
  (void)sys::write_all(ends->write, "x");
  (void)sys::wait_for(child->pidfd);
  return out;
}

// Runs `body` in a process of its own; what it returns (a complaint, or nothing) comes back.
std::string in_child(const std::function<std::string()>& body) {
  auto ends = sys::pipe();
  const pid_t pid = ::fork();
  if (pid == 0) {
    const std::string text = body();
    (void)sys::write_all(ends->write, text);
    ::_exit(0);
  }
  ends->write.reset();
  auto text = sys::read_to_end(ends->read, 1 << 16);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return status == 0 && text ? *text : cat("child ended with ", status);
}

// In a mount namespace with its own subuid and subgid files, as the user nobody.
std::string as_nobody(const std::string& ranges, const std::function<std::string()>& body) {
  return in_child([&]() -> std::string {
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
      return "no mount namespace";
    }
    std::string folder = "/tmp/subids-XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr ||
        ::mount("t", folder.c_str(), "tmpfs", 0, nullptr) != 0) {
      return "no folder";
    }
    for (const char* name : {"subuid", "subgid"}) {
      const std::string file = cat(folder, "/", name);
      const auto fd = sys::open_at(sys::cwd(), file.c_str(), O_WRONLY | O_CREAT, 0644);
      if (!fd || !sys::write_all(*fd, ranges) ||
          ::mount(file.c_str(), cat("/etc/", name).c_str(), nullptr, MS_BIND, nullptr) != 0) {
        return cat("no ", name);
      }
    }
    (void)::umount2(folder.c_str(), MNT_DETACH);
    (void)::rmdir(folder.c_str());
    if (::setgroups(0, nullptr) != 0 || ::setresgid(kNobody, kNobody, kNobody) != 0 ||
        ::setresuid(kNobody, kNobody, kNobody) != 0) {
      return "cannot become nobody";
    }
    return body();
  });
}

bool can_test_as_root() { return ::geteuid() == 0; }
bool have_helpers() {
  return ::access("/usr/bin/newuidmap", X_OK) == 0 && ::access("/etc/subuid", F_OK) == 0 &&
         ::access("/etc/subgid", F_OK) == 0;
}

plan::IdMaps maps(std::vector<spec::IdMapping> both) { return {.uid = both, .gid = both}; }

TEST(IdMaps, MissingProcessIsAnError) {
  const auto written = write_id_maps(0x3ffffff, maps({{0, 0, 1}}), false);
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().message(), HasSubstr("/proc/67108863"));
}

TEST(IdMaps, TooManyLinesAreRefusedBeforeTheKernelDoes) {
  std::vector<spec::IdMapping> lines;
  for (std::uint32_t i = 0; i < 341; ++i) {
    lines.push_back({.container_id = i, .host_id = i, .size = 1});
  }
  const auto written = write_id_maps(::getpid(), maps(lines), false);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message(),
            "uid map: uid map of 341 lines is longer than the kernel takes");
}

// linux.uidMappings.optional, linux.gidMappings.optional
TEST(IdMaps, RootWritesThemItself) {
  if (!can_test_as_root()) {
    GTEST_SKIP() << "not root";
  }
  const Outcome out = maps_of_new_namespace(
      {.uid = {{0, 100000, 1000}, {5000, 0, 1}}, .gid = {{0, 200000, 10}}}, false);
  EXPECT_THAT(out.error, IsEmpty());
  EXPECT_EQ(out.uid, "0 100000 1000\n5000 0 1\n");
  EXPECT_EQ(out.gid, "0 200000 10\n");
  EXPECT_EQ(out.setgroups, "allow\n");
}

TEST(IdMaps, OverlappingLinesAreTheKernelsError) {
  if (!can_test_as_root()) {
    GTEST_SKIP() << "not root";
  }
  const Outcome out = maps_of_new_namespace(maps({{0, 1000, 10}, {5, 3000, 10}}), false);
  EXPECT_THAT(out.error, HasSubstr("uid map: write 'uid_map': invalid argument"));
}

TEST(IdMaps, SecondMapOfTheSameNamespaceIsRefused) {
  if (!can_test_as_root()) {
    GTEST_SKIP() << "not root";
  }
  const auto written = write_id_maps(::getpid(), maps({{0, 0, 1}}), false);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().err(), EPERM);
}

TEST(IdMaps, UnprivilegedOwnIdNeedsNoHelperAndGivesUpSetgroups) {
  if (!can_test_as_root()) {
    GTEST_SKIP() << "not root";
  }
  EXPECT_EQ(as_nobody("",
                      [] {
                        const Outcome out = maps_of_new_namespace(maps({{0, kNobody, 1}}), true);
                        return cat(out.error, out.uid, out.gid, out.setgroups,
                                   ::prctl(PR_GET_DUMPABLE) == 0 ? "" : "still dumpable");
                      }),
            "0 65534 1\n0 65534 1\ndeny\n");
}

TEST(IdMaps, UnprivilegedRangesGoThroughTheHelpers) {
  if (!can_test_as_root() || !have_helpers()) {
    GTEST_SKIP() << "needs root, newuidmap and the files /etc/subuid and /etc/subgid to cover";
  }
  EXPECT_EQ(as_nobody("nobody:300000:65536\n",
                      [] {
                        const Outcome out = maps_of_new_namespace(
                            maps({{0, kNobody, 1}, {1, 300000, 65536}}), true);
                        return cat(out.error, out.uid, out.gid, out.setgroups);
                      }),
            "0 65534 1\n1 300000 65536\n0 65534 1\n1 300000 65536\nallow\n");
}

TEST(IdMaps, NoRangeInSubuidIsNamed) {
  if (!can_test_as_root() || !have_helpers()) {
    GTEST_SKIP() << "needs root, newuidmap and the files /etc/subuid and /etc/subgid to cover";
  }
  EXPECT_THAT(
      as_nobody(
          "someone:300000:65536\n",
          [] {
            return maps_of_new_namespace(maps({{0, kNobody, 1}, {1, 300000, 10}}), true).error;
          }),
      HasSubstr("/etc/subuid has no range for user nobody"));
}

TEST(IdMaps, TooSmallARangeIsNamed) {
  if (!can_test_as_root() || !have_helpers()) {
    GTEST_SKIP() << "needs root, newuidmap and the files /etc/subuid and /etc/subgid to cover";
  }
  const std::string error = as_nobody("nobody:300000:100\n65534:500000:1\n", [] {
    return maps_of_new_namespace(maps({{0, kNobody, 1}, {1, 300000, 101}}), true).error;
  });
  EXPECT_THAT(error, HasSubstr("uid map: '/usr/bin/newuidmap': "));
  EXPECT_THAT(error,
              HasSubstr("; the map needs host ids 300000-300100, and /etc/subuid does not give "
                        "them to user nobody"));
}

TEST(IdMaps, MissingHelperIsNamed) {
  if (!can_test_as_root() || !have_helpers()) {
    GTEST_SKIP() << "needs root, newuidmap and the files /etc/subuid and /etc/subgid to cover";
  }
  EXPECT_EQ(
      in_child([]() -> std::string {
        if (::unshare(CLONE_NEWNS) != 0 ||
            ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount("/dev/null", "/usr/bin/newuidmap", nullptr, MS_BIND, nullptr) != 0) {
          return "no mount namespace";
        }
        ::setenv("PATH", "relative:/nowhere", 1);
        if (::setresgid(kNobody, kNobody, kNobody) != 0 ||
            ::setresuid(kNobody, kNobody, kNobody) != 0) {
          return "cannot become nobody";
        }
        return maps_of_new_namespace(maps({{0, kNobody, 1}, {1, 300000, 101}}), true).error;
      }),
      "uid map: newuidmap is not installed: a uid map of more than the caller's own id needs it");
}

TEST(IdMaps, SetgroupsFollowsTheNamespace) {
  EXPECT_TRUE(setgroups_allowed());
  EXPECT_EQ(in_child([]() -> std::string {
              if (::unshare(CLONE_NEWUSER) != 0) {
                return "no user namespace";
              }
              const auto denied = sys::write_file_at(sys::cwd(), "/proc/self/setgroups", "deny");
              return denied && !setgroups_allowed() ? "" : "still allowed";
            }),
            "");
}

// linux.timeOffsets.optional, .secs.optional, .nanosecs.optional
TEST(TimeOffsets, AreWrittenForTheNamespaceToCome) {
  EXPECT_EQ(in_child([]() -> std::string {
              if (::unshare(CLONE_NEWTIME) != 0) {
                return "no time namespace";
              }
              const auto written =
                  write_time_offsets(0, {{.clock = "monotonic", .secs = 1000, .nanosecs = 5},
                                         {.clock = "boottime", .secs = 77, .nanosecs = 0}});
              const auto text = sys::read_file_at(sys::cwd(), "/proc/self/timens_offsets", 4096);
              return cat(written ? "" : written.error().message(), text ? squeeze(*text) : "?");
            }),
            "monotonic 1000 5\nboottime 77 0\n");
}

TEST(TimeOffsets, ErrorNamesTheClock) {
  EXPECT_EQ(
      in_child([]() -> std::string {
        if (::unshare(CLONE_NEWTIME) != 0) {
          return "no time namespace";
        }
        const auto written = write_time_offsets(
            ::getpid(), {{.clock = "monotonic", .secs = 1, .nanosecs = 0},
                         {.clock = "boottime", .secs = -999999999, .nanosecs = 0}});
        return written ? "written" : written.error().message();
      }),
      "time offset of clock 'boottime': write 'timens_offsets': numerical result out of range");
}

}  // namespace
}  // namespace plimsoll::linux
