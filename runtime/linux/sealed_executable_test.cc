// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include <cstdlib>
#include <string_view>
#include <utility>

#include "runtime/linux/forked_child_test.h"
#include "runtime/linux/host.h"
#include "runtime/sys/companion.h"

namespace plimsoll::linux {
namespace {

using testing::contents;
using testing::in_child;
using testing::own_mounts;
using testing::put;
using testing::status_of;
using testing::TempFolder;
using testing::text_of;

// What the second image of this test program finds. It runs as the child of a test, which hands a
// command over in argv (see Report below), and prints a line.
std::string describe_self() {
  char link[4096] = {};
  (void)!readlink("/proc/self/exe", link, sizeof link - 1);
  const int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  const int seals = fcntl(self, F_GET_SEALS);
  constexpr int kAll = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  const int writable = open("/proc/self/exe", O_WRONLY | O_CLOEXEC);
  std::string out = std::string(link).starts_with("/memfd:") ? "memfd"
                    : std::string(link) == "/"               ? "clone"
                                                             : "file";
  out += seals >= 0 && (seals & kAll) == kAll ? " sealed" : " unsealed";
  out += writable >= 0 ? " writable" : " not-writable";
  // Open fds beyond this one's own: the copy must not leak.
  const int next = dup(0);
  out += next == self + 1 ? " no-leak" : " leak";
  return out + " " + status_of("Name");
}

// A constructor, because the process must do this instead of running tests, as main() would.
struct Report {
  Report() {
    if (std::getenv("PLIMSOLL_TEST_SEAL") == nullptr) {
      return;
    }
    const std::string_view wish = std::getenv("PLIMSOLL_TEST_SEAL");
    char name[] = "plimsoll";
    char argument[] = "argument";
    char* argv[] = {name, argument, nullptr};
    // "both": first what is enough for most containers, and later more.
    Result<> sealed;
    if (wish != "copy") {
      sealed = ensure_sealed_executable(argv, environ, Protection::clone);
    }
    if (sealed && (wish == "copy" || wish == "both")) {
      sealed = ensure_sealed_executable(argv, environ, Protection::copy);
    }
    if (wish == "where") {
      const std::string path = sys::own_executable();
      (void)!write(1, path.data(), path.size());
      _exit(0);
    }
    std::string words = contents("/proc/self/cmdline");
    words.resize(words.find('\0') + sizeof argument);
    const std::string line = (sealed ? describe_self() : sealed.error().message()) + " " +
                             words.substr(words.rfind('/') + 1);
    (void)!write(1, line.data(), line.size());
    if (wish == "stay") {
      pause();
    }
    _exit(0);
  }
};
const Report report;

// Runs a copy of this program at `path` (made by the test) and returns what it reports.
std::string run_copy(const std::string& path, const char* wish = "clone") {
  int ends[2];
  if (pipe(ends) != 0) {
    return "no pipe";
  }
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], 1);
    close(ends[0]);
    close(ends[1]);
    syscall(SYS_close_range, 3, ~0U, 0);
    setenv("PLIMSOLL_TEST_SEAL", wish, 1);
    execl(path.c_str(), path.c_str(), nullptr);
    _exit(9);
  }
  close(ends[1]);
  std::string out;
  char buffer[512];
  for (ssize_t size = 0; (size = read(ends[0], buffer, sizeof buffer)) > 0;) {
    out.append(buffer, static_cast<std::size_t>(size));
  }
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return out.empty() ? "nothing" : out;
}

void copy_program(const std::string& to) {
  std::filesystem::copy_file("/proc/self/exe", to);
  chmod(to.c_str(), 0755);
}

const std::string kArguments = std::string(" plimsoll\0argument", 18);

TEST(SealedExecutable, RootRunsFromAReadOnlyCloneUnderItsOwnName) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "needs root";
  }
  EXPECT_EQ(run_copy("/proc/self/exe"),
            "clone unsealed not-writable no-leak plimsoll" + kArguments);
}

// Where its companions are: the folder is the file's, the name the caller's.
TEST(SealedExecutable, ACloneKnowsWhereItWasInstalled) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "needs root";
  }
  const TempFolder folder;
  copy_program(folder / "program");
  EXPECT_EQ(run_copy(folder / "program", "where"), folder / "plimsoll");
}

TEST(SealedExecutable, ASealedCopyIsMadeOfTheFileAndOfItsClone) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "needs root";
  }
  for (const char* wish : {"copy", "both"}) {
    EXPECT_EQ(run_copy("/proc/self/exe", wish),
              "memfd sealed not-writable no-leak plimsoll" + kArguments);
  }
}

// Before Linux 5.12, and where the caller may not mount.
TEST(SealedExecutable, WithoutACloneASealedCopyIsMade) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "needs root";
  }
  const TempFolder folder;
  copy_program(folder / "program");
  for (const auto& [call, error] : {std::pair(SYS_open_tree, EPERM), {SYS_mount_setattr, ENOSYS}}) {
    EXPECT_EQ(in_child([&] {
                testing::deny(call, error);
                return run_copy(folder / "program");
              }),
              "memfd sealed not-writable no-leak plimsoll" + kArguments);
  }
}

// -- what a container with every capability could try on the clone --

// The attempts that succeeded, by name. `file` is one of a mount that shall be read-only, opened
// with O_PATH; `folder` can be written. Each is made through the descriptor and through its link.
std::string successes(int file, const std::string& folder) {
  const std::string link = "/proc/self/fd/" + std::to_string(file);
  const std::string target = folder + "/target";
  put(target, "");
  std::string out;
  const auto attempt = [&](const char* name, long result) {
    if (result >= 0) {
      out += std::string(out.empty() ? "" : " ") + name;
    }
  };
  const auto write_attempts = [&] {
    attempt("open", open(link.c_str(), O_WRONLY | O_CLOEXEC));
    attempt("truncate", truncate(link.c_str(), 0));
    attempt("chmod", chmod(link.c_str(), 0777));
    attempt("chown", chown(link.c_str(), 1, 1));
    attempt("utimensat", utimensat(AT_FDCWD, link.c_str(), nullptr, 0));
    attempt("setxattr", setxattr(link.c_str(), "trusted.a", "b", 1, 0));
    attempt("link", linkat(AT_FDCWD, link.c_str(), AT_FDCWD, (folder + "/linked").c_str(),
                           AT_SYMLINK_FOLLOW));
    attempt("link-empty", linkat(file, "", AT_FDCWD, (folder + "/linked").c_str(), AT_EMPTY_PATH));
  };
  write_attempts();
  mount_attr writable = {};
  writable.attr_clr = MOUNT_ATTR_RDONLY;
  attempt("mount_setattr",
          syscall(SYS_mount_setattr, file, "", AT_EMPTY_PATH, &writable, sizeof writable));
  attempt("mount_setattr-link",
          syscall(SYS_mount_setattr, AT_FDCWD, link.c_str(), 0, &writable, sizeof writable));
  for (const unsigned long flags : {0UL | MS_REMOUNT | MS_BIND, 0UL | MS_REMOUNT}) {
    attempt("remount", mount(nullptr, link.c_str(), nullptr, flags, nullptr));
  }
  attempt("shared", mount(nullptr, link.c_str(), nullptr, MS_SHARED, nullptr));
  attempt("bind", mount(link.c_str(), target.c_str(), nullptr, MS_BIND, nullptr));
  attempt("move", mount(link.c_str(), target.c_str(), nullptr, MS_MOVE, nullptr));
  attempt("open_tree",
          syscall(SYS_open_tree, file, "", OPEN_TREE_CLONE | O_CLOEXEC | AT_EMPTY_PATH));
  attempt("move_mount",
          syscall(SYS_move_mount, file, "", AT_FDCWD, target.c_str(), MOVE_MOUNT_F_EMPTY_PATH));
  attempt("over", mount("/dev/null", link.c_str(), nullptr, MS_BIND, nullptr));
  attempt("umount", umount2(link.c_str(), MNT_DETACH));
  write_attempts();
  return out;
}

TEST(SealedExecutable, TheCloneStaysReadOnlyForAllCapabilities) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "needs root";
  }
  const TempFolder folder;
  const std::string result = in_child([&] {
    if (!own_mounts() || mount("none", folder.path().c_str(), "tmpfs", 0, nullptr) != 0) {
      return std::string("no mount namespace");
    }
    copy_program(folder / "program");
    const std::string before = contents(folder / "program");
    int ends[2];
    if (pipe(ends) != 0) {
      return std::string("no pipe");
    }
    const pid_t child = fork();
    if (child == 0) {
      dup2(ends[1], 1);
      setenv("PLIMSOLL_TEST_SEAL", "stay", 1);
      execl((folder / "program").c_str(), "program", nullptr);
      _exit(9);
    }
    char line[8] = {};
    if (read(ends[0], line, 5) != 5 || std::string(line) != "clone") {
      return std::string("no clone: ") + line;
    }
    const int exe = open(("/proc/" + std::to_string(child) + "/exe").c_str(), O_PATH);
    // While it runs, and when nothing but the descriptor is left of it.
    std::string out = successes(exe, folder.path());
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    out += successes(exe, folder.path());
    return out + (contents(folder / "program") == before ? "" : " CHANGED");
  });
  EXPECT_EQ(result, "");
}

// The attempts are no idle ones: they find the door while the clone's own descriptor is open.
TEST(SealedExecutable, TheAttemptsOnTheCloneCanSucceed) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "needs root";
  }
  const TempFolder folder;
  const std::string result = in_child([&] {
    if (!own_mounts() || mount("none", folder.path().c_str(), "tmpfs", 0, nullptr) != 0) {
      return std::string("no mount namespace");
    }
    put(folder / "program", "x");
    const auto tree = static_cast<int>(syscall(
        SYS_open_tree, AT_FDCWD, (folder / "program").c_str(), OPEN_TREE_CLONE | O_CLOEXEC));
    mount_attr attributes = {};
    attributes.attr_set = MOUNT_ATTR_RDONLY;
    if (syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0) {
      return std::string("no clone");
    }
    return successes(tree, folder.path());
  });
  EXPECT_TRUE(result.starts_with("mount_setattr ") && result.contains(" open ")) << result;
}

// vm.memfd_noexec=2 answers EACCES; the copy is then a file without a name.
TEST(SealedExecutable, WithoutExecutableMemfdsAnUnnamedFileIsUsed) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "needs root";
  }
  const TempFolder folder;
  copy_program(folder / "program");
  EXPECT_EQ(in_child([&] {
              testing::deny(SYS_memfd_create, EACCES);
              return run_copy(folder / "program", "copy");
            }),
            "file unsealed not-writable no-leak plimsoll" + kArguments);
}

// No copy can be made: the program must not go on from an image that a container could overwrite.
TEST(SealedExecutable, NoCopyIsFatal) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "needs root";
  }
  const TempFolder folder;
  copy_program(folder / "program");
  const std::string result = in_child([&] {
    if (!own_mounts()) {
      return std::string("no mount namespace");
    }
    for (const char* place : {"/run", "/var/tmp"}) {
      mount("none", place, "tmpfs", MS_NOEXEC, nullptr);
    }
    mount("/tmp", "/tmp", nullptr, MS_BIND, nullptr);
    mount(nullptr, "/tmp", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr);
    testing::deny(SYS_memfd_create, EACCES);
    return run_copy(folder / "program", "copy");
  });
  EXPECT_TRUE(result.starts_with("seal the program: memfd_create: permission denied")) << result;
}

TEST(SealedExecutable, OrdinaryUserNeedsNoCopyOfRootsProgramButOfHisOwn) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "needs root";
  }
  const TempFolder folder;
  chmod(folder.path().c_str(), 0755);
  copy_program(folder / "program");
  const auto as_user = [&] {
    return in_child([&] {
      return setresuid(65534, 65534, 65534) == 0 ? run_copy(folder / "program") : "no setresuid";
    });
  };
  EXPECT_TRUE(as_user().starts_with("file unsealed not-writable")) << as_user();
  chmod((folder / "program").c_str(), 0775);
  EXPECT_TRUE(as_user().starts_with("memfd sealed")) << as_user();
  chmod((folder / "program").c_str(), 0755);
  ASSERT_EQ(chown((folder / "program").c_str(), 65534, 0), 0);
  EXPECT_TRUE(as_user().starts_with("memfd sealed")) << as_user();
}

// Root of a user namespace, as in rootless Podman: the owner of the program does not exist there.
TEST(SealedExecutable, RootOfANamespaceWithoutTheOwnerNeedsNoCopy) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "needs root";
  }
  const TempFolder folder;
  chmod(folder.path().c_str(), 0755);
  copy_program(folder / "program");
  const auto in_namespace = [&] {
    return in_child([&] {
      if (setresgid(65534, 65534, 65534) != 0 || setresuid(65534, 65534, 65534) != 0) {
        return std::string("no setresuid");
      }
      prctl(PR_SET_DUMPABLE, 1);
      if (unshare(CLONE_NEWUSER) != 0) {
        return std::string("no user namespace");
      }
      put("/proc/self/setgroups", "deny");
      put("/proc/self/uid_map", "0 65534 1");
      put("/proc/self/gid_map", "0 65534 1");
      return run_copy(folder / "program");
    });
  };
  EXPECT_TRUE(in_namespace().starts_with("file unsealed not-writable")) << in_namespace();
  chmod((folder / "program").c_str(), 0757);
  EXPECT_TRUE(in_namespace().starts_with("memfd sealed")) << in_namespace();
  chmod((folder / "program").c_str(), 0755);
  ASSERT_EQ(chown((folder / "program").c_str(), 65534, 65534), 0);
  EXPECT_TRUE(in_namespace().starts_with("memfd sealed")) << in_namespace();
}

// A read-only mount with a place can be made writable again by a container with CAP_SYS_ADMIN.
TEST(SealedExecutable, ReadOnlyMountIsNoReasonToGoWithout) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "needs root";
  }
  const TempFolder folder;
  EXPECT_TRUE(in_child([&] {
                if (!own_mounts() ||
                    mount("none", folder.path().c_str(), "tmpfs", 0, nullptr) != 0) {
                  return std::string("no mount namespace");
                }
                copy_program(folder / "program");
                mount(nullptr, folder.path().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr);
                return run_copy(folder / "program");
              }).starts_with("clone "));
}

}  // namespace
}  // namespace plimsoll::linux
