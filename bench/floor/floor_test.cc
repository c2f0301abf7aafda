// The floor does the work that it stands for: a container that it has created looks like one.
// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "bench/bundle/bundle.h"
#include "bench/bundle/seccomp_profile.h"
#include "bench/floor/compile.h"
#include "bench/floor/filters.h"
#include "bench/floor/script_builder.h"
#include "bench/measure/container_life.h"
#include "bench/measure/files.h"
#include "bench/measure/workspace.h"

namespace plimsoll::bench {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ScriptTest, HeaderCountsTheSteps) {
  ScriptBuilder script;
  script.write_file("/file", "text");
  const std::string text = script.script();
  ScriptHeader header{};
  text.copy(reinterpret_cast<char*>(&header), sizeof header);
  EXPECT_EQ(header.magic, kScriptMagic);
  EXPECT_EQ(header.steps, 3U);
  EXPECT_THAT(text, HasSubstr("/file"));
}

TEST(ScriptTest, TooManyRegistersAreRefused) {
  ScriptBuilder script;
  EXPECT_THROW(for (int i = 0; i <= kRegisters; ++i) { script.open("/", 0); }, std::runtime_error);
}

TEST(FiltersTest, UnknownWordsAreRefused) {
  EXPECT_THROW(seccomp_filter({{"defaultAction", "SCMP_ACT_GUESS"}}), std::runtime_error);
  EXPECT_GT(seccomp_filter(engine_seccomp_profile()).size(), 300 * sizeof(sock_filter));
}

std::string inode(const std::string& process, const char* name) {
  return std::filesystem::read_symlink("/proc/" + process + "/ns/" + name);
}

std::string status_line(const std::string& status, const std::string& key) {
  const std::size_t begin = status.find("\n" + key + ":\t") + key.size() + 3;
  return status.substr(begin, status.find('\n', begin) - begin);
}

class FloorTest : public testing::TestWithParam<const char*> {};

TEST_P(FloorTest, MakesAContainer) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "a container with cgroups and mounts needs root";
  }
  const Workspace work(CgroupView::host);
  Launcher launcher(work.path());
  Subject floor;
  floor.name = "floor";
  floor.path = beside_program("plimsoll-bench-floor");
  floor.role = Role::floor;
  floor.places = {work.path() + "/end",
                  work.path() + "/wait",
                  work.folder("state"),
                  work.path() + "/pid",
                  {"/bin/payload"}};
  const BundleOptions options{.payload = Payload::minimal, .controllers = {}};
  make_bundle(GetParam(), Work::end, floor.places.end_bundle, options);
  make_bundle(GetParam(), Work::wait, floor.places.wait_bundle, options);
  const std::string id = "test" + std::to_string(getpid());
  compile_floor(floor.places, id);

  const auto run = [&](Operation operation) {
    run_checked("floor", command(floor, operation, id), launcher);
  };
  run(Operation::create);
  const std::string pid = read_file(floor.places.pid_file);
  for (const char* name : {"pid", "net", "ipc", "uts", "mnt"}) {
    EXPECT_NE(inode(pid, name), inode("self", name)) << name;
  }
  run(Operation::start);
  run(Operation::state);
  run(Operation::exec);
  // `start` lets init go on and does not wait for its execve.
  const std::string exe = "/proc/" + pid + "/exe";
  for (int i = 0; i < 1000 && std::filesystem::read_symlink(exe) != "/bin/payload"; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  const std::string status = read_file("/proc/" + pid + "/status");
  const std::string mounts = read_file("/proc/" + pid + "/mountinfo");
  EXPECT_EQ(std::filesystem::read_symlink(exe), "/bin/payload");
  for (const char* target : {" /proc ", " /dev ", " /dev/pts ", " /dev/shm ", " /dev/mqueue ",
                             " /sys ", " /proc/sys ", " /sys/firmware "}) {
    EXPECT_THAT(mounts, HasSubstr(target));
  }
  EXPECT_THAT(mounts, Not(HasSubstr(work.path() + "/state"))) << "the old root is still there";
  const bool minimal = std::string_view(GetParam()) == "minimal";
  EXPECT_EQ(status_line(status, "CapEff"), minimal ? "0000000020000420" : "00000000800405fb");
  EXPECT_EQ(status_line(status, "CapBnd"), status_line(status, "CapEff"));
  EXPECT_EQ(status_line(status, "NoNewPrivs"), minimal ? "1" : "0");
  EXPECT_EQ(status_line(status, "Seccomp"), minimal ? "0" : "2");
  EXPECT_THAT(read_file("/proc/" + pid + "/cgroup"), HasSubstr("plimsoll-bench-floor-" + id));
  run(Operation::kill);
  launcher.reap(std::stoi(pid));
  run(Operation::remove);
  run(Operation::run);
  EXPECT_THAT(read_file("/proc/self/mountinfo"), Not(HasSubstr("/wait/rootfs")));
  for (const auto& hierarchy : std::filesystem::directory_iterator("/sys/fs/cgroup")) {
    EXPECT_FALSE(std::filesystem::exists(hierarchy.path() / ("plimsoll-bench-floor-" + id)));
  }
}
INSTANTIATE_TEST_SUITE_P(Bundles, FloorTest, testing::Values("minimal", "podman", "userns"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace plimsoll::bench
