// What is decided just before execve: cwd, home, the executable. SPDX-License-Identifier:
// Apache-2.0
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include <chrono>

#include "runtime/linux/forked_child_test.h"
#include "runtime/linux/passwd.h"
#include "runtime/linux/process_setup.h"

namespace plimsoll::linux {
namespace {

using testing::deny;
using testing::in_child;
using testing::own_mounts;
using testing::put;
using testing::TempFolder;
using testing::text_of;

std::string working_folder() {
  char buffer[4096] = {};
  return syscall(SYS_getcwd, buffer, sizeof buffer) > 0 ? buffer : "none";
}

// CVE-2024-21626: an inherited fd of a host folder.
TEST(Cwd, MagicLinkToAFolderIsRefused) {
  for (const int denied : {0, ENOSYS}) {
    const TempFolder root;
    const std::string result = in_child([&] {
      const int host = open("/usr", O_RDONLY | O_DIRECTORY);
      mkdir((root / "proc").c_str(), 0755);
      mkdir((root / "old").c_str(), 0755);
      if (!own_mounts() ||
          mount(root.path().c_str(), root.path().c_str(), nullptr, MS_BIND, nullptr) != 0 ||
          mount("proc", (root / "proc").c_str(), "proc", 0, nullptr) != 0 ||
          syscall(SYS_pivot_root, root.path().c_str(), (root / "old").c_str()) != 0 ||
          chdir("/") != 0 || umount2("/old", MNT_DETACH) != 0) {
        return std::string("no pivot");
      }
      if (denied != 0) {
        deny(SYS_openat2, denied);
      }
      return text_of(enter_cwd("/proc/self/fd/" + std::to_string(host)));
    });
    EXPECT_TRUE(result.starts_with("chdir to cwd (\"/proc/self/fd/")) << result;
  }
}

TEST(Cwd, MissingFoldersAreMadeBelowALink) {
  const TempFolder folder;
  mkdir((folder / "real").c_str(), 0755);
  ASSERT_EQ(symlink("real", (folder / "link").c_str()), 0);
  EXPECT_EQ(in_child([&] {
              umask(077);
              std::string out = text_of(enter_cwd(folder / "link/a/./b"));
              return out + " " + working_folder();
            }),
            "ok " + (folder / "real/a/b"));
  struct stat status = {};
  ASSERT_EQ(stat((folder / "real/a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0755U);
}

TEST(Cwd, FileAndReadOnlyFolderAreErrors) {
  const TempFolder folder;
  put(folder / "file", "");
  EXPECT_EQ(in_child([&] { return text_of(enter_cwd(folder / "file")); }),
            "chdir to cwd (\"" + (folder / "file") + "\") set in config.json failed: openat2 '" +
                (folder / "file") + "': not a directory");
  const std::string result = in_child([&] {
    if (!own_mounts() || mount("none", folder.path().c_str(), "tmpfs", MS_RDONLY, nullptr) != 0) {
      return std::string("no mount namespace");
    }
    std::string out = text_of(enter_cwd(folder / "new"));
    return out + "\n" + text_of(make_cwd(folder / "new"));
  });
  EXPECT_TRUE(result.ends_with("read-only file system")) << result;
  EXPECT_NE(result.find("read-only file system\nmake cwd '"), std::string::npos) << result;
}

TEST(Cwd, RemovedFolderIsRefused) {
  const TempFolder folder;
  EXPECT_EQ(in_child([&] {
              mkdir((folder / "gone").c_str(), 0755);
              if (chdir((folder / "gone").c_str()) != 0) {
                return std::string("chdir");
              }
              rmdir((folder / "gone").c_str());
              return text_of(enter_cwd("/proc/self/cwd"));
            }).substr(0, 34),
            "chdir to cwd (\"/proc/self/cwd\") se");
}

TEST(Cwd, FolderOfAnotherUserIsEacces) {
  const TempFolder folder;
  mkdir((folder / "private").c_str(), 0700);
  chmod(folder.path().c_str(), 0755);
  EXPECT_EQ(in_child([&] {
              if (setresuid(65534, 65534, 65534) != 0) {
                return std::string("no setresuid");
              }
              const Result<> entered = enter_cwd(folder / "private");
              return text_of(entered) + (entered.error().err() == EACCES ? " EACCES" : "");
            }),
            "chdir to cwd (\"" + (folder / "private") +
                "\") set in config.json failed: fchdir: permission denied EACCES");
}

std::optional<std::string> scan(std::string_view text, uid_t uid, std::size_t chunk) {
  PasswdScanner scanner(uid);
  for (std::size_t at = 0; at < text.size(); at += chunk) {
    if (!scanner.feed(text.substr(at, chunk))) {
      return scanner.home();
    }
  }
  scanner.finish();
  return scanner.home();
}

TEST(Passwd, FirstEntryWinsAndNonsenseIsSkipped) {
  constexpr std::string_view kText =
      "\n:::\nroot:x:0\n"
      "bad:x:-1000:0:::/bin/sh\nbad:x: 1000:0::/no:/bin/sh\nbad:x:1000x:0::/no:\n"
      "1000:x:0:0::/by-name:\n"
      "a:x:1000:0:gecos, with, commas:/home/a:/bin/sh\n"
      "b:x:1000:0::/home/b:/bin/sh\n"
      "c:x:7:0::/home/c";
  for (const std::size_t chunk : {1U, 2U, 7U, 4096U}) {
    EXPECT_EQ(scan(kText, 1000, chunk), "/home/a") << chunk;
    EXPECT_EQ(scan(kText, 0, chunk), "/by-name") << chunk;
    EXPECT_EQ(scan(kText, 7, chunk), "/home/c") << chunk;
    EXPECT_EQ(scan(kText, 8, chunk), std::nullopt) << chunk;
    EXPECT_EQ(scan("a:x:9:0:", 9, chunk), std::nullopt) << chunk;
    EXPECT_EQ(scan("a:x:9:0::\r\n", 9, chunk), "") << chunk;
    EXPECT_EQ(scan("", 0, chunk), std::nullopt) << chunk;
  }
  // 2^32 is not 0.
  EXPECT_EQ(scan("a:x:4294967296:0::/home/a:\n", 0, 4096), std::nullopt);
}

TEST(Passwd, NothingBeyondALimitIsBelieved) {
  const std::string entry = "a:x:5:0::/home/a:\n";
  const std::string line(PasswdScanner::kMaxLine, 'x');
  EXPECT_EQ(scan(line + "\n" + entry, 5, 4096), "/home/a");
  EXPECT_EQ(scan(line + "x\n" + entry, 5, 4096), std::nullopt);
  EXPECT_EQ(scan(line + "x\n" + entry, 5, line.size() * 2), std::nullopt);
  std::string file;
  while (file.size() < PasswdScanner::kMaxFile) {
    file += "somebody:x:6:0::/home/b:/bin/sh\n";
  }
  EXPECT_EQ(scan(file + entry, 5, 4096), std::nullopt);
}

// add_home in a mount namespace whose /etc is `etc`; the environment, and how long it took.
std::string home_with(const TempFolder& etc, std::vector<std::string> env, uid_t uid) {
  return in_child([&] {
    if (!own_mounts() || mount(etc.path().c_str(), "/etc", nullptr, MS_BIND, nullptr) != 0) {
      return std::string("no mount namespace");
    }
    const auto start = std::chrono::steady_clock::now();
    add_home(env, uid);
    std::string out;
    for (const std::string& entry : env) {
      out += entry + " ";
    }
    const bool slow = std::chrono::steady_clock::now() - start > std::chrono::seconds(1);
    return out + (slow ? "slow" : "fast");
  });
}

TEST(Home, HostilePasswdNeitherHangsNorFails) {
  const TempFolder etc;
  const std::string passwd = etc / "passwd";
  EXPECT_EQ(home_with(etc, {}, 0), "HOME=/ fast") << "missing";
  mkfifo(passwd.c_str(), 0644);
  EXPECT_EQ(home_with(etc, {}, 0), "HOME=/ fast") << "FIFO";
  const int writer = open(passwd.c_str(), O_RDWR | O_CLOEXEC);
  constexpr std::string_view kEntry = "root:x:0:0::/fifo:\n";
  ASSERT_EQ(write(writer, kEntry.data(), kEntry.size()), static_cast<ssize_t>(kEntry.size()));
  EXPECT_EQ(home_with(etc, {}, 0), "HOME=/ fast") << "FIFO with an entry";
  close(writer);
  unlink(passwd.c_str());
  mknod(passwd.c_str(), S_IFCHR | 0666, makedev(1, 5));
  EXPECT_EQ(home_with(etc, {}, 0), "HOME=/ fast") << "/dev/zero";
  unlink(passwd.c_str());
  mkdir(passwd.c_str(), 0755);
  EXPECT_EQ(home_with(etc, {}, 0), "HOME=/ fast") << "folder";
  rmdir(passwd.c_str());
  ASSERT_EQ(symlink("passwd", passwd.c_str()), 0);
  EXPECT_EQ(home_with(etc, {}, 0), "HOME=/ fast") << "loop";
  unlink(passwd.c_str());
  ASSERT_EQ(symlink("/proc/self/fd/0", passwd.c_str()), 0);
  EXPECT_EQ(home_with(etc, {}, 0), "HOME=/ fast") << "magic link";
  unlink(passwd.c_str());
  put(passwd, std::string("a:x:3:0::/home\0/x:\n", 19));
  EXPECT_EQ(home_with(etc, {}, 3), "HOME=/ fast") << "NUL";
}

// containerd CVE-2026-47262
TEST(Home, AnEndlessLineCostsNoMemory) {
  const TempFolder etc;
  put(etc / "passwd", "");
  ASSERT_EQ(truncate((etc / "passwd").c_str(), 150L << 20), 0);
  EXPECT_EQ(home_with(etc, {}, 0), "HOME=/ fast");
  const std::string grown = in_child([&] {
    rusage before = {};
    getrusage(RUSAGE_SELF, &before);
    if (!own_mounts() || mount(etc.path().c_str(), "/etc", nullptr, MS_BIND, nullptr) != 0) {
      return std::string("no mount namespace");
    }
    std::vector<std::string> env;
    add_home(env, 0);
    rusage after = {};
    getrusage(RUSAGE_SELF, &after);
    return std::string(after.ru_maxrss - before.ru_maxrss < 8 * 1024 ? "small" : "large");
  });
  EXPECT_EQ(grown, "small");
}

TEST(Home, IsLookedUpOnlyWhenTheEnvironmentHasNone) {
  const TempFolder etc;
  put(etc / "passwd", "root:x:0:0:root:/root:/bin/sh\nu:x:1000:1000::/home/u:\ne:x:5:5:::\n");
  EXPECT_EQ(home_with(etc, {"A=1"}, 1000), "A=1 HOME=/home/u fast");
  EXPECT_EQ(home_with(etc, {"HOME=/mine", "A=1"}, 1000), "HOME=/mine A=1 fast");
  EXPECT_EQ(home_with(etc, {"HOME=", "A=1"}, 0), "A=1 HOME=/root fast");
  EXPECT_EQ(home_with(etc, {"HOMEX=1"}, 77), "HOMEX=1 HOME=/ fast");
  EXPECT_EQ(home_with(etc, {}, 5), "HOME=/ fast");
}

std::string find(const std::string& name, const std::vector<std::string>& env) {
  const Result<std::string> found = find_executable(name, env);
  return found ? *found : found.error().message();
}

TEST(Executable, ErrorsAreThoseThatCallersLookFor) {
  const TempFolder folder;
  mkdir((folder / "dir").c_str(), 0755);
  put(folder / "plain", "x");
  put(folder / "program", "x");
  chmod((folder / "program").c_str(), 0755);
  chmod((folder / "plain").c_str(), 0644);
  const std::string path = "PATH=/does/not/exist:" + folder.path();
  EXPECT_EQ(find("nope", {path}), "exec: \"nope\": executable file not found in $PATH");
  EXPECT_EQ(find("plain", {path}), "exec: \"plain\": executable file not found in $PATH");
  EXPECT_EQ(find("dir", {path}), "exec: \"dir\": executable file not found in $PATH");
  EXPECT_EQ(find("program", {}), "exec: \"program\": executable file not found in $PATH");
  EXPECT_EQ(find("program", {"PATH="}), "exec: \"program\": executable file not found in $PATH");
  EXPECT_EQ(find("program", {"XPATH=" + folder.path()}),
            "exec: \"program\": executable file not found in $PATH");
  EXPECT_EQ(find("", {path}), "exec: \"\": executable file not found in $PATH");
  EXPECT_EQ(find("/x/y", {path}), "exec: \"/x/y\": stat /x/y: no such file or directory");
  EXPECT_EQ(find(folder / "plain", {path}),
            "exec: \"" + (folder / "plain") + "\": permission denied");
  EXPECT_EQ(find(folder / "dir", {path}), "exec: \"" + (folder / "dir") + "\": is a directory");
  EXPECT_EQ(find(folder / "plain/x", {path}), "exec: \"" + (folder / "plain/x") + "\": stat " +
                                                  (folder / "plain/x") + ": not a directory");
  EXPECT_EQ(find("a\"\nb", {path}), "exec: \"a\\\"\\x0ab\": executable file not found in $PATH");
}

TEST(Executable, IsFoundInPathOrBesideTheCwd) {
  const TempFolder folder;
  mkdir((folder / "bin").c_str(), 0755);
  put(folder / "bin/program", "x");
  chmod((folder / "bin/program").c_str(), 0755);
  EXPECT_EQ(find("program", {"PATH=/nope:" + (folder / "bin/")}), folder / "bin/program");
  EXPECT_EQ(in_child([&] {
              return chdir(folder.path().c_str()) == 0 ? find("bin/program", {}) : "chdir";
            }),
            "bin/program");
  EXPECT_EQ(in_child([&] {
              return chdir((folder / "bin").c_str()) == 0 ? find("program", {"PATH=::"}) : "chdir";
            }),
            "exec: \"program\": cannot run executable found relative to current directory");
}

TEST(Executable, IsCheckedAsTheCurrentUserWithAndWithoutFaccessat2) {
  const TempFolder folder;
  chmod(folder.path().c_str(), 0755);
  put(folder / "private", "x");
  chmod((folder / "private").c_str(), 0700);
  put(folder / "plain", "x");
  chmod((folder / "plain").c_str(), 0644);
  EXPECT_EQ(find(folder / "private", {}), folder / "private");
  EXPECT_EQ(in_child([&] {
              return setresuid(65534, 65534, 65534) == 0 ? find(folder / "private", {}) : "";
            }),
            "exec: \"" + (folder / "private") + "\": permission denied");
  EXPECT_EQ(in_child([&] {
              deny(SYS_faccessat2, ENOSYS);
              std::string out = find(folder / "private", {});
              return out + " " + find(folder / "plain", {});
            }),
            (folder / "private") + " exec: \"" + (folder / "plain") + "\": permission denied");
}

}  // namespace
}  // namespace plimsoll::linux
