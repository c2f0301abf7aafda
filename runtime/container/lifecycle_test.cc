// state, kill, delete, list, ps, pause, resume and wait on containers whose init is a plain process
// of the test, in real cgroups where root can make them. Requirement ids are those of the
// specification's list. SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <system_error>
#include <thread>

#include "runtime/base/text.h"
#include "runtime/container/verbs.h"
#include "runtime/state/state.h"
#include "runtime/sys/process.h"

namespace plimsoll::container {
namespace {

using namespace std::chrono_literals;
using state::ContainerDir;
using state::Status;

bool exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

std::string read_all(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool write_to(const std::string& path, std::string_view content) {
  std::ofstream file(path, std::ios::binary);
  file << content;
  file.close();
  return !file.fail();
}

std::string text_of(const Result<>& result) { return result ? "" : result.error().message(); }

// A child of the test that sleeps until it is killed.
class Sleeper {
 public:
  explicit Sleeper(const std::function<void()>& first = {}) : pid_(fork()) {
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (first) {
        first();
      }
      for (;;) {
        ::pause();
      }
    }
    identity_ = state::identify_process(pid_).value_or(state::ProcessIdentity{});
  }
  ~Sleeper() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
  }
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;

  pid_t pid() const { return pid_; }
  const state::ProcessIdentity& identity() const { return identity_; }
  bool alive() const { return state::liveness(identity_) == state::Liveness::alive; }
  // The signal that ended it; 0 while it lives.
  int ended_by() const {
    siginfo_t info = {};
    waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
    return info.si_pid == 0 ? 0 : info.si_status;
  }
  bool ends() const {
    for (int i = 0; i < 500 && alive(); ++i) {
      std::this_thread::sleep_for(10ms);
    }
    return !alive();
  }

 private:
  pid_t pid_;
  state::ProcessIdentity identity_;
};

// Cgroups of the test's own in the hierarchies of this host that matter here.
class TestCgroup {
 public:
  explicit TestCgroup(const std::string& name) {
    for (const auto& [controller, mount] : std::vector<std::pair<std::string, std::string>>{
             {"freezer", "/sys/fs/cgroup/freezer"}, {"pids", "/sys/fs/cgroup/pids"}}) {
      const std::string path = cat(mount, "/", name);
      if (exists(mount + "/cgroup.procs") && mkdir(path.c_str(), 0755) == 0) {
        paths_.emplace_back(controller, path);
      }
    }
    if (paths_.empty() && exists("/sys/fs/cgroup/cgroup.controllers")) {
      const std::string path = cat("/sys/fs/cgroup/", name);
      if (mkdir(path.c_str(), 0755) == 0) {
        paths_.emplace_back("", path);
      }
    }
  }
  ~TestCgroup() {
    for (const auto& [controller, path] : paths_) {
      for (int i = 0; i < 200 && rmdir(path.c_str()) != 0 && errno == EBUSY; ++i) {
        std::this_thread::sleep_for(10ms);
      }
    }
  }
  TestCgroup(const TestCgroup&) = delete;
  TestCgroup& operator=(const TestCgroup&) = delete;

  bool usable() const { return !paths_.empty(); }
  const std::vector<std::pair<std::string, std::string>>& paths() const { return paths_; }
  std::vector<std::string> plain_paths() const {
    std::vector<std::string> out;
    for (const auto& [controller, path] : paths_) {
      out.push_back(path);
    }
    return out;
  }
  void add(pid_t pid) const {
    for (const auto& [controller, path] : paths_) {
      ASSERT_TRUE(write_to(path + "/cgroup.procs", cat(pid))) << path;
    }
  }
  bool gone() const {
    for (const auto& [controller, path] : paths_) {
      if (exists(path)) {
        return false;
      }
    }
    return true;
  }

 private:
  std::vector<std::pair<std::string, std::string>> paths_;
};

#define NEED_CGROUP(cgroup)                                 \
  if (!(cgroup).usable()) {                                 \
    GTEST_SKIP() << "no cgroup can be made by this caller"; \
  }

class LifecycleTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/plimsoll-container-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    path_ = name;
    globals_.root = path_ + "/root";
    root_ = *state::open_root(globals_.root, true);
  }
  void TearDown() override {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::string cgroup_name() const {
    static std::atomic<int> counter = 0;
    return cat("plimsoll-lifecycle-test-", getpid(), "-", counter++);
  }

  state::Record record_of(const std::string& id, const state::ProcessIdentity& init) const {
    state::Record record;
    record.oci_version = "1.3.0";
    record.id = id;
    record.bundle = "/bundle";
    record.rootfs = "/bundle/rootfs";
    record.created = "2026-11-24T10:00:00.000000001Z";
    record.init = init;
    return record;
  }
  state::Intent intent_of(const std::string& id, const state::ProcessIdentity& creator,
                          const std::vector<std::string>& cgroups = {}) const {
    state::Intent intent;
    intent.id = id;
    intent.bundle = "/bundle";
    intent.creator = creator;
    intent.cgroup_paths = cgroups;
    return intent;
  }
  void save(const state::Record& record, const std::string& config = "") {
    ContainerDir dir = *ContainerDir::create(root_, record.id);
    ASSERT_TRUE(dir.save_intent(intent_of(record.id, {.pid = 4'000'000, .start_time = 1})));
    if (!config.empty()) {
      ASSERT_TRUE(dir.save_config(config));
    }
    ASSERT_TRUE(dir.save(record));
  }
  void start_pending(const std::string& id) const {
    ASSERT_EQ(mknod(cat(folder(id), "/", state::kStartSocket).c_str(), S_IFSOCK | 0600, 0), 0);
  }
  std::string folder(const std::string& id) const { return cat(globals_.root, "/", id); }
  Status status(const std::string& id) const {
    const auto view = state_of(globals_, id);
    EXPECT_TRUE(view) << view.error().message();
    return view ? view->status : Status::creating;
  }

  std::string path_;
  Globals globals_;
  UniqueFd root_;
};

// -- state --

TEST_F(LifecycleTest, UnknownContainerIsTold) {  // runtime.op.state.unknown-id.error
  const Globals no_root = {.root = path_ + "/none"};
  for (const Globals& globals : {globals_, no_root}) {
    EXPECT_EQ(state_of(globals, "box").error().message(), "container does not exist");
    EXPECT_EQ(text_of(kill(globals, {.id = "box"})), "container does not exist");
    EXPECT_EQ(text_of(remove(globals, {.id = "box"})), "container does not exist");
    EXPECT_EQ(text_of(remove(globals, {.id = "box", .force = true})), "");
    EXPECT_EQ(text_of(pause(globals, "box")), "container does not exist");
    EXPECT_EQ(text_of(resume(globals, "box")), "container does not exist");
    EXPECT_EQ(processes(globals, "box").error().message(), "container does not exist");
    EXPECT_EQ(wait(globals, "box").error().message(), "container does not exist");
  }
}

TEST_F(LifecycleTest, IdsThatLeadElsewhereAreRefusedByEveryVerb) {
  ASSERT_TRUE(write_to(path_ + "/canary", "alive"));
  for (const std::string& id :
       {std::string(".."), std::string("."), std::string("../canary"), std::string("a/b"),
        std::string(), std::string("a b"), std::string(300, 'a'), std::string("a\n")}) {
    constexpr const char* kText = "invalid container ID format";
    EXPECT_EQ(state_of(globals_, id).error().message(), kText);
    EXPECT_EQ(text_of(kill(globals_, {.id = id})), kText);
    EXPECT_EQ(text_of(remove(globals_, {.id = id})), kText);
    EXPECT_EQ(text_of(remove(globals_, {.id = id, .force = true})), kText);
    EXPECT_EQ(text_of(pause(globals_, id)), kText);
    EXPECT_EQ(text_of(resume(globals_, id)), kText);
    EXPECT_EQ(processes(globals_, id).error().message(), kText);
    EXPECT_EQ(wait(globals_, id).error().message(), kText);
  }
  EXPECT_EQ(read_all(path_ + "/canary"), "alive");
}

TEST_F(LifecycleTest, StatusFollowsTheProcess) {  // runtime.state.status.*
  auto init = std::make_unique<Sleeper>();
  save(record_of("box", init->identity()));
  start_pending("box");
  EXPECT_EQ(status("box"), Status::created);
  ASSERT_EQ(unlink(cat(folder("box"), "/", state::kStartSocket).c_str()), 0);
  EXPECT_EQ(status("box"), Status::running);
  const auto view = *state_of(globals_, "box");
  EXPECT_EQ(view.pid, init->pid());
  EXPECT_EQ(view.bundle, "/bundle");
  EXPECT_EQ(view.rootfs, "/bundle/rootfs");
  ::kill(init->pid(), SIGKILL);
  ASSERT_TRUE(init->ends());
  EXPECT_EQ(status("box"), Status::stopped) << "a zombie";
  init.reset();
  EXPECT_EQ(status("box"), Status::stopped);
  EXPECT_EQ(state_of(globals_, "box")->pid, 0);
}

TEST_F(LifecycleTest, CreationIsSeenWhileItsCreatorLives) {
  auto creator = std::make_unique<Sleeper>();
  ContainerDir dir = *ContainerDir::create(root_, "box");
  ASSERT_TRUE(dir.save_intent(intent_of("box", creator->identity())));
  const auto view = state_of(globals_, "box");
  ASSERT_TRUE(view) << view.error().message();
  EXPECT_EQ(view->status, Status::creating);
  EXPECT_EQ(view->bundle, "/bundle");
  EXPECT_EQ(view->oci_version, "1.3.0");
  EXPECT_EQ(text_of(kill(globals_, {.id = "box"})), "container not running");
  creator.reset();
  EXPECT_EQ(status("box"), Status::stopped);
}

TEST_F(LifecycleTest, FolderWithoutAnythingIsTold) {
  ASSERT_EQ(mkdir(folder("box").c_str(), 0711), 0);
  constexpr const char* kText = "container box: not created completely; delete it with --force";
  EXPECT_EQ(state_of(globals_, "box").error().message(), kText);
  EXPECT_EQ(text_of(remove(globals_, {.id = "box"})), kText);
  EXPECT_EQ(text_of(remove(globals_, {.id = "box", .force = true})), "");
  EXPECT_FALSE(exists(folder("box")));
}

// -- kill --

TEST_F(LifecycleTest, SignalReachesInit) {  // runtime.op.kill.delivers
  for (const int signal : {SIGTERM, SIGKILL, SIGUSR1, 34}) {
    const Sleeper init;
    save(record_of("box", init.identity()));
    EXPECT_EQ(text_of(kill(globals_, {.id = "box", .signal = signal})), "");
    EXPECT_TRUE(init.ends());
    EXPECT_EQ(init.ended_by(), signal);
    EXPECT_EQ(text_of(remove(globals_, {.id = "box"})), "");
  }
}

TEST_F(LifecycleTest, StoppedContainerIsNotSignalled) {  // runtime.op.kill.not-running.*
  save(record_of("box", {.pid = 4'000'000, .start_time = 1}));
  for (const int signal : {SIGTERM, SIGKILL}) {
    const auto killed = kill(globals_, {.id = "box", .signal = signal});
    EXPECT_EQ(killed.error().kind(), ErrorKind::wrong_state);
    EXPECT_EQ(text_of(killed), "container not running");
    EXPECT_EQ(text_of(kill(globals_, {.id = "box", .signal = signal, .all = true})), "");
  }
}

TEST_F(LifecycleTest, ProcessThatHasTakenTheNumberIsNeverTouched) {
  const Sleeper victim;
  state::Record record =
      record_of("box", {.pid = victim.pid(), .start_time = victim.identity().start_time - 1});
  for (const bool shared : {false, true}) {
    record.shares_pid_namespace = shared;
    save(record);
    EXPECT_EQ(status("box"), Status::stopped);
    EXPECT_EQ(text_of(kill(globals_, {.id = "box", .signal = SIGKILL})), "container not running");
    EXPECT_EQ(text_of(kill(globals_, {.id = "box", .signal = SIGTERM})), "container not running");
    EXPECT_EQ(wait(globals_, "box").error().message(), "container not running");
    EXPECT_EQ(text_of(remove(globals_, {.id = "box", .force = true})), "");
    EXPECT_TRUE(victim.alive());
  }
}

TEST_F(LifecycleTest, KillReachesTheCgroupWithoutAPidNamespace) {
  const TestCgroup cgroup(cgroup_name());
  NEED_CGROUP(cgroup);
  Sleeper init;
  Sleeper other;
  cgroup.add(init.pid());
  cgroup.add(other.pid());
  state::Record record = record_of("box", init.identity());
  record.cgroup_paths = cgroup.paths();
  record.shares_pid_namespace = true;
  save(record);
  EXPECT_EQ(text_of(kill(globals_, {.id = "box", .signal = SIGTERM})), "");
  EXPECT_TRUE(init.ends());
  EXPECT_TRUE(other.alive()) << "only SIGKILL is for all";
  EXPECT_EQ(text_of(kill(globals_, {.id = "box", .signal = SIGKILL})), "") << "init is gone";
  EXPECT_TRUE(other.ends());
  EXPECT_EQ(text_of(kill(globals_, {.id = "box", .signal = SIGTERM})), "container not running");
}

// All are killed by way of the cgroup first; init, killed with them, may be gone before it is
// looked at, which must not turn success into "container not running".
TEST_F(LifecycleTest, KillOfEverythingCountsAnInitThatDiedWithTheOthers) {
  for (int round = 0; round < 20; ++round) {
    const TestCgroup cgroup(cgroup_name());
    NEED_CGROUP(cgroup);
    Sleeper init;
    cgroup.add(init.pid());
    state::Record record = record_of("box", init.identity());
    record.cgroup_paths = cgroup.paths();
    record.shares_pid_namespace = true;
    save(record);
    ASSERT_EQ(text_of(kill(globals_, {.id = "box", .signal = SIGKILL})), "");
    EXPECT_TRUE(init.ends());
    ASSERT_EQ(text_of(remove(globals_, {.id = "box"})), "");
  }
}

TEST_F(LifecycleTest, KillReachesAPausedContainer) {
  const TestCgroup cgroup(cgroup_name());
  NEED_CGROUP(cgroup);
  Sleeper init;
  cgroup.add(init.pid());
  state::Record record = record_of("box", init.identity());
  record.cgroup_paths = cgroup.paths();
  save(record);
  ASSERT_EQ(text_of(pause(globals_, "box")), "");
  EXPECT_EQ(status("box"), Status::paused);
  EXPECT_EQ(text_of(pause(globals_, "box")), "container not running");
  EXPECT_EQ(text_of(remove(globals_, {.id = "box"})),
            "cannot delete container box that is not stopped: paused");
  ASSERT_EQ(text_of(resume(globals_, "box")), "");
  EXPECT_EQ(status("box"), Status::running);
  EXPECT_EQ(text_of(resume(globals_, "box")), "container not paused");
  ASSERT_EQ(text_of(pause(globals_, "box")), "");
  EXPECT_EQ(text_of(kill(globals_, {.id = "box", .signal = SIGKILL})), "");
  EXPECT_TRUE(init.ends());
  EXPECT_EQ(status("box"), Status::stopped);
  EXPECT_EQ(text_of(remove(globals_, {.id = "box"})), "");
  EXPECT_TRUE(cgroup.gone());
}

TEST_F(LifecycleTest, PauseNeedsACgroupAndAContainer) {
  save(record_of("stopped", {.pid = 4'000'000, .start_time = 1}));
  const Sleeper init;
  save(record_of("rootless", init.identity()));
  EXPECT_EQ(text_of(pause(globals_, "rootless")),
            "container has no cgroup of its own: it cannot be paused");
  const TestCgroup cgroup(cgroup_name());
  NEED_CGROUP(cgroup);
  state::Record record = record_of("box", {.pid = 4'000'000, .start_time = 1});
  record.cgroup_paths = cgroup.paths();
  save(record);
  EXPECT_EQ(text_of(pause(globals_, "box")), "container not running");
  EXPECT_EQ(text_of(resume(globals_, "box")), "container not paused");
}

// -- ps --

TEST_F(LifecycleTest, ProcessesAreThoseOfTheCgroup) {
  const TestCgroup cgroup(cgroup_name());  // outlives the processes in it
  const Sleeper init;
  save(record_of("rootless", init.identity()));
  EXPECT_EQ(*processes(globals_, "rootless"), std::vector<pid_t>{init.pid()});
  NEED_CGROUP(cgroup);
  Sleeper other;
  cgroup.add(init.pid());
  cgroup.add(other.pid());
  state::Record record = record_of("box", init.identity());
  record.cgroup_paths = cgroup.paths();
  save(record);
  std::vector<pid_t> wanted = {init.pid(), other.pid()};
  std::sort(wanted.begin(), wanted.end());
  EXPECT_EQ(*processes(globals_, "box"), wanted);
}

// -- list --

TEST_F(LifecycleTest, ListShowsTheGoodAndMarksTheBad) {
  EXPECT_TRUE(list(globals_)->empty());
  EXPECT_EQ(list({.root = path_ + "/none"}).error().kind(), ErrorKind::not_found);
  const Sleeper init;
  save(record_of("good", init.identity()));
  save(record_of("bad", init.identity()));
  ASSERT_TRUE(write_to(folder("bad") + "/state.json", "null"));
  save(record_of("fifo", init.identity()));
  ASSERT_EQ(unlink((folder("fifo") + "/state.json").c_str()), 0);
  ASSERT_EQ(mkfifo((folder("fifo") + "/state.json").c_str(), 0600), 0);
  ASSERT_EQ(mkdir(folder("half").c_str(), 0711), 0);
  const auto entries = list(globals_);
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 4U);
  EXPECT_EQ((*entries)[0].view.id, "bad");
  EXPECT_NE((*entries)[0].problem.find("damaged"), std::string::npos) << (*entries)[0].problem;
  EXPECT_EQ((*entries)[1].view.id, "fifo");
  EXPECT_NE((*entries)[1].problem, "");
  EXPECT_EQ((*entries)[2].view.id, "good");
  EXPECT_EQ((*entries)[2].problem, "");
  EXPECT_EQ((*entries)[2].view.status, Status::running);
  EXPECT_EQ((*entries)[3].view.id, "half");
  EXPECT_NE((*entries)[3].problem, "");
}

TEST_F(LifecycleTest, ListNeverFailsWhileContainersComeAndGo) {
  std::atomic<bool> stop = false;
  std::thread others([&] {
    while (!stop) {
      save(record_of("box", {.pid = 4'000'000, .start_time = 1}));
      ASSERT_EQ(text_of(remove(globals_, {.id = "box"})), "");
    }
  });
  for (int i = 0; i < 1000; ++i) {
    const auto entries = list(globals_);
    ASSERT_TRUE(entries) << entries.error().message();
  }
  stop = true;
  others.join();
}

// -- delete --

TEST_F(LifecycleTest, RunningContainerIsNotDeleted) {  // runtime.op.delete.not-stopped.*
  const Sleeper init;
  save(record_of("box", init.identity()));
  const auto removed = remove(globals_, {.id = "box"});
  EXPECT_EQ(removed.error().kind(), ErrorKind::wrong_state);
  EXPECT_EQ(text_of(removed), "cannot delete container box that is not stopped: running");
  EXPECT_TRUE(init.alive());
  EXPECT_EQ(status("box"), Status::running);
  EXPECT_EQ(text_of(remove(globals_, {.id = "box", .force = true})), "");
  EXPECT_EQ(init.ended_by(), SIGKILL);
  EXPECT_FALSE(exists(folder("box")));
}

TEST_F(LifecycleTest, CreatedContainerIsKilledAndDeleted) {  // docs/runc-differences.md
  const Sleeper init;
  save(record_of("box", init.identity()));
  start_pending("box");
  EXPECT_EQ(text_of(remove(globals_, {.id = "box"})), "");
  EXPECT_EQ(init.ended_by(), SIGKILL);
  EXPECT_FALSE(exists(folder("box")));
}

TEST_F(LifecycleTest, DeleteTakesLeftoversAndCgroup) {  // runtime.op.delete.resources
  const TestCgroup cgroup(cgroup_name());
  NEED_CGROUP(cgroup);
  Sleeper leftover;
  cgroup.add(leftover.pid());
  state::Record record = record_of("box", {.pid = 4'000'000, .start_time = 1});
  record.cgroup_paths = cgroup.paths();
  record.shares_pid_namespace = true;
  record.intel_rdt_path = path_ + "/rdt";
  ASSERT_EQ(mkdir(record.intel_rdt_path.c_str(), 0700), 0);
  save(record);
  EXPECT_EQ(text_of(remove(globals_, {.id = "box"})), "");
  EXPECT_TRUE(leftover.ends());
  EXPECT_TRUE(cgroup.gone());
  EXPECT_FALSE(exists(record.intel_rdt_path));
  EXPECT_FALSE(exists(folder("box")));
}

TEST_F(LifecycleTest, ForcedDeleteEndsAPausedContainer) {
  const TestCgroup cgroup(cgroup_name());
  NEED_CGROUP(cgroup);
  Sleeper init;
  cgroup.add(init.pid());
  state::Record record = record_of("box", init.identity());
  record.cgroup_paths = cgroup.paths();
  save(record);
  ASSERT_EQ(text_of(pause(globals_, "box")), "");
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(text_of(remove(globals_, {.id = "box", .force = true})), "");
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
  EXPECT_EQ(init.ended_by(), SIGKILL);
  EXPECT_TRUE(cgroup.gone());
}

std::string config_with_hooks(const std::string& marker, const std::string& gone) {
  const auto hook = [](const std::string& script) {
    return cat(R"({"path":"/bin/sh","args":["sh","-c",")", script,
               R"("],"env":["PATH=/usr/bin:/bin"]})");
  };
  return cat(R"({"ociVersion":"1.3.0","root":{"path":"rootfs"},"hooks":{"poststop":[)",
             hook(cat("cat > ", marker, "1; test ! -e ", gone, " && echo gone >> ", marker, "1")),
             ",", hook("exit 7"), ",", hook(cat("touch ", marker, "3")), "]}}");
}

// runtime.lifecycle.poststop.*, config.hooks.poststop.timing
TEST_F(LifecycleTest, PoststopHooksRunAfterTheRestAndDoNotStopIt) {
  const TestCgroup cgroup(cgroup_name());
  NEED_CGROUP(cgroup);
  state::Record record = record_of("box", {.pid = 4'000'000, .start_time = 1});
  record.cgroup_paths = cgroup.paths();
  record.has_poststop = true;
  record.annotations = {{"k", "v"}};
  const std::string marker = path_ + "/hook";
  save(record, config_with_hooks(marker, cgroup.paths()[0].second));
  EXPECT_EQ(text_of(remove(globals_, {.id = "box"})), "");
  EXPECT_EQ(
      read_all(marker + "1"),
      R"({"ociVersion":"1.3.0","id":"box","status":"stopped","bundle":"/bundle","annotations":{"k":"v"}})"
      "gone\n");
  EXPECT_TRUE(exists(marker + "3"));
  EXPECT_FALSE(exists(folder("box")));
}

TEST_F(LifecycleTest, LostConfigDoesNotStopTheDeletion) {
  state::Record record = record_of("box", {.pid = 4'000'000, .start_time = 1});
  record.has_poststop = true;
  save(record, "{ cut");
  EXPECT_EQ(text_of(remove(globals_, {.id = "box"})), "");
  save(record);
  EXPECT_EQ(text_of(remove(globals_, {.id = "box"})), "");
  EXPECT_FALSE(exists(folder("box")));
}

TEST_F(LifecycleTest, ParallelForcedDeletesAllSucceed) {
  for (int round = 0; round < 20; ++round) {
    const Sleeper init;
    save(record_of("box", init.identity()));
    std::vector<std::thread> threads;
    std::atomic<int> failures = 0;
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&] {
        if (auto removed = remove(globals_, {.id = "box", .force = true}); !removed) {
          ++failures;
          ADD_FAILURE() << removed.error().message();
        }
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    EXPECT_EQ(failures, 0);
    EXPECT_FALSE(exists(folder("box")));
    EXPECT_EQ(init.ended_by(), SIGKILL);
  }
}

// The id is free as soon as delete has returned (runtime.op.delete.id-reuse).
TEST_F(LifecycleTest, IdCanBeUsedAgain) {
  for (int i = 0; i < 10; ++i) {
    save(record_of("box", {.pid = 4'000'000, .start_time = 1}));
    ASSERT_EQ(text_of(remove(globals_, {.id = "box"})), "");
  }
}

// -- delete of what is damaged or was cut short --

struct Damage {
  const char* name;
  std::function<void(const std::string& file)> apply;
};

const std::vector<Damage>& damages() {
  const auto put = [](std::string content) {
    return [content](const std::string& file) { ASSERT_TRUE(write_to(file, content)); };
  };
  const auto instead = [](std::function<int(const char*)> make) {
    return [make](const std::string& file) {
      ASSERT_EQ(unlink(file.c_str()), 0);
      ASSERT_EQ(make(file.c_str()), 0);
    };
  };
  const auto edit = [](std::string member, std::string value) {
    return [member, value](const std::string& file) {
      std::string text = read_all(file);
      const std::size_t begin = text.find(cat("\"", member, "\":")) + member.size() + 3;
      text.replace(begin, text.find(',', begin) - begin, value);
      ASSERT_TRUE(write_to(file, text));
    };
  };
  static const std::vector<Damage> kDamages = {
      {"empty", put("")},
      {"cut", put(R"({"format":1,"ociVersion":"1.3.0","id":"box","bun)")},
      {"garbage", put(std::string(5000, '\xff'))},
      {"null", put("null")},
      {"array", put("[]")},
      {"pid string", edit("init_process_pid", "\"1\"")},
      {"pid -1", edit("init_process_pid", "-1")},
      {"pid of 20 digits", edit("init_process_pid", "99999999999999999999")},
      {"200,000 deep", put(std::string(200'000, '['))},
      {"link", instead([](const char* file) { return symlink("/etc/hostname", file); })},
      {"FIFO", instead([](const char* file) { return mkfifo(file, 0600); })},
      {"other pid", edit("init_process_pid", cat(getppid()))},
      {"missing", [](const std::string& file) { ASSERT_EQ(unlink(file.c_str()), 0); }},
  };
  return kDamages;
}

TEST_F(LifecycleTest, DamagedStateIsToldAndForcedDeleteStillEndsInit) {
  for (const Damage& damage : damages()) {
    SCOPED_TRACE(damage.name);
    const Sleeper victim;
    const Sleeper init;
    save(record_of("box", init.identity()));
    damage.apply(folder("box") + "/state.json");
    const auto start = std::chrono::steady_clock::now();
    const bool missing = damage.name == std::string_view("missing");
    EXPECT_EQ(state_of(globals_, "box").has_value(), missing);
    EXPECT_FALSE(kill(globals_, {.id = "box"}));
    EXPECT_FALSE(remove(globals_, {.id = "box"}));
    EXPECT_EQ(list(globals_)->size(), 1U);
    EXPECT_TRUE(init.alive());
    EXPECT_EQ(text_of(remove(globals_, {.id = "box", .force = true})), "");
    EXPECT_LT(std::chrono::steady_clock::now() - start, 1s);
    EXPECT_EQ(init.ended_by(), SIGKILL);
    EXPECT_TRUE(victim.alive());
    EXPECT_FALSE(exists(folder("box")));
  }
}

TEST_F(LifecycleTest, IntentAloneLeadsToWhatCreateMade) {
  const TestCgroup cgroup(cgroup_name());
  NEED_CGROUP(cgroup);
  const Sleeper creator;
  const Sleeper init;  // younger than its creator, and known by the cgroup only
  cgroup.add(init.pid());
  {
    ContainerDir dir = *ContainerDir::create(root_, "box");
    ASSERT_TRUE(dir.save_intent(intent_of("box", creator.identity(), cgroup.plain_paths())));
  }
  EXPECT_EQ(text_of(remove(globals_, {.id = "box", .force = true})), "");
  EXPECT_TRUE(init.ends());
  EXPECT_TRUE(creator.alive());
  EXPECT_TRUE(cgroup.gone());
  EXPECT_FALSE(exists(folder("box")));
}

TEST_F(LifecycleTest, CgroupThatWasThereBeforeIsSpared) {
  const TestCgroup cgroup(cgroup_name());
  NEED_CGROUP(cgroup);
  const Sleeper foreign;
  cgroup.add(foreign.pid());
  std::this_thread::sleep_for(30ms);  // start times count in ticks of 10 ms
  const Sleeper creator;
  {
    ContainerDir dir = *ContainerDir::create(root_, "box");
    ASSERT_TRUE(dir.save_intent(intent_of("box", creator.identity(), cgroup.plain_paths())));
  }
  EXPECT_EQ(text_of(remove(globals_, {.id = "box", .force = true})), "");
  EXPECT_TRUE(foreign.alive());
  EXPECT_FALSE(cgroup.gone());
  EXPECT_FALSE(exists(folder("box")));
}

TEST_F(LifecycleTest, OrphanedInitThatHoldsTheLockIsEnded) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  int pids[2];
  ASSERT_EQ(pipe2(pids, O_CLOEXEC), 0);
  const pid_t creator = fork();
  if (creator == 0) {
    ContainerDir dir = *ContainerDir::create(root_, "box");
    (void)dir.save_intent(intent_of("box", *state::identify_process(getpid())));
    const pid_t init = fork();  // inherits the locked fd
    if (init == 0) {
      for (;;) {
        ::pause();
      }
    }
    (void)dir.save_init(*state::identify_process(init));
    (void)!write(pids[1], &init, sizeof init);
    _exit(0);  // no destructor, as after SIGKILL
  }
  pid_t init = 0;
  ASSERT_EQ(read(pids[0], &init, sizeof init), static_cast<ssize_t>(sizeof init));
  ASSERT_EQ(waitpid(creator, nullptr, 0), creator);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(text_of(remove(globals_, {.id = "box", .force = true})), "");
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
  int status = 0;
  EXPECT_EQ(waitpid(init, &status, 0), init);
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  EXPECT_FALSE(exists(folder("box")));
  prctl(PR_SET_CHILD_SUBREAPER, 0);
  close(pids[0]);
  close(pids[1]);
}

// -- wait --

TEST_F(LifecycleTest, WaitGivesTheStatusOfAnotherOnesChild) {
  for (const bool reaped_at_once : {false, true}) {
    for (const int wanted : {0, 3, 128 + SIGTERM}) {
      SCOPED_TRACE(cat("status ", wanted, reaped_at_once ? " reaped" : " zombie"));
      int go[2];
      ASSERT_EQ(pipe2(go, O_CLOEXEC), 0);
      const pid_t child = fork();
      if (child == 0) {
        char byte = 0;
        (void)!read(go[0], &byte, 1);
        if (wanted > 128) {
          raise(wanted - 128);
        }
        _exit(wanted);
      }
      save(record_of("box", *state::identify_process(child)));
      Result<int> status = -1;
      std::thread waiter([&] { status = wait(globals_, "box"); });
      std::this_thread::sleep_for(50ms);
      ASSERT_EQ(write(go[1], "x", 1), 1);
      if (!reaped_at_once) {
        waiter.join();
      }
      ASSERT_EQ(waitpid(child, nullptr, 0), child);
      if (reaped_at_once) {
        waiter.join();
      }
      if (status) {
        EXPECT_EQ(*status, wanted);
      } else {
        EXPECT_TRUE(reaped_at_once) << status.error().message();
        EXPECT_EQ(status.error().kind(), ErrorKind::unsupported) << status.error().message();
      }
      EXPECT_EQ(wait(globals_, "box").error().message(), "container not running");
      ASSERT_TRUE(remove(globals_, {.id = "box"}));
      close(go[0]);
      close(go[1]);
    }
  }
}

}  // namespace
}  // namespace plimsoll::container
