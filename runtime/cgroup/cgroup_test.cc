// Cgroups of this machine's own kernel, below names of this test alone: the host's hierarchies as
// they are, and in a mount namespace of a child v1 alone and v2 alone.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/cgroup/cgroup.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>

#include "runtime/base/text.h"
#include "runtime/plan/resources.h"
#include "runtime/sys/bpf.h"

// The spec's structs leave most members out, which g++ 12 warns of even for std::optional.
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

namespace plimsoll::cgroup {
namespace {

using plan::CgroupMode;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

enum class View { host, v1, v2 };

// Runs `body` in a child with its own mounts. Its failures are printed there and counted here.
void in_view(View view, const std::function<void()>& body) {
  fflush(nullptr);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    bool ready = unshare(CLONE_NEWNS) == 0 &&
                 mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    if (view == View::v1) {
      (void)umount2("/sys/fs/cgroup/unified", MNT_DETACH);
    }
    if (view == View::v2) {
      (void)umount2("/sys/fs/cgroup", MNT_DETACH);
      ready = ready && mount("none", "/sys/fs/cgroup", "cgroup2", 0, nullptr) == 0;
    }
    EXPECT_TRUE(ready);
    if (ready) {
      body();
    }
    fflush(nullptr);
    _exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

std::string file_text(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string path_of(const Cgroup& cgroup, std::string_view controller) {
  for (const auto& [controllers, path] : cgroup.paths()) {
    if (controllers == controller) {
      return path;
    }
  }
  return "(none)";
}

std::string error_of(const Result<>& result) { return result ? "" : result.error().message(); }

plan::Cgroup plan_for(std::string_view name) {
  plan::Cgroup plan;
  plan.path = cat("/plimsoll-test-", getpid(), "-", name);
  plan.explicit_path = true;
  return plan;
}

void set_resources(plan::Cgroup& plan, const spec::Resources& resources) {
  std::vector<std::string> warnings;
  plan.writes = plan::plan_resources(resources, detect_mode(), warnings).value();
  plan.any_resources = true;
}

// A process that waits in the cgroup; killed and reaped at the end.
class Member {
 public:
  explicit Member(Cgroup& cgroup) {
    pid_ = fork();
    if (pid_ == 0) {
      for (;;) {
        pause();
      }
    }
    EXPECT_EQ(error_of(cgroup.attach(pid_)), "");
  }
  ~Member() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      wait();
    }
  }
  pid_t pid() const { return pid_; }
  // The signal it died of.
  int wait() {
    int status = 0;
    if (pid_ > 0 && waitpid(pid_, &status, 0) == pid_) {
      pid_ = 0;
    }
    return WTERMSIG(status);
  }

 private:
  pid_t pid_ = 0;
};

class CgroupTest : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) {
      GTEST_SKIP() << "needs root";
    }
    if (detect_mode() != CgroupMode::hybrid) {
      GTEST_SKIP() << "written for a host with v1 controllers and a cgroup2 mount beside them";
    }
  }
  // Nothing of ours is left.
  void TearDown() override {
    const std::string prefix = cat("plimsoll-test-", getpid(), "-");
    for (const auto& hierarchy : std::filesystem::directory_iterator("/sys/fs/cgroup")) {
      for (const auto& entry : std::filesystem::directory_iterator(hierarchy)) {
        EXPECT_FALSE(entry.path().filename().string().starts_with(prefix)) << entry.path();
      }
    }
  }
};

void lifecycle(const char* name) {
  plan::Cgroup plan = plan_for(name);
  plan.path += "/inner/leaf";
  Cgroup cgroup = Cgroup::locate(plan).value();
  ASSERT_EQ(error_of(cgroup.create(plan)), "");
  for (const auto& [controllers, path] : cgroup.paths()) {
    EXPECT_TRUE(std::filesystem::is_directory(path)) << path;
  }
  {
    Member member(cgroup);
    EXPECT_THAT(cgroup.processes().value(), ElementsAre(member.pid()));
    EXPECT_EQ(error_of(cgroup.create(plan)),
              "container's cgroup is not empty: 1 process(es) found");

    EXPECT_FALSE(cgroup.frozen().value());
    ASSERT_EQ(error_of(cgroup.freeze()), "");
    EXPECT_TRUE(cgroup.frozen().value());
    ASSERT_EQ(error_of(cgroup.thaw()), "");
    EXPECT_FALSE(cgroup.frozen().value());

    EXPECT_EQ(error_of(cgroup.signal_all(SIGTERM)), "");
    EXPECT_EQ(member.wait(), SIGTERM);
  }
  {
    Member member(cgroup);
    ASSERT_EQ(error_of(cgroup.freeze()), "");
    EXPECT_EQ(error_of(cgroup.signal_all(SIGKILL)), "");
    EXPECT_EQ(member.wait(), SIGKILL) << "a frozen process must die too";
  }
  ASSERT_EQ(error_of(cgroup.thaw()), "");
  EXPECT_FALSE(cgroup.oom_killed());
  EXPECT_EQ(error_of(cgroup.remove()), "");
  EXPECT_EQ(error_of(cgroup.remove()), "");
  for (const auto& [controllers, path] : cgroup.paths()) {
    EXPECT_FALSE(std::filesystem::exists(path)) << path;
    std::filesystem::path parent = std::filesystem::path(path).parent_path();
    EXPECT_EQ(rmdir(parent.c_str()), 0) << parent;
    EXPECT_EQ(rmdir(parent.parent_path().c_str()), 0);
  }
}

TEST_F(CgroupTest, LifecycleInAHybrid) { lifecycle("life-hybrid"); }

TEST_F(CgroupTest, LifecycleOnV1) {
  in_view(View::v1, [] {
    EXPECT_EQ(detect_mode(), CgroupMode::v1);
    lifecycle("life-v1");
  });
}

TEST_F(CgroupTest, LifecycleOnV2) {
  in_view(View::v2, [] {
    EXPECT_EQ(detect_mode(), CgroupMode::v2);
    lifecycle("life-v2");
  });
}

TEST_F(CgroupTest, InitEntersByTasksFiles) {
  in_view(View::v1, [] {
    const plan::Cgroup plan = plan_for("tasks");
    Cgroup cgroup = Cgroup::locate(plan).value();
    ASSERT_EQ(error_of(cgroup.create(plan)), "");
    EXPECT_EQ(cgroup.v2_dir(), -1);
    EXPECT_EQ(cgroup.v1_tasks().size(), cgroup.paths().size());
    const pid_t child = fork();
    if (child == 0) {
      bool entered = true;
      for (const UniqueFd& tasks : cgroup.v1_tasks()) {
        entered = write(tasks.get(), "0", 1) == 1 && entered;
      }
      const std::string own = file_text("/proc/self/cgroup");
      std::size_t count = 0;
      for (std::size_t at = own.find(plan.path); at != std::string::npos;
           at = own.find(plan.path, at + 1)) {
        ++count;
      }
      _exit(entered && count == cgroup.paths().size() ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(error_of(cgroup.remove()), "");
  });
}

// linux.memory.limit, pids, cpu, cpuset; update raises and lowers memory and memsw in any order
TEST_F(CgroupTest, LimitsOnV1) {
  plan::Cgroup plan = plan_for("limits");
  spec::Resources resources;
  resources.memory.emplace();
  resources.memory->limit = 32 << 20;
  resources.memory->swap = 48 << 20;
  resources.pids = spec::Pids{.limit = 9};
  resources.cpu.emplace();
  resources.cpu->shares = 512;
  resources.cpu->quota = 50000;
  resources.cpu->period = 100000;
  resources.cpu->cpus = "0";
  set_resources(plan, resources);
  Cgroup cgroup = Cgroup::locate(plan).value();
  ASSERT_EQ(error_of(cgroup.create(plan)), "");
  ASSERT_EQ(error_of(cgroup.apply(plan)), "");
  const auto value = [&](std::string_view controller, std::string_view file) {
    return std::string(trim(file_text(cat(path_of(cgroup, controller), "/", file))));
  };
  EXPECT_EQ(value("memory", "memory.limit_in_bytes"), cat(32 << 20));
  EXPECT_EQ(value("memory", "memory.memsw.limit_in_bytes"), cat(48 << 20));
  EXPECT_EQ(value("pids", "pids.max"), "9");
  EXPECT_EQ(value("cpu", "cpu.shares"), "512");
  EXPECT_EQ(value("cpu", "cpu.cfs_quota_us"), "50000");
  EXPECT_EQ(value("cpuset", "cpuset.cpus"), "0");
  EXPECT_EQ(value("cpuset", "cpuset.mems"),
            std::string(trim(file_text("/sys/fs/cgroup/cpuset/cpuset.mems"))));
  for (const auto& [limit, swap] :
       {std::pair{64 << 20, 96 << 20}, std::pair{16 << 20, 16 << 20},
        std::pair{20 << 20, 200 << 20}, std::pair{100 << 20, 120 << 20}}) {
    resources.memory->limit = limit;
    resources.memory->swap = swap;
    set_resources(plan, resources);
    ASSERT_EQ(error_of(cgroup.apply(plan)), "");
    EXPECT_EQ(value("memory", "memory.limit_in_bytes"), cat(limit));
    EXPECT_EQ(value("memory", "memory.memsw.limit_in_bytes"), cat(swap));
  }
  resources.memory = spec::Memory{};
  resources.memory->limit = -1;
  set_resources(plan, resources);
  ASSERT_EQ(error_of(cgroup.apply(plan)), "");
  EXPECT_EQ(value("memory", "memory.limit_in_bytes"), "9223372036854771712");
  EXPECT_EQ(error_of(cgroup.remove()), "");
}

// The hugetlb controller of a hybrid is in the v2 hierarchy; its v1 files are translated.
TEST_F(CgroupTest, HugetlbOfAHybrid) {
  plan::Cgroup plan = plan_for("huge");
  spec::Resources resources;
  resources.hugepage_limits = {{.page_size = "2MB", .limit = 4 << 20}};
  set_resources(plan, resources);
  Cgroup cgroup = Cgroup::locate(plan).value();
  ASSERT_EQ(error_of(cgroup.create(plan)), "");
  EXPECT_EQ(error_of(cgroup.apply(plan)), "");
  EXPECT_EQ(file_text(cat(path_of(cgroup, ""), "/hugetlb.2MB.max")), "4194304\n");
  EXPECT_EQ(file_text(cat(path_of(cgroup, ""), "/hugetlb.2MB.rsvd.max")), "4194304\n");
  EXPECT_EQ(error_of(cgroup.remove()), "");
}

TEST_F(CgroupTest, ALimitWithoutItsControllerIsAnError) {
  plan::Cgroup plan = plan_for("noctl");
  plan.writes = {{.controller = "rdma", .file = "rdma.max", .value = "x hca_handle=1"}};
  Cgroup cgroup = Cgroup::locate(plan).value();
  ASSERT_EQ(error_of(cgroup.create(plan)), "");
  EXPECT_EQ(error_of(cgroup.apply(plan)),
            "cannot set rdma limit: container could not join or create cgroup");
  plan.writes = {{.controller = "pids", .file = "pids.max", .value = "-7"}};
  EXPECT_THAT(error_of(cgroup.apply(plan)),
              HasSubstr("set pids.max to '-7': write '/sys/fs/cgroup/pids"));
  EXPECT_EQ(error_of(cgroup.remove()), "");
}

TEST_F(CgroupTest, WritesFollowTheirPolicy) {
  plan::Cgroup plan = plan_for("policy");
  Cgroup cgroup = Cgroup::locate(plan).value();
  ASSERT_EQ(error_of(cgroup.create(plan)), "");
  plan.writes = {{.controller = "pids",
                  .file = "pids.nope",
                  .value = "1",
                  .on_failure = plan::OnFailure::skip},
                 {.controller = "pids",
                  .file = "pids.nope",
                  .value = "1",
                  .on_failure = plan::OnFailure::take_next},
                 {.controller = "pids", .file = "pids.max", .value = "5"},
                 {.controller = "pids",
                  .file = "pids.max",
                  .value = "6",
                  .on_failure = plan::OnFailure::take_next},
                 {.controller = "pids", .file = "pids.max", .value = "7"}};
  EXPECT_EQ(error_of(cgroup.apply(plan)), "");
  EXPECT_EQ(file_text(cat(path_of(cgroup, "pids"), "/pids.max")), "6\n");
  plan.writes = {{.controller = "pids", .file = "pids.nope", .value = "1"}};
  EXPECT_THAT(error_of(cgroup.apply(plan)), HasSubstr("no such file"));
  plan.writes = {{.controller = "pids", .file = "../pids.max", .value = "1"}};
  EXPECT_NE(error_of(cgroup.apply(plan)), "");
  EXPECT_EQ(error_of(cgroup.remove()), "");
}

bool can_open(Cgroup& cgroup, const char* device) {
  int ready[2];
  EXPECT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    char byte = 0;
    (void)!read(ready[0], &byte, 1);
    _exit(open(device, O_RDWR | O_CLOEXEC) >= 0 ? 0 : 1);
  }
  EXPECT_EQ(error_of(cgroup.attach(child)), "");
  (void)!write(ready[1], "x", 1);
  close(ready[0]);
  close(ready[1]);
  int status = 0;
  waitpid(child, &status, 0);
  return status == 0;
}

// linux.resources.devices: what is not listed is out of reach, and update changes it both ways
void devices_hold(const char* name) {
  plan::Cgroup plan = plan_for(name);
  plan.devices = plan::plan_device_rules({}).value();
  Cgroup cgroup = Cgroup::locate(plan).value();
  ASSERT_EQ(error_of(cgroup.create(plan)), "");
  ASSERT_EQ(error_of(cgroup.apply(plan)), "");
  EXPECT_TRUE(can_open(cgroup, "/dev/null"));
  EXPECT_FALSE(can_open(cgroup, "/dev/kmsg"));
  Cgroup later = Cgroup::open(cgroup.paths()).value();
  EXPECT_EQ(later.v2_dir() >= 0, detect_mode() == CgroupMode::v2);
  plan.devices = plan::plan_device_rules(
                     {{.allow = true, .type = "c", .major = 1, .minor = 11, .access = "rw"}})
                     .value();
  for (int update = 0; update < 70; ++update) {
    ASSERT_EQ(error_of(later.apply(plan)), "") << update;
  }
  EXPECT_TRUE(can_open(later, "/dev/null"));
  EXPECT_TRUE(can_open(later, "/dev/kmsg"));
  if (cgroup.v2_dir() >= 0 && detect_mode() == CgroupMode::v2) {
    EXPECT_EQ(sys::bpf_device_programs(BorrowedFd::of(cgroup.v2_dir()))->size(), 1U)
        << "filters are replaced, not stacked";
  }
  plan.devices = plan::plan_device_rules({{.allow = true}}).value();
  ASSERT_EQ(error_of(later.apply(plan)), "");
  EXPECT_TRUE(can_open(later, "/dev/kmsg"));
  plan.devices = {plan.devices.front()};
  ASSERT_EQ(error_of(later.apply(plan)), "");
  EXPECT_FALSE(can_open(later, "/dev/null"));
  EXPECT_EQ(error_of(later.remove()), "");
}

TEST_F(CgroupTest, DevicesOnV1) { devices_hold("dev-v1"); }

TEST_F(CgroupTest, DevicesOnV2) {
  in_view(View::v2, [] { devices_hold("dev-v2"); });
}

// linux.cgroups.fitness-fail.error: refused, and nothing is left or changed
TEST_F(CgroupTest, RefusesAFrozenOrUsedCgroupAndLeavesNothing) {
  const plan::Cgroup outer = plan_for("used");
  Cgroup used = Cgroup::locate(outer).value();
  ASSERT_EQ(error_of(used.create(outer)), "");
  ASSERT_EQ(error_of(used.freeze()), "");
  EXPECT_EQ(error_of(Cgroup::locate(outer)->create(outer)),
            "container's cgroup unexpectedly frozen");
  ASSERT_EQ(error_of(used.thaw()), "");
  {
    // Only in one v1 hierarchy, deep below: the folders made before it is met go away again.
    const std::string memory = path_of(used, "memory");
    Cgroup inner = Cgroup::open({{"memory", cat(memory, "/deep")}}).value();
    ASSERT_EQ(mkdir(cat(memory, "/deep").c_str(), 0755), 0);
    Member member(inner);
    for (const auto& [controllers, path] : used.paths()) {
      if (controllers != "memory") {
        EXPECT_EQ(rmdir(path.c_str()), 0) << path;
      }
    }
    EXPECT_EQ(error_of(Cgroup::locate(outer)->create(outer)),
              "container's cgroup is not empty: 1 process(es) found");
    for (const auto& [controllers, path] : used.paths()) {
      EXPECT_EQ(std::filesystem::exists(path), controllers == "memory") << path;
    }
  }
  EXPECT_EQ(error_of(used.remove()), "");
}

TEST_F(CgroupTest, RemoveKillsWhatIsLeftInNestedFrozenCgroups) {
  for (const View view : {View::host, View::v1, View::v2}) {
    in_view(view, [] {
      const plan::Cgroup plan = plan_for("nested");
      Cgroup cgroup = Cgroup::locate(plan).value();
      ASSERT_EQ(error_of(cgroup.create(plan)), "");
      Paths inner_paths = cgroup.paths();
      for (auto& [controllers, path] : inner_paths) {
        path += "/a/b";
        std::filesystem::create_directories(path);
      }
      for (const auto& [controllers, path] : inner_paths) {
        if (controllers == "cpuset") {
          for (const char* file : {"/cpuset.cpus", "/cpuset.mems"}) {
            const std::string root = file_text(cat("/sys/fs/cgroup/cpuset", file));
            std::ofstream(std::filesystem::path(path).parent_path().string() + file) << root;
            std::ofstream(path + file) << root;
          }
        }
      }
      Cgroup inner = Cgroup::open(inner_paths).value();
      Member member(inner);
      EXPECT_THAT(cgroup.processes().value(), ElementsAre(member.pid()));
      ASSERT_EQ(error_of(inner.freeze()), "");
      ASSERT_EQ(error_of(inner.thaw()), "");
      ASSERT_EQ(error_of(cgroup.freeze()), "");
      EXPECT_EQ(error_of(cgroup.remove()), "");
      EXPECT_EQ(member.wait(), SIGKILL);
    });
  }
}

TEST_F(CgroupTest, ExecJoinsBelowTheContainersCgroupOnly) {
  const plan::Cgroup plan = plan_for("join");
  Cgroup cgroup = Cgroup::locate(plan).value();
  ASSERT_EQ(error_of(cgroup.create(plan)), "");
  const std::string sibling = cat(path_of(cgroup, "memory"), "x");
  ASSERT_EQ(mkdir(sibling.c_str(), 0755), 0);
  ASSERT_EQ(mkdir(cat(path_of(cgroup, "memory"), "/sub").c_str(), 0755), 0);
  Cgroup later = Cgroup::open(cgroup.paths()).value();
  ASSERT_EQ(error_of(later.open_for_join()), "");
  EXPECT_EQ(later.v1_tasks().size() + 1, later.paths().size());
  EXPECT_GE(later.v2_dir(), 0);
  EXPECT_EQ(error_of(later.open_for_join({"memory:sub"})), "");
  EXPECT_EQ(error_of(later.open_for_join({"memory:/"})), "");
  EXPECT_THAT(error_of(later.open_for_join({"memory:../x"})), HasSubstr("bad sub cgroup path"));
  EXPECT_THAT(error_of(later.open_for_join({"sub/../.."})), HasSubstr("bad sub cgroup path"));
  EXPECT_THAT(error_of(later.open_for_join({"memory:x"})), HasSubstr("no such file"));
  EXPECT_THAT(error_of(later.open_for_join({"nope:sub"})), HasSubstr("unknown controller nope"));
  EXPECT_THAT(error_of(later.open_for_join({",:sub"})), HasSubstr("unknown controller"));
  EXPECT_EQ(rmdir(sibling.c_str()), 0);
  EXPECT_EQ(error_of(cgroup.remove()), "");
}

TEST(CgroupOpen, RefusesRootsAndUncleanPaths) {
  for (const Paths& paths :
       {Paths{{"memory", "/sys/fs/cgroup/memory"}}, Paths{{"", "/sys/fs/cgroup/"}},
        Paths{{"", "/sys/fs/cgroup"}, {"memory", "/sys/fs/cgroup/memory/x"}},
        Paths{{"memory", "/sys/fs/cgroup/memory/x/.."}}, Paths{{"memory", "relative"}},
        Paths{{"memory", "/etc"}}, Paths{{"memory", "/"}},
        Paths{{"", "/sys/fs/cgroup/unified"}, {"memory", "/sys/fs/cgroup/memory/x"}}}) {
    EXPECT_FALSE(Cgroup::open(paths).has_value()) << paths.front().second;
  }
  const auto none = Cgroup::open({});
  ASSERT_TRUE(none.has_value());
  EXPECT_THAT(none->processes().value(), IsEmpty());
}

TEST_F(CgroupTest, GonePathsAreSkipped) {
  const plan::Cgroup plan = plan_for("gone");
  Cgroup cgroup = Cgroup::open(Cgroup::locate(plan)->paths()).value();
  EXPECT_THAT(cgroup.processes().value(), IsEmpty());
  EXPECT_EQ(error_of(cgroup.signal_all(SIGKILL)), "");
  EXPECT_EQ(error_of(cgroup.open_for_join()), "");
  EXPECT_FALSE(cgroup.frozen().value());
  EXPECT_EQ(error_of(cgroup.remove()), "");
}

// linux.unified.missing-controller.error
TEST_F(CgroupTest, V2NamesTheMissingController) {
  in_view(View::v2, [] {
    plan::Cgroup plan = plan_for("v2ctl");
    plan.writes = {{.controller = "bogus", .file = "bogus.max", .value = "1"}};
    Cgroup cgroup = Cgroup::locate(plan).value();
    EXPECT_THAT(error_of(cgroup.create(plan)),
                HasSubstr("controller 'bogus' not available: '/sys/fs/cgroup' has only"));
    EXPECT_FALSE(std::filesystem::exists(path_of(cgroup, "")));
  });
}

// linux.unified.controllers-enabled; the folder that does not pass a controller on is named
TEST_F(CgroupTest, V2EnablesControllersOrNamesTheParentThatDoesNot) {
  in_view(View::v2, [] {
    if (!file_text("/sys/fs/cgroup/cgroup.controllers").contains("hugetlb")) {
      return;
    }
    plan::Cgroup plan = plan_for("v2huge");
    const std::string top = plan.path;
    plan.path += "/mid/leaf";
    plan.writes = {{.controller = "hugetlb", .file = "hugetlb.2MB.max", .value = "2097152"}};
    Cgroup cgroup = Cgroup::locate(plan).value();
    ASSERT_EQ(error_of(cgroup.create(plan)), "");
    EXPECT_EQ(error_of(cgroup.apply(plan)), "");
    EXPECT_EQ(file_text(cat(path_of(cgroup, ""), "/hugetlb.2MB.max")), "2097152\n");
    EXPECT_EQ(error_of(cgroup.remove()), "");
    const std::string mid = std::filesystem::path(path_of(cgroup, "")).parent_path();
    std::ofstream(cat(mid, "/cgroup.subtree_control")) << "-hugetlb";
    {
      Cgroup parent = Cgroup::open({{"", mid}}).value();
      Member member(parent);
      Cgroup again = Cgroup::locate(plan).value();
      EXPECT_THAT(error_of(again.create(plan)),
                  AllOf(HasSubstr("controller 'hugetlb' not available"),
                        HasSubstr(cat("'", mid, "' does not delegate it: it has processes"))));
      EXPECT_FALSE(std::filesystem::exists(path_of(again, "")));
    }
    EXPECT_EQ(error_of(Cgroup::open({{"", mid}})->remove()), "");
    EXPECT_EQ(rmdir(cat("/sys/fs/cgroup", top).c_str()), 0);
  });
}

// linux.cgroupOwner.only-listed, no-others
TEST_F(CgroupTest, V2GivesTheOwnerTheListedFilesOnly) {
  in_view(View::v2, [] {
    plan::Cgroup plan = plan_for("v2owner");
    plan.owner = 4242;
    Cgroup cgroup = Cgroup::locate(plan).value();
    ASSERT_EQ(error_of(cgroup.create(plan)), "");
    const std::string list = file_text("/sys/kernel/cgroup/delegate");
    struct stat status = {};
    ASSERT_EQ(stat(path_of(cgroup, "").c_str(), &status), 0);
    EXPECT_EQ(status.st_uid, 4242U);
    for (const auto& entry : std::filesystem::directory_iterator(path_of(cgroup, ""))) {
      const std::string name = entry.path().filename();
      ASSERT_EQ(stat(entry.path().c_str(), &status), 0);
      const bool listed = list.contains(cat(name, "\n"));
      EXPECT_EQ(status.st_uid, listed ? 4242U : 0U) << name;
    }
    EXPECT_EQ(error_of(cgroup.remove()), "");
  });
}

TEST_F(CgroupTest, RootlessWithoutPermission) {
  in_view(View::v2, [] {
    plan::Cgroup plan = plan_for("rootless");
    ASSERT_EQ(setresuid(4242, 4242, 4242), 0);
    plan.rootless = true;
    Cgroup refused = Cgroup::locate(plan).value();
    EXPECT_THAT(
        error_of(refused.create(plan)),
        AllOf(HasSubstr("unable to apply cgroup configuration"), HasSubstr("permission denied")));
    plan.explicit_path = false;
    plan.path.erase(0, 1);
    plan.any_resources = true;
    Cgroup limited = Cgroup::locate(plan).value();
    EXPECT_THAT(error_of(limited.create(plan)),
                HasSubstr("rootless needs no limits + no cgrouppath when no permission"));
    plan.any_resources = false;
    plan.devices = plan::plan_device_rules({}).value();
    Cgroup tolerated = Cgroup::locate(plan).value();
    EXPECT_EQ(error_of(tolerated.create(plan)), "");
    EXPECT_EQ(error_of(tolerated.apply(plan)), "");
    EXPECT_THAT(tolerated.paths(), IsEmpty());
    EXPECT_EQ(error_of(tolerated.remove()), "");
  });
}

TEST_F(CgroupTest, MountSources) {
  const plan::Cgroup plan = plan_for("mounts");
  const Cgroup cgroup = Cgroup::locate(plan).value();
  const auto sources = mount_sources(cgroup).value();
  EXPECT_EQ(sources.size() + 1, cgroup.paths().size()) << "v1 only";
  bool named = false;
  for (const MountSource& source : sources) {
    EXPECT_EQ(source.host_path, cat(source.mount_root, plan.path));
    EXPECT_EQ(source.mount_root, cat("/sys/fs/cgroup/", source.name));
    named = named || (source.name == "systemd" && source.options == "none,name=systemd");
  }
  EXPECT_TRUE(named || path_of(cgroup, "name=systemd") == "(none)");
  in_view(View::v2, [&] {
    const auto v2 = mount_sources(*Cgroup::locate(plan)).value();
    ASSERT_EQ(v2.size(), 1U);
    EXPECT_EQ(v2[0].name, "");
    EXPECT_EQ(v2[0].mount_root, "/sys/fs/cgroup");
  });
}

TEST_F(CgroupTest, CheckBeforeUpdateRefusesALimitBelowTheUsage) {
  // A folder with one file, as no memory controller may be on v2 here.
  char root[] = "/tmp/plimsoll-cgroup-XXXXXX";
  ASSERT_NE(mkdtemp(root), nullptr);
  std::filesystem::create_directory(cat(root, "/c"));
  std::ofstream(cat(root, "/c/memory.current")) << "1000\n";
  std::ofstream(cat(root, "/c/memory.max")) << "max\n";
  plan::Cgroup plan;
  plan.path = "/c";
  const Layout layout{.mode = CgroupMode::v2, .root = root, .proc_cgroup = "0::/\n"};
  Cgroup cgroup = Cgroup::locate(plan, layout).value();
  plan.writes = {{.controller = "memory", .file = "memory.max", .value = "999"}};
  plan.check_before_update = true;
  plan.memory_limit = 1000;
  EXPECT_EQ(error_of(cgroup.apply(plan)), "rejecting memory limit 1000 <= usage 1000");
  plan.memory_swap = 999;
  EXPECT_EQ(error_of(cgroup.apply(plan)), "rejecting memory+swap limit 999 <= usage 1000");
  EXPECT_EQ(file_text(cat(root, "/c/memory.max")), "max\n");
  plan.memory_swap.reset();
  plan.memory_limit = 1001;
  EXPECT_EQ(error_of(cgroup.apply(plan)), "");
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace plimsoll::cgroup
