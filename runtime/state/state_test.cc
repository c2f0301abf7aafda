// Containers' folders against everything that may lie in them, and process identity against real
// processes.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/state/state.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <system_error>
#include <thread>

#include "runtime/base/text.h"
#include "runtime/state/process_stat.h"
#include "runtime/state/records.h"
#include "runtime/sys/file.h"
#include "runtime/sys/heap_use_test.h"

namespace plimsoll::state {
namespace {

class StateTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/plimsoll-state-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    path_ = name;
    auto root = open_root(path_, false);
    ASSERT_TRUE(root) << root.error().message();
    root_ = *std::move(root);
  }
  void TearDown() override {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  ContainerDir make(const std::string& id) {
    auto dir = ContainerDir::create(root_, id);
    EXPECT_TRUE(dir) << dir.error().message();
    return *std::move(dir);
  }
  void write(const std::string& name, std::string_view content) {
    std::ofstream(path_ + "/" + name, std::ios::binary) << content;
  }
  std::string read(const std::string& name) {
    std::ifstream file(path_ + "/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string path_;
  UniqueFd root_;
};

Record example(const std::string& id) {
  return {.oci_version = "1.3.0",
          .id = id,
          .bundle = "/b \"quoted\"\n",
          .rootfs = "/b/rootfs",
          .created = "2026-11-24T10:00:00.000000001Z",
          .owner = 1000,
          .rootless = true,
          .systemd_cgroup = true,
          .init = {.pid = 4'000'000, .start_time = 18'446'744'073'709'551'615ULL},
          .annotations = {{"z", "1"}, {"a", "ü"}},
          .cgroup_paths = {{"", "/sys/fs/cgroup/unified/x"}, {"memory", "/sys/fs/cgroup/memory/x"}},
          .shares_pid_namespace = true,
          .intel_rdt_path = "/sys/fs/resctrl/x",
          .ptrace_inside = true,
          .has_poststart = true,
          .has_poststop = true,
          .devices_updated = true};
}

void put(const std::string& file, std::string_view content) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
}

// -- ids --

TEST_F(StateTest, IdsThatLeadElsewhereAreRefusedByEveryEntry) {
  for (const std::string& id :
       {std::string(""), std::string("."), std::string(".."), std::string("../evil"),
        std::string("a/b"), std::string("/"), std::string(" "), std::string("a\n"),
        std::string("\xc3\xa9"), std::string("a\0b", 3), std::string(256, 'a')}) {
    EXPECT_EQ(check_id(id).error().message(), "invalid container ID format") << id;
    EXPECT_EQ(ContainerDir::create(root_, id).error().kind(), ErrorKind::invalid);
    EXPECT_EQ(ContainerDir::open(root_, id, ContainerDir::Lock::none).error().kind(),
              ErrorKind::invalid);
  }
  for (const std::string& id : {std::string("a"), std::string("-x"), std::string("..."),
                                std::string("A_0+b-c.d"), std::string(255, 'a')}) {
    EXPECT_TRUE(check_id(id)) << id;
  }
}

// -- the root --

TEST_F(StateTest, RootIsMadePrivateWithItsParents) {
  const std::string path = path_ + "/a/b";
  EXPECT_EQ(open_root(path, false).error().kind(), ErrorKind::not_found);
  ASSERT_TRUE(open_root(path, true));
  struct stat status = {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0700U);
}

TEST_F(StateTest, RootBelowTheRuntimeDirIsKeptFromPeriodicCleaning) {
  setenv("XDG_RUNTIME_DIR", (path_ + "/").c_str(), 1);
  ASSERT_TRUE(open_root(path_ + "/plimsoll", true));
  unsetenv("XDG_RUNTIME_DIR");
  struct stat status = {};
  ASSERT_EQ(stat((path_ + "/plimsoll").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 01700U);
}

TEST_F(StateTest, RootThatOthersCanWriteIsRefused) {
  ASSERT_EQ(chmod(path_.c_str(), 01777), 0);
  EXPECT_EQ(open_root(path_, true).error().message(),
            cat("state root '", path_, "' can be written by everybody: refusing to use it"));
  ASSERT_EQ(chmod(path_.c_str(), 0700), 0);
  if (geteuid() != 0) {
    GTEST_SKIP() << "chown needs root";
  }
  ASSERT_EQ(chown(path_.c_str(), 12345, 0), 0);
  EXPECT_EQ(open_root(path_, true).error().message(),
            cat("state root '", path_, "' is owned by uid 12345: refusing to use it"));
  ASSERT_EQ(chown(path_.c_str(), 0, 0), 0);
}

TEST_F(StateTest, RootMustNotBeTheRootOfTheFileSystem) {
  for (const char* path : {"", "/", "//", "/a/.."}) {
    EXPECT_EQ(open_root(path, true).error().kind(), ErrorKind::invalid) << path;
  }
}

TEST_F(StateTest, ListsFoldersWithValidIdsSorted) {
  make("b");
  make("a");
  write("file", "");
  ASSERT_EQ(mkdir((path_ + "/not an id").c_str(), 0700), 0);
  ASSERT_EQ(symlink("a", (path_ + "/link").c_str()), 0);
  EXPECT_EQ(*list_ids(root_), (std::vector<std::string>{"a", "b"}));
}

// -- the folder --

TEST_F(StateTest, UsedIdIsTold) {  // runtime.op.create.id-not-unique.error
  const ContainerDir dir = make("box");
  const auto again = ContainerDir::create(root_, "box");
  EXPECT_EQ(again.error().kind(), ErrorKind::exists);
  EXPECT_EQ(again.error().message(), "container with given ID already exists");
}

TEST_F(StateTest, UnknownIdIsTold) {
  const auto dir = ContainerDir::open(root_, "box", ContainerDir::Lock::exclusive);
  EXPECT_EQ(dir.error().kind(), ErrorKind::not_found);
  EXPECT_EQ(dir.error().message(), "container does not exist");
}

TEST_F(StateTest, FolderModeDoesNotDependOnTheUmask) {
  const mode_t old = umask(077);
  make("box");
  umask(old);
  struct stat status = {};
  ASSERT_EQ(stat((path_ + "/box").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0711U);
}

TEST_F(StateTest, LinkInPlaceOfTheFolderIsRefused) {
  ASSERT_EQ(symlink("/tmp", (path_ + "/box").c_str()), 0);
  EXPECT_FALSE(ContainerDir::open(root_, "box", ContainerDir::Lock::none));
  EXPECT_EQ(ContainerDir::create(root_, "box").error().kind(), ErrorKind::exists);
}

TEST_F(StateTest, FolderOfAnotherUserIsRefused) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "chown needs root";
  }
  make("box");
  ASSERT_EQ(chown((path_ + "/box").c_str(), 12345, 0), 0);
  EXPECT_EQ(ContainerDir::open(root_, "box", ContainerDir::Lock::none).error().message(),
            "state folder 'box' is owned by uid 12345");
}

TEST_F(StateTest, LockKeepsOthersOutAndReadersIn) {
  auto dir = std::make_unique<ContainerDir>(make("box"));
  EXPECT_TRUE(ContainerDir::open(root_, "box", ContainerDir::Lock::none));
  auto other = ContainerDir::open(root_, "box", ContainerDir::Lock::later);
  ASSERT_TRUE(other);
  EXPECT_FALSE(*other->try_lock());
  // A child that inherits the fd must not keep the lock.
  const pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  dir.reset();
  EXPECT_TRUE(*other->try_lock());
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

TEST_F(StateTest, WaiterForTheLockSeesTheRemoval) {
  auto dir = std::make_unique<ContainerDir>(make("box"));
  Result<ContainerDir> second = fail(Error::invalid("not run"));
  std::thread waiter(
      [&] { second = ContainerDir::open(root_, "box", ContainerDir::Lock::exclusive); });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  ASSERT_TRUE(dir->remove());
  dir.reset();
  waiter.join();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind(), ErrorKind::not_found);
}

TEST_F(StateTest, OneOfManyCreatorsWins) {
  std::vector<std::thread> threads;
  std::atomic<int> winners = 0;
  std::atomic<int> losers = 0;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&] {
      const auto dir = ContainerDir::create(root_, "box");
      if (dir) {
        ++winners;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      } else if (dir.error().kind() == ErrorKind::exists) {
        ++losers;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(losers, 11);
}

TEST_F(StateTest, RemoveTakesEverythingAndFollowsNothing) {
  ContainerDir dir = make("box");
  ASSERT_TRUE(dir.save(example("box")));
  ASSERT_TRUE(dir.save_config("{}"));
  write("outside", "stays");
  const std::string box = path_ + "/box";
  ASSERT_EQ(mkfifo((box + "/fifo").c_str(), 0622), 0);
  ASSERT_EQ(mkdir((box + "/notify").c_str(), 0755), 0);
  ASSERT_EQ(symlink("../../outside", (box + "/notify/link").c_str()), 0);
  ASSERT_EQ(symlink("..", (box + "/up").c_str()), 0);
  ASSERT_TRUE(dir.remove());
  EXPECT_EQ(access(box.c_str(), F_OK), -1);
  EXPECT_EQ(read("outside"), "stays");
  EXPECT_TRUE(dir.remove()) << "again, as a parallel delete would";
}

// -- its files --

TEST_F(StateTest, RecordComesBackWhole) {
  ContainerDir dir = make("box");
  const Record saved = example("box");
  ASSERT_TRUE(dir.save(saved));
  const auto loaded = dir.load();
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ(encode_record(*loaded), encode_record(saved));
  EXPECT_EQ(loaded->annotations, saved.annotations) << "in the config's order";
  EXPECT_EQ(loaded->init.start_time, saved.init.start_time);
  EXPECT_EQ(loaded->bundle, saved.bundle);
  EXPECT_TRUE(loaded->shares_pid_namespace);
  EXPECT_EQ(dir.load_init()->pid, 4'000'000);
}

TEST_F(StateTest, KeysOfTheRecordAreStable) {
  Record record;
  record.id = "x";
  const std::string text = encode_record(record);
  EXPECT_EQ(
      text.substr(0, text.find(",\"checksum\"")),
      R"({"format":1,"ociVersion":"","id":"x","bundle":"","rootfs":"","created":"","owner":0,)"
      R"("rootless":false,"systemd_cgroup":false,"init_process_pid":0,"init_process_start":0,)"
      R"("shares_pid_namespace":false,"intel_rdt_path":"","ptrace_inside":false,"has_poststart":false,"has_poststop":false,)"
      R"("devices_updated":false,)"
      R"("annotations":{},"cgroup_paths":{})");
}

TEST_F(StateTest, IntentComesBackWholeAndOutlivesTheRecord) {
  ContainerDir dir = make("box");
  EXPECT_EQ(dir.load_intent().error().kind(), ErrorKind::not_found);
  EXPECT_EQ(dir.load().error().kind(), ErrorKind::not_found);
  ASSERT_TRUE(dir.save_intent({.id = "box",
                               .bundle = "/b",
                               .creator = {.pid = 7, .start_time = 9},
                               .cgroup_paths = {"/c/1", "/c/2"},
                               .intel_rdt_path = "/r"}));
  ASSERT_TRUE(dir.save(example("box")));
  const auto intent = dir.load_intent();
  ASSERT_TRUE(intent) << intent.error().message();
  EXPECT_EQ(intent->creator.pid, 7);
  EXPECT_EQ(intent->creator.start_time, 9U);
  EXPECT_EQ(intent->cgroup_paths, (std::vector<std::string>{"/c/1", "/c/2"}));
  EXPECT_EQ(intent->intel_rdt_path, "/r");
}

TEST_F(StateTest, TemporaryFileOfAKilledCommandIsNoObstacle) {
  ContainerDir dir = make("box");
  write("box/.state.json", "half a rec");
  EXPECT_TRUE(dir.save(example("box")));
  EXPECT_TRUE(dir.load());
}

TEST_F(StateTest, ConfigIsKeptByteForByte) {
  ContainerDir dir = make("box");
  const std::string bytes("{}\0\xff\n ", 6);
  ASSERT_TRUE(dir.save_config(bytes));
  EXPECT_EQ(*dir.load_config(), bytes);
}

TEST_F(StateTest, InitLinkIsReplacedAndChecked) {
  ContainerDir dir = make("box");
  EXPECT_EQ(dir.load_init().error().kind(), ErrorKind::not_found);
  ASSERT_TRUE(dir.save_init({.pid = 10, .start_time = 20}));
  ASSERT_TRUE(dir.save_init({.pid = 11, .start_time = 21}));
  EXPECT_EQ(dir.load_init()->pid, 11);
  EXPECT_EQ(dir.load_init()->start_time, 21U);
  for (const char* text : {"1", "0 5", "-1 5", "1 x", "99999999999 5", "1 5 6", "/etc/passwd"}) {
    ASSERT_EQ(unlink((path_ + "/box/init").c_str()), 0);
    ASSERT_EQ(symlink(text, (path_ + "/box/init").c_str()), 0);
    EXPECT_EQ(dir.load_init().error().kind(), ErrorKind::invalid) << text;
  }
}

TEST_F(StateTest, OnlyASocketMeansThatStartIsPending) {
  ContainerDir dir = make("box");
  const std::string path = cat(path_, "/box/", kStartSocket);
  EXPECT_FALSE(dir.start_pending());
  put(path, "");
  EXPECT_FALSE(dir.start_pending());
  ASSERT_EQ(unlink(path.c_str()), 0);
  ASSERT_EQ(mknod(path.c_str(), S_IFSOCK | 0600, 0), 0);
  EXPECT_TRUE(dir.start_pending());
}

struct Damage {
  const char* name;
  std::function<void(const std::string& file, const std::string& good)> apply;
};

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

void in_place_of(const std::string& file, const std::function<int()>& make) {
  ASSERT_EQ(unlink(file.c_str()), 0);
  ASSERT_EQ(make(), 0);
}

const std::vector<Damage>& damages() {
  static const std::vector<Damage> kDamages = {
      {"empty", [](auto& file, auto&) { put(file, ""); }},
      {"cut", [](auto& file, auto& good) { put(file, good.substr(0, good.size() / 2)); }},
      {"cut by one byte",
       [](auto& file, auto& good) { put(file, good.substr(0, good.size() - 1)); }},
      {"garbage", [](auto& file, auto&) { put(file, std::string(5000, '\xfe')); }},
      {"null", [](auto& file, auto&) { put(file, "null"); }},
      {"array", [](auto& file, auto&) { put(file, "[]"); }},
      {"pid is a string",
       [](auto& file, auto& good) { put(file, replaced(good, ":4000000", ":\"40000\"")); }},
      {"pid is -1", [](auto& file, auto& good) { put(file, replaced(good, ":4000000", ":-1")); }},
      {"pid of 20 digits",
       [](auto& file, auto& good) {
         put(file, replaced(good, ":4000000", ":99999999999999999999"));
       }},
      {"another pid",
       [](auto& file, auto& good) { put(file, replaced(good, ":4000000", ":4000001")); }},
      {"200,000 deep", [](auto& file, auto&) { put(file, std::string(200'000, '[')); }},
      {"link",
       [](auto& file, auto&) {
         in_place_of(file, [&] { return symlink("/dev/zero", file.c_str()); });
       }},
      {"FIFO",
       [](auto& file, auto&) { in_place_of(file, [&] { return mkfifo(file.c_str(), 0600); }); }},
      {"folder",
       [](auto& file, auto&) { in_place_of(file, [&] { return mkdir(file.c_str(), 0700); }); }},
      {"socket",
       [](auto& file, auto&) {
         in_place_of(file, [&] { return mknod(file.c_str(), S_IFSOCK | 0600, 0); });
       }},
      {"too long",
       [](auto& file, auto&) { EXPECT_EQ(truncate(file.c_str(), off_t{40} << 30), 0); }},
      {"of another container",
       [](auto& file, auto&) { put(file, encode_record(example("other"))); }},
  };
  return kDamages;
}

TEST_F(StateTest, DamagedRecordIsToldQuickly) {
  for (const Damage& damage : damages()) {
    ContainerDir dir = make("box");
    ASSERT_TRUE(dir.save(example("box")));
    damage.apply(path_ + "/box/state.json", read("box/state.json"));
    const auto start = std::chrono::steady_clock::now();
    const auto loaded = dir.load();
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1)) << damage.name;
    ASSERT_FALSE(loaded) << damage.name;
    EXPECT_EQ(loaded.error().kind(), ErrorKind::invalid) << damage.name;
    EXPECT_NE(loaded.error().message().find("state.json"), std::string::npos)
        << loaded.error().message();
    EXPECT_EQ(dir.load_init()->pid, 4'000'000) << damage.name;
    ASSERT_TRUE(dir.remove()) << damage.name;
  }
}

TEST_F(StateTest, RecordOfAnotherUserIsRefused) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "chown needs root";
  }
  ContainerDir dir = make("box");
  ASSERT_TRUE(dir.save(example("box")));
  ASSERT_EQ(chown((path_ + "/box/state.json").c_str(), 12345, 0), 0);
  EXPECT_EQ(dir.load().error().message(), "'state.json' is owned by uid 12345");
}

TEST_F(StateTest, SealedTextOfAnotherFormIsDamaged) {
  Intent made;
  made.id = "box";
  const std::string intent = encode_intent(made);
  EXPECT_FALSE(decode_record(intent));
  EXPECT_FALSE(decode_intent(encode_record(example("box"))));
  EXPECT_TRUE(decode_intent(intent));
}

TEST_F(StateTest, ReadersNeverSeeATornRecord) {
  ContainerDir dir = make("box");
  ASSERT_TRUE(dir.save(example("box")));
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (std::uint32_t i = 0; !stop; ++i) {
      Record record = example("box");
      record.bundle.assign(i % 20000, 'b');
      ASSERT_TRUE(dir.save(record));
    }
  });
  for (int i = 0; i < 2000; ++i) {
    const auto loaded = dir.load();
    ASSERT_TRUE(loaded) << loaded.error().message();
  }
  stop = true;
  writer.join();
}

// -- processes --

TEST(ProcessStat, CommandMayHoldAnything) {
  const std::string_view rest =
      "S 1 2 3 0 -1 4 5 6 7 8 9 10 11 12 20 0 3 0 12345 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 "
      "0 0 0 0 0 0 0 0 0 256\n";
  for (const std::string_view command : {"sh", ") Z 1 1", "a) (b", "", "\n) R", "((((", "))))"}) {
    const auto stat = parse_process_stat(cat("42 (", command, ") ", rest));
    ASSERT_TRUE(stat) << command;
    EXPECT_EQ(stat->state, 'S');
    EXPECT_EQ(stat->threads, 3U);
    EXPECT_EQ(stat->start_time, 12345U);
  }
}

TEST(ProcessStat, BrokenTextIsRefused) {
  for (const std::string_view text :
       {"", "42", "42 (sh)", "42 (sh) S", "42 (sh) S 1 2 3",
        "42 (sh) SS 1 2 3 0 -1 4 5 6 7 8 9 10 11 "
        "12 20 0 1 0 5",
        "42 (sh) S 1 2 3 0 -1 4 5 6 7 8 9 10 11 12 20 0 1 0 -5", "42 sh S 1 2 3 4"}) {
    EXPECT_FALSE(parse_process_stat(text)) << text;
  }
}

TEST_F(StateTest, WhatWorksBesideInitLeavesTheHeapAlone) {
  ContainerDir dir = make("box");
  ProcessIdentity identity;
  int error = 0;
  EXPECT_EQ(sys::heap_uses_of([&] { error = try_identify_process(getpid(), identity); }), 0);
  EXPECT_EQ(error, 0);
  EXPECT_EQ(identity, *identify_process(getpid()));
  EXPECT_EQ(sys::heap_uses_of([&] { error = dir.try_save_init(identity); }), 0);
  EXPECT_EQ(error, 0);
  EXPECT_EQ(dir.load_init().value_or(ProcessIdentity{}), identity);
  const std::string config(300'000, 'c');
  EXPECT_EQ(sys::heap_uses_of([&] { error = dir.try_save_config(config); }), 0);
  EXPECT_EQ(error, 0);
  EXPECT_EQ(dir.load_config().value_or(""), config);
  // Failures are numbers.
  EXPECT_EQ(sys::heap_uses_of([&] {
              EXPECT_EQ(try_identify_process(0, identity), ESRCH);
              EXPECT_EQ(try_identify_process(std::numeric_limits<pid_t>::max(), identity), ENOENT);
              EXPECT_EQ(dir.try_save_init(identity), EEXIST);
              EXPECT_EQ(dir.try_save_config(config), EEXIST);
            }),
            0);
  EXPECT_NE(sys::heap_uses_of([&] { (void)dir.load_config(); }), 0) << "the counter counts";
}

TEST_F(StateTest, TheLongestIdentityFits) {
  const ProcessIdentity longest = {.pid = std::numeric_limits<pid_t>::max(),
                                   .start_time = std::numeric_limits<std::uint64_t>::max()};
  EXPECT_STREQ(IdentityText(longest).c_str(), "2147483647 18446744073709551615");
}

TEST(ProcessIdentity, LiveZombieGone) {
  int hold[2];
  ASSERT_EQ(pipe(hold), 0);
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_NAME, ") Z 0 0 (");
    char byte = 0;
    (void)!read(hold[0], &byte, 1);
    _exit(3);
  }
  const auto identity = identify_process(child);
  ASSERT_TRUE(identity) << identity.error().message();
  EXPECT_GT(identity->start_time, 0U);
  EXPECT_EQ(liveness(*identity), Liveness::alive);
  EXPECT_EQ(liveness({.pid = child, .start_time = identity->start_time + 1}), Liveness::gone)
      << "another process with this number";
  ASSERT_EQ(write(hold[1], "x", 1), 1);
  siginfo_t info = {};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  EXPECT_EQ(liveness(*identity), Liveness::zombie);
  EXPECT_EQ(read_process_stat(child)->exit_code, 3U << 8);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_EQ(liveness(*identity), Liveness::gone);
  EXPECT_FALSE(identify_process(child));
  EXPECT_EQ(liveness({}), Liveness::gone);
  close(hold[0]);
  close(hold[1]);
}

TEST(ProcessIdentity, ProcessWithoutItsFirstThreadIsAlive) {
  int hold[2];
  ASSERT_EQ(pipe(hold), 0);
  const pid_t child = fork();
  if (child == 0) {
    std::thread([&] {
      char byte = 0;
      (void)!read(hold[0], &byte, 1);
      _exit(0);
    }).detach();
    (void)syscall(SYS_exit, 0);
  }
  const auto identity = identify_process(child);
  ASSERT_TRUE(identity);
  while (read_process_stat(child)->state != 'Z') {
    std::this_thread::yield();
  }
  EXPECT_EQ(liveness(*identity), Liveness::alive);
  ASSERT_EQ(write(hold[1], "x", 1), 1);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  close(hold[0]);
  close(hold[1]);
}

// -- the state document --

TEST(HookJson, HasWhatTheSpecAsksFor) {
  View view = {.oci_version = "1.3.0",
               .id = "box",
               .status = Status::creating,
               .pid = 4422,
               .bundle = "/b",
               .rootfs = "/b/rootfs",
               .created = "now",
               .owner = 1,
               .annotations = {{"k", "v\"\n"}}};
  EXPECT_EQ(hook_json(view), R"({"ociVersion":"1.3.0","id":"box","status":"creating","pid":4422,)"
                             R"("bundle":"/b","annotations":{"k":"v\"\n"}})");
  view.status = Status::stopped;
  view.pid = 0;
  view.annotations.clear();
  EXPECT_EQ(hook_json(view),
            R"({"ociVersion":"1.3.0","id":"box","status":"stopped","bundle":"/b"})");
}

TEST(StatusName, AreTheSpecsWords) {
  EXPECT_EQ(status_name(Status::creating), "creating");
  EXPECT_EQ(status_name(Status::created), "created");
  EXPECT_EQ(status_name(Status::running), "running");
  EXPECT_EQ(status_name(Status::paused), "paused");
  EXPECT_EQ(status_name(Status::stopped), "stopped");
}

}  // namespace
}  // namespace plimsoll::state
