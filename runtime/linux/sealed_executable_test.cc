// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cstdlib>

#include "runtime/linux/forked_child_test.h"
#include "runtime/linux/host.h"

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
  std::string out = std::string(link).starts_with("/memfd:") ? "memfd" : "file";
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
    char name[] = "plimsoll";
    char argument[] = "argument";
    char* argv[] = {name, argument, nullptr};
    const Result<> sealed = ensure_sealed_executable(argv, environ);
    const std::string line = (sealed ? describe_self() : sealed.error().message()) + " " +
                             contents("/proc/self/cmdline").substr(0, 17);
    (void)!write(1, line.data(), line.size());
    _exit(0);
  }
};
const Report report;

// Runs a copy of this program at `path` (made by the test) and returns what it reports.
std::string run_copy(const std::string& path) {
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
    setenv("PLIMSOLL_TEST_SEAL", "1", 1);
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
  put(to, contents("/proc/self/exe"));
  chmod(to.c_str(), 0755);
}

const std::string kArguments = std::string(" plimsoll\0argument", 18);

TEST(SealedExecutable, RootRunsFromASealedCopyUnderItsOwnName) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "needs root";
  }
  EXPECT_EQ(run_copy("/proc/self/exe"), "memfd sealed not-writable no-leak plimsoll" + kArguments);
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
              return run_copy(folder / "program");
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
    return run_copy(folder / "program");
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

// A read-only mount can be made writable again by a container with CAP_SYS_ADMIN.
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
              }).starts_with("memfd sealed"));
}

}  // namespace
}  // namespace plimsoll::linux
