// The resolver against real trees in a temporary folder: hostile links, races with makers, and the
// walker compared with openat2 on random trees. SPDX-License-Identifier: Apache-2.0
#include "runtime/sys/in_root.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>
#include <vector>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"

namespace plimsoll::sys {
namespace {

namespace fs = std::filesystem;

class InRoot : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = "/tmp/plimsoll-in-root.XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    base_ = pattern;
    fs::create_directories(base_ / "root");
    fs::create_directories(base_ / "decoy");
    std::ofstream(base_ / "decoy/secret") << "secret";
    root_ = *open_at(cwd(), (base_ / "root").c_str(), O_PATH | O_DIRECTORY);
  }
  void TearDown() override { fs::remove_all(base_); }

  void dir(const std::string& path) { fs::create_directories(base_ / "root" / path); }
  void file(const std::string& path) { std::ofstream(base_ / "root" / path) << "x"; }
  void link(const std::string& target, const std::string& path) {
    fs::create_symlink(target, base_ / "root" / path);
  }
  // The path below the root that `fd` leads to, "OUTSIDE …" when it is not below.
  std::string where(const UniqueFd& fd) const {
    const std::string path = fs::read_symlink(cat("/proc/self/fd/", fd.get()));
    const std::string root = base_ / "root";
    if (path == root) {
      return "/";
    }
    return path.starts_with(root + "/") ? path.substr(root.size()) : "OUTSIDE " + path;
  }
  std::string open_path(const std::string& path, int flags = O_PATH) const {
    const auto fd = open_in_root(root_, path.c_str(), flags);
    return fd ? where(*fd) : cat("errno ", fd.error().err());
  }
  std::size_t decoy_entries() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(base_ / "decoy"), fs::directory_iterator()));
  }

  fs::path base_;
  UniqueFd root_;
};

TEST_F(InRoot, LinksOfAnImageKeepWorking) {
  dir("run");
  dir("usr/lib64");
  dir("var");
  file("usr/lib64/libc.so");
  link("/run", "var/run");
  link("usr/lib64", "lib64");
  EXPECT_EQ(open_path("/var/run"), "/run");
  EXPECT_EQ(open_path("/lib64/libc.so"), "/usr/lib64/libc.so");
  EXPECT_EQ(open_path("lib64/../lib64"), "/usr/lib64");
}

TEST_F(InRoot, NoLinkLeadsOutside) {
  link("../../decoy", "up");
  link((base_ / "decoy").string(), "absolute");
  link("../../../../../../../../etc", "far");
  link("/", "top");
  EXPECT_EQ(open_path("/up"), cat("errno ", ENOENT));
  EXPECT_EQ(open_path("/absolute/secret"), cat("errno ", ENOENT));
  EXPECT_EQ(open_path("/far/passwd"), cat("errno ", ENOENT));
  EXPECT_EQ(open_path("/../../.."), "/");
  EXPECT_EQ(open_path("/top/../top"), "/");
}

TEST_F(InRoot, MagicLinksAreRefused) {
  // A procfs inside the root, by way of the host's: the walker and openat2 must both say ELOOP.
  const UniqueFd host = *open_at(cwd(), "/", O_PATH | O_DIRECTORY);
  for (const char* path : {"/proc/self/root/etc", "/proc/self/cwd", "/proc/self/exe"}) {
    const auto by_kernel = open_in_root(host, path, O_PATH);
    const auto by_walk = in_root_internal::walk(host, path, O_PATH, Links::follow);
    ASSERT_FALSE(by_kernel);
    ASSERT_FALSE(by_walk);
    EXPECT_EQ(by_kernel.error().err(), ELOOP) << path;
    EXPECT_EQ(by_walk.error().err(), ELOOP) << path;
  }
  EXPECT_TRUE(in_root_internal::walk(host, "/proc/self/status", O_PATH, Links::follow));
}

TEST_F(InRoot, RefusedLinks) {
  dir("a/b");
  link("a", "l");
  EXPECT_TRUE(open_in_root(root_, "/a/b", O_PATH, Links::refuse));
  const auto through = open_in_root(root_, "/l/b", O_PATH, Links::refuse);
  ASSERT_FALSE(through);
  EXPECT_EQ(through.error().err(), ELOOP);
  const auto walked = in_root_internal::walk(root_, "/l/b", O_PATH, Links::refuse);
  ASSERT_FALSE(walked);
  EXPECT_EQ(walked.error().err(), ELOOP);
}

TEST_F(InRoot, FifosAndDevicesAreNotOpened) {
  ASSERT_EQ(::mkfifo((base_ / "root/fifo").c_str(), 0666), 0);
  const auto fifo = open_in_root(root_, "/fifo", O_RDONLY);
  ASSERT_FALSE(fifo);
  EXPECT_THAT(fifo.error().message(), testing::HasSubstr("neither a regular file nor a folder"));
  if (::mknod((base_ / "root/watchdog").c_str(), S_IFCHR | 0600, makedev(10, 130)) != 0) {
    GTEST_SKIP() << "mknod is not allowed here";
  }
  EXPECT_FALSE(open_in_root(root_, "/watchdog", O_RDONLY));
  EXPECT_TRUE(open_in_root(root_, "/watchdog", O_PATH));
}

TEST_F(InRoot, RegularFilesAreOpened) {
  file("plain");
  link("plain", "link");
  const auto fd = open_in_root(root_, "/link", O_RDONLY);
  ASSERT_TRUE(fd) << fd.error().message();
  EXPECT_EQ(*read_to_end(*fd, 10), "x");
  EXPECT_EQ(open_in_root(root_, "/link", O_RDONLY | O_NOFOLLOW).error().err(), ELOOP);
  EXPECT_EQ(open_in_root(root_, "/new", O_WRONLY | O_CREAT).error().err(), EINVAL);
}

TEST_F(InRoot, MakesFoldersThroughLinksAndDanglingLinks) {
  dir("real");
  link("/real", "link");
  link("not/yet", "dangling");
  link((base_ / "decoy/new").string(), "hostile");
  EXPECT_EQ(where(*make_dir_in_root(root_, "/link/a/b")), "/real/a/b");
  EXPECT_EQ(where(*make_dir_in_root(root_, "/dangling")), "/not/yet");
  EXPECT_EQ(where(*make_dir_in_root(root_, "/hostile")), (base_ / "decoy/new").string());
  EXPECT_EQ(decoy_entries(), 1U);
  file("f");
  EXPECT_EQ(make_dir_in_root(root_, "/f/x").error().err(), ENOTDIR);
  EXPECT_EQ(make_dir_in_root(root_, "/f").error().err(), ENOTDIR);
}

TEST_F(InRoot, MadeFoldersHaveTheMode) {
  const mode_t mask = ::umask(0);
  ASSERT_TRUE(make_dir_in_root(root_, "/m/n", 0700));
  ASSERT_TRUE(create_file_in_root(root_, "/o/p/file", 0600));
  ::umask(mask);
  struct stat status = {};
  ASSERT_EQ(::stat((base_ / "root/m/n").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0700U);
  ASSERT_EQ(::stat((base_ / "root/o/p").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0755U);
  ASSERT_EQ(::stat((base_ / "root/o/p/file").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode, S_IFREG | 0600U);
}

TEST_F(InRoot, CreatesFilesInsideOnly) {
  link((base_ / "decoy/made").string(), "hostile");
  const auto fd = create_file_in_root(root_, "/hostile");
  ASSERT_TRUE(fd) << fd.error().message();
  EXPECT_EQ(where(*fd), (base_ / "decoy/made").string());
  EXPECT_EQ(decoy_entries(), 1U);
  file("there");
  EXPECT_EQ(where(*create_file_in_root(root_, "/there")), "/there");
}

TEST_F(InRoot, ParentIsSplitAndLastPartIsNotFollowed) {
  dir("dev");
  link((base_ / "decoy").string(), "dev/console");
  const auto parent = open_parent_in_root(root_, "/dev/console");
  ASSERT_TRUE(parent);
  EXPECT_EQ(where(parent->dir), "/dev");
  EXPECT_EQ(parent->name, "console");
  EXPECT_EQ(open_parent_in_root(root_, "/").error().err(), EINVAL);
  EXPECT_EQ(open_parent_in_root(root_, "/a/..").error().err(), EINVAL);
  EXPECT_EQ(where(open_parent_in_root(root_, "top")->dir), "/");
}

TEST_F(InRoot, LongChainsAndLoops) {
  dir("end");
  link("end", "chain0");
  for (int i = 1; i <= 45; ++i) {
    link(cat("chain", i - 1), cat("chain", i));
  }
  link("loop", "loop");
  for (const char* path : {"chain39", "chain40", "chain45", "loop", "loop/x"}) {
    const auto by_kernel = open_in_root(root_, path, O_PATH);
    const auto by_walk = in_root_internal::walk(root_, path, O_PATH, Links::follow);
    ASSERT_EQ(by_kernel.has_value(), by_walk.has_value()) << path;
    if (!by_kernel) {
      EXPECT_EQ(by_kernel.error().err(), by_walk.error().err()) << path;
    }
  }
  std::string deep;
  for (int i = 0; i < 2100; ++i) {
    deep += "a/";
  }
  EXPECT_EQ(open_in_root(root_, deep.c_str(), O_PATH).error().err(), ENAMETOOLONG);
  EXPECT_EQ(in_root_internal::walk(root_, deep, O_PATH, Links::follow).error().err(), ENAMETOOLONG);
  EXPECT_EQ(in_root_internal::walk(root_, "", O_PATH, Links::follow).error().err(), ENOENT);
}

TEST_F(InRoot, ParallelMakersDoNotDisturbEachOther) {
  std::vector<std::thread> makers;
  std::array<int, 4> failures = {};
  for (std::size_t t = 0; t < failures.size(); ++t) {
    makers.emplace_back([this, &failures, t] {
      for (int i = 0; i < 300; ++i) {
        if (!make_dir_in_root(root_, cat("/p/", i, "/q/r"))) {
          ++failures[t];
        }
      }
    });
  }
  for (std::thread& maker : makers) {
    maker.join();
  }
  EXPECT_THAT(failures, testing::Each(0));
}

TEST_F(InRoot, SwappedFolderNeverLeadsOutside) {
  dir("swap/real");
  link((base_ / "decoy").string(), "swap/evil");
  std::atomic<bool> stop = false;
  std::thread swapper([this, &stop] {
    const std::string a = base_ / "root/swap/real";
    const std::string b = base_ / "root/swap/evil";
    while (!stop) {
      (void)::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE);
    }
  });
  for (int i = 0; i < 500; ++i) {
    (void)make_dir_in_root(root_, cat("/swap/real/new", i));
    (void)create_file_in_root(root_, cat("/swap/real/file", i));
    const auto walked =
        in_root_internal::walk(root_, "/swap/real/../real/secret", O_PATH, Links::follow);
    EXPECT_FALSE(walked && where(*walked).starts_with("OUTSIDE"));
  }
  stop = true;
  swapper.join();
  EXPECT_EQ(decoy_entries(), 1U);
}

// Random trees of folders, files and links, and random paths through them.
class Tree {
 public:
  Tree(fs::path root, std::uint32_t seed) : root_(std::move(root)), random_(seed) {
    fs::create_directories(root_);
    const int nodes = pick(4, 20);
    for (int i = 0; i < nodes; ++i) {
      const fs::path at = root_ / fs::path(dirs_[index(dirs_.size())]) / name();
      std::error_code ignored;
      if (fs::symlink_status(at, ignored).type() != fs::file_type::not_found) {
        continue;
      }
      switch (pick(0, 3)) {
        case 0:
          std::ofstream(at) << "x";
          break;
        case 1:
          fs::create_directory(at, ignored);
          dirs_.push_back(fs::relative(at, root_));
          break;
        default:
          fs::create_symlink(path(), at, ignored);
      }
    }
  }
  std::string path() {
    static constexpr std::array<const char*, 9> kParts = {"a", "b", "c",  "d", "..",
                                                          ".", "",  "..", "a"};
    std::string text = pick(0, 3) == 0 ? "/" : "";
    const int count = pick(1, 6);
    for (int i = 0; i < count; ++i) {
      text += (i == 0 ? "" : "/");
      text += kParts[index(kParts.size())];
    }
    return text + (pick(0, 5) == 0 ? "/" : "");
  }
  int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

 private:
  std::size_t index(std::size_t size) {
    return static_cast<std::size_t>(pick(0, static_cast<int>(size) - 1));
  }
  std::string name() { return std::string(1, static_cast<char>('a' + pick(0, 3))); }

  fs::path root_;
  std::mt19937 random_;
  std::vector<std::string> dirs_ = {"."};
};

TEST_F(InRoot, WalkerAnswersAsOpenat2) {
  const auto probe = open_at2(root_, ".", O_PATH, 0, RESOLVE_IN_ROOT);
  if (!probe && probe.error().err() == ENOSYS) {
    GTEST_SKIP() << "this kernel has no openat2";
  }
  constexpr std::array<int, 4> kFlags = {O_PATH, O_PATH | O_NOFOLLOW, O_PATH | O_DIRECTORY,
                                         O_PATH | O_DIRECTORY | O_NOFOLLOW};
  int found = 0;
  for (std::uint32_t seed = 0; seed < 1000; ++seed) {
    const fs::path at = base_ / "trees" / std::to_string(seed);
    Tree tree(at, seed);
    const UniqueFd root = *open_at(cwd(), at.c_str(), O_PATH | O_DIRECTORY);
    for (int i = 0; i < 24; ++i) {
      const std::string path = tree.path();
      const int flags = kFlags[static_cast<std::size_t>(tree.pick(0, 3))];
      const Links links = tree.pick(0, 3) == 0 ? Links::refuse : Links::follow;
      const auto ask_kernel = [&] {
        return open_at2(root, path.c_str(), static_cast<std::uint64_t>(flags), 0,
                        RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS |
                            (links == Links::refuse ? RESOLVE_NO_SYMLINKS : 0U));
      };
      auto by_kernel = ask_kernel();
      // Mounts and renames anywhere on a busy machine make the kernel give up on ".." and links.
      for (int again = 0; again < 200 && !by_kernel && by_kernel.error().err() == EAGAIN; ++again) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        by_kernel = ask_kernel();
      }
      const auto by_walk = in_root_internal::walk(root, path, flags, links);
      const std::string context = cat("tree ", seed, " path '", path, "' flags ", flags);
      ASSERT_EQ(by_kernel.has_value(), by_walk.has_value())
          << context << ": "
          << (by_kernel ? by_walk.error().message() : by_kernel.error().message());
      if (by_kernel) {
        const struct stat a = *stat_fd(*by_kernel);
        const struct stat b = *stat_fd(*by_walk);
        EXPECT_EQ(a.st_ino, b.st_ino) << context;
        ++found;
      } else {
        EXPECT_EQ(by_kernel.error().err(), by_walk.error().err()) << context;
      }
    }
    fs::remove_all(at);
  }
  EXPECT_GT(found, 4000);  // the trees are not all dead ends
}

}  // namespace
}  // namespace plimsoll::sys
