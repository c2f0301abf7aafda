// Where the cgroup is put: on hosts that each test describes by a folder and two texts.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/cgroup/layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"

namespace plimsoll::cgroup {
namespace {

using plan::CgroupMode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Result<std::string> no_mountinfo() { return fail(Error::system(EIO, "mountinfo was read")); }

constexpr const char* kHybridProc =
    "12:cpu,cpuacct:/user.slice\n4:memory:/user.slice\n2:misc:/\n1:name=systemd:/user.slice/a:b\n"
    "0::/user.slice/a:b\n";

class LayoutTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/plimsoll-layout-XXXXXX";
    root_ = mkdtemp(name);
    for (const char* folder : {"cpu,cpuacct/user.slice", "memory/user.slice",
                               "systemd/user.slice/a:b", "unified/user.slice/a:b"}) {
      std::filesystem::create_directories(cat(root_, "/", folder));
    }
    std::filesystem::create_directory_symlink("cpu,cpuacct", cat(root_, "/cpu"));
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  // The paths without the root's name; or the error.
  std::vector<std::string> found(CgroupMode mode, std::string proc, std::string path,
                                 Result<std::string> (*mountinfo)() = no_mountinfo) {
    const Layout layout{.mode = mode, .root = root_, .proc_cgroup = proc, .mountinfo = mountinfo};
    const UniqueFd root = sys::open_at(sys::cwd(), root_.c_str(), O_RDONLY | O_DIRECTORY).value();
    plan::Cgroup plan;
    plan.path = std::move(path);
    const auto hierarchies = find_hierarchies(layout, root, plan);
    if (!hierarchies) {
      return {hierarchies.error().message()};
    }
    std::vector<std::string> lines;
    for (const Hierarchy& hierarchy : *hierarchies) {
      const bool ours = hierarchy.path.starts_with(root_);
      lines.push_back(cat(hierarchy.controllers, " ",
                          ours ? hierarchy.path.substr(root_.size()) : hierarchy.path));
    }
    return lines;
  }

  std::string root_;
};

// linux.cgroupsPath.absolute-from-mount
TEST_F(LayoutTest, AbsoluteIsBelowTheMountPoints) {
  static const char* misc_elsewhere = "30 1 0:9 / /mnt/misc rw - cgroup cgroup rw,misc\n";
  EXPECT_THAT(found(CgroupMode::hybrid, kHybridProc, "/a/b",
                    [] { return Result<std::string>(misc_elsewhere); }),
              ElementsAre("cpu,cpuacct /cpu,cpuacct/a/b", "memory /memory/a/b",
                          "misc /mnt/misc/a/b", "name=systemd /systemd/a/b", " /unified/a/b"));
  EXPECT_THAT(found(CgroupMode::v2, "0::/x\n", "/a"), ElementsAre(" /a"));
}

TEST_F(LayoutTest, UnmountedHierarchiesAreLeftOut) {
  EXPECT_THAT(
      found(CgroupMode::v1, kHybridProc, "/a", [] { return Result<std::string>(""); }),
      ElementsAre("cpu,cpuacct /cpu,cpuacct/a", "memory /memory/a", "name=systemd /systemd/a"));
}

TEST_F(LayoutTest, RelativeIsBelowTheCallersOwn) {
  EXPECT_THAT(found(CgroupMode::hybrid, "4:memory:/user.slice\n0::/user.slice/a:b\n", "id"),
              ElementsAre("memory /memory/user.slice/id", " /unified/user.slice/a:b/id"));
}

TEST_F(LayoutTest, RelativeOnV2IsBesideTheCallersOwn) {
  std::filesystem::create_directories(cat(root_, "/user.slice/session.scope"));
  EXPECT_THAT(found(CgroupMode::v2, "0::/user.slice/session.scope\n", "id"),
              ElementsAre(" /user.slice/id"));
  EXPECT_THAT(found(CgroupMode::v2, "0::/\n", "id"), ElementsAre(" /id"));
  EXPECT_THAT(found(CgroupMode::v2, "0::/../../other\n", "id"), ElementsAre(" /id"));
}

// In a container without a cgroup namespace a bind mount shows our own cgroup as the root.
TEST_F(LayoutTest, AMountThatShowsOnlyAPartIsFoundInMountinfo) {
  static const char* nested = "30 1 0:9 /docker/1 /nested/memory rw - cgroup cgroup rw,memory\n";
  const auto mountinfo = [] { return Result<std::string>(nested); };
  EXPECT_THAT(found(CgroupMode::v1, "4:memory:/docker/1\n", "id", mountinfo),
              ElementsAre("memory /nested/memory/id"));
  EXPECT_THAT(found(CgroupMode::v1, "4:memory:/docker/1/x\n", "id", mountinfo),
              ElementsAre("memory /nested/memory/x/id"));
  EXPECT_THAT(found(CgroupMode::v1, "4:memory:/docker/12\n", "id", mountinfo),
              ElementsAre("memory /nested/memory/id"));
}

// linux.cgroupsPath.invalid.error: never outside, never the root itself
TEST_F(LayoutTest, DotDotNeverLeadsOutside) {
  const std::string proc = "4:memory:/user.slice\n";
  EXPECT_THAT(found(CgroupMode::v1, proc, "/../../x"), ElementsAre("memory /memory/x"));
  EXPECT_THAT(found(CgroupMode::v1, proc, "../../x"), ElementsAre("memory /memory/user.slice/x"));
  EXPECT_THAT(found(CgroupMode::v1, proc, "/a/../../../b/./c//d/"),
              ElementsAre("memory /memory/b/c/d"));
  for (const char* path : {"/", "//", "/..", "", ".", "..", "a/.."}) {
    EXPECT_THAT(found(CgroupMode::v1, proc, path),
                ElementsAre(HasSubstr("not a cgroup of the container's own")))
        << path;
  }
  EXPECT_THAT(found(CgroupMode::v1, proc, std::string("/a\0b", 4)),
              ElementsAre(HasSubstr("no cgroup's name may have")));
  EXPECT_THAT(found(CgroupMode::v1, proc, "/a\nb"),
              ElementsAre(HasSubstr("no cgroup's name may have")));
}

TEST(ParseProcCgroup, SkipsWhatIsNotALine) {
  EXPECT_THAT(parse_proc_cgroup(""), IsEmpty());
  EXPECT_THAT(parse_proc_cgroup("junk\n1:memory\n:::\n5:pids:relative\n"), IsEmpty());
  const auto lines = parse_proc_cgroup("1:name=x:/a:b\n0::/");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].controllers, "name=x");
  EXPECT_EQ(lines[0].path, "/a:b");
  EXPECT_EQ(lines[1].path, "/");
}

TEST(ParseCgroupMounts, ReadsEscapesAndSkipsTheRest) {
  const auto mounts = parse_cgroup_mounts(
      "1 2 0:1 / / rw - ext4 /dev/sda rw\n"
      "3 1 0:2 / /a\\040b\\134 rw shared:1 - cgroup cgroup rw,cpu,cpuacct\n"
      "4 1 0:3 /x /u rw - cgroup2 none rw\n"
      "cgroup\n - cgroup x y\n\\");
  ASSERT_EQ(mounts.size(), 2U);
  EXPECT_EQ(mounts[0].point, "/a b\\");
  EXPECT_EQ(mounts[0].options, "rw,cpu,cpuacct");
  EXPECT_TRUE(mounts[1].v2);
  EXPECT_EQ(mounts[1].root, "/x");
}

}  // namespace
}  // namespace plimsoll::cgroup
