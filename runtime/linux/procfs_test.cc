// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include "runtime/linux/forked_child_test.h"
#include "runtime/linux/process_setup.h"

namespace plimsoll::linux {
namespace {

using testing::contents;
using testing::deny;
using testing::in_child;
using testing::own_mounts;
using testing::put;
using testing::TempFolder;
using testing::text_of;

std::string self(const std::string& file) {
  return "/proc/" + std::to_string(getpid()) + "/" + file;
}

std::string bind_mount(const std::string& from, const std::string& to) {
  return mount(from.c_str(), to.c_str(), nullptr, MS_BIND, nullptr) == 0 ? "" : "no bind: ";
}

std::string write_score(const char* value) {
  const Result<Procfs> proc = Procfs::open_subset();
  return proc ? text_of(proc->write("self/oom_score_adj", value)) : proc.error().message();
}

// CVE-2019-16884: a volume over /proc hides the file that is to be written.
TEST(Procfs, FileHiddenByAVolumeIsStillWritten) {
  const TempFolder folder;
  put(folder / "decoy", "old");
  const std::string result = in_child([&] {
    if (!own_mounts()) {
      return std::string("no mount namespace");
    }
    std::string out = bind_mount(folder / "decoy", self("oom_score_adj"));
    out += write_score("321");
    umount(self("oom_score_adj").c_str());
    return out + " " + contents("/proc/self/oom_score_adj");
  });
  EXPECT_EQ(result, "ok 321\n");
  EXPECT_EQ(contents(folder / "decoy"), "old");
}

// CVE-2025-52881: another file of the same procfs is bound there, as a gadget.
TEST(Procfs, AnotherProcFileInItsPlaceIsNotWritten) {
  const std::string result = in_child([&] {
    if (!own_mounts()) {
      return std::string("no mount namespace");
    }
    prctl(PR_SET_NAME, "before");
    std::string out = bind_mount(self("comm"), self("oom_score_adj"));
    out += write_score("322");
    umount(self("oom_score_adj").c_str());
    return out + " " + contents("/proc/self/comm") + contents("/proc/self/oom_score_adj");
  });
  EXPECT_EQ(result, "ok before\n322\n");
}

TEST(Procfs, AnotherProcFileIsNotWrittenWithoutOpenat2Either) {
  const std::string result = in_child([&] {
    if (!own_mounts()) {
      return std::string("no mount namespace");
    }
    prctl(PR_SET_NAME, "before");
    std::string out = bind_mount(self("comm"), self("oom_score_adj"));
    deny(SYS_openat2, ENOSYS);
    out += write_score("323");
    deny(SYS_fsopen, EPERM);
    deny(SYS_open_tree, EPERM);
    out += " " + write_score("324");
    umount(self("oom_score_adj").c_str());
    return out + " " + contents("/proc/self/comm") + contents("/proc/self/oom_score_adj");
  });
  EXPECT_EQ(result, "ok open '/proc/self/oom_score_adj': invalid cross-device link before\n323\n");
}

TEST(Procfs, WholeProcReplacedByATmpfs) {
  const std::string result = in_child([&] {
    if (!own_mounts() || mount("none", "/proc", "tmpfs", 0, nullptr) != 0) {
      return std::string("no mount namespace");
    }
    mkdir("/proc/self", 0755);
    put("/proc/self/oom_score_adj", "decoy");
    std::string out = write_score("325") + " " + contents("/proc/self/oom_score_adj");
    umount("/proc");
    return out + " " + contents("/proc/self/oom_score_adj");
  });
  EXPECT_EQ(result, "ok decoy 325\n");
}

TEST(Procfs, FolderOfAProcfsIsNotTakenForItsRoot) {
  const std::string result = in_child([&] {
    if (!own_mounts()) {
      return std::string("no mount namespace");
    }
    std::string out = bind_mount("/proc/1", "/proc");
    deny(SYS_fsopen, EPERM);
    return out + write_score("326");
  });
  EXPECT_EQ(result, "open a procfs: fsopen 'proc': operation not permitted");
}

TEST(Procfs, NeitherClimbsNorFollowsMagicLinks) {
  const TempFolder folder;
  put(folder / "host", "old");
  const std::string result = in_child([&] {
    const int fd = open((folder / "host").c_str(), O_RDWR);
    const Result<Procfs> proc = Procfs::open_whole();
    std::string out = text_of(proc->write("../etc/hostname", "x")) + "; ";
    out += text_of(proc->write(("self/fd/" + std::to_string(fd)).c_str(), "x")) + "; ";
    out += text_of(proc->write("self/cwd/x", "x"));
    return out;
  });
  EXPECT_TRUE(result.starts_with("open '/proc/../etc/hostname': invalid cross-device link; "))
      << result;
  EXPECT_EQ(result.find("ok"), std::string::npos) << result;
  EXPECT_EQ(contents(folder / "host"), "old");
}

TEST(Procfs, WorksWithoutAnyRightToMount) {
  const std::string result = in_child([&] {
    deny(SYS_fsopen, EPERM);
    deny(SYS_open_tree, ENOSYS);
    std::string out = write_score("327");
    deny(SYS_openat2, EPERM);
    out += " " + write_score("328");
    return out + " " + contents("/proc/self/oom_score_adj");
  });
  EXPECT_EQ(result, "ok ok 328\n");
}

TEST(Procfs, DetachedHidesSysAndReads) {
  const std::string result = in_child([&] {
    const Result<Procfs> subset = Procfs::open_detached(false);
    const Result<Procfs> whole = Procfs::open_detached(true);
    if (!subset || !whole) {
      return std::string("no procfs");
    }
    std::string out = subset->read("sys/kernel/ostype", 100).value_or("hidden");
    out += " " + whole->read("sys/kernel/ostype", 100).value_or("hidden");
    return out + text_of(whole->read("self/status", 10));
  });
  EXPECT_TRUE(result.starts_with("hidden Linux\nread '/proc/self/status'")) << result;
}

TEST(Sysctl, ReachesTheKernelThroughAMountOnProcSys) {
  const TempFolder folder;
  mkdir((folder / "kernel").c_str(), 0755);
  put(folder / "kernel/hostname", "decoy");
  const std::string result = in_child([&] {
    if (!own_mounts(CLONE_NEWUTS)) {
      return std::string("no namespaces");
    }
    std::string out = bind_mount(folder.path(), "/proc/sys");
    out += text_of(apply_sysctls(
        {{.key = "kernel.hostname", .path = "kernel/hostname", .value = "by-sysctl"}}));
    utsname name = {};
    uname(&name);
    return out + " " + name.nodename;
  });
  EXPECT_EQ(result, "ok by-sysctl");
  EXPECT_EQ(contents(folder / "kernel/hostname"), "decoy");
}

TEST(Sysctl, RefusesUnknownKeysBadValuesAndClimbing) {
  const std::string result = in_child([&] {
    if (!own_mounts(CLONE_NEWIPC)) {
      return std::string("no namespaces");
    }
    std::string out =
        text_of(apply_sysctls({{.key = "kernel.nope", .path = "kernel/nope", .value = "1"}}));
    out += "; " + text_of(apply_sysctls(
                      {{.key = "kernel.shmmni", .path = "kernel/shmmni", .value = "many"}}));
    out += "; " + text_of(apply_sysctls({{.key = "x", .path = "../sysrq-trigger", .value = "h"}}));
    return out;
  });
  EXPECT_EQ(result,
            "sysctl 'kernel.nope': open '/proc/sys/kernel/nope': no such file or directory; "
            "sysctl 'kernel.shmmni': write '/proc/sys/kernel/shmmni': invalid argument; "
            "sysctl 'x' is not below /proc/sys");
}

TEST(OomScore, UnprivilegedLoweringIsAWarning) {
  const std::string result = in_child([&] {
    std::vector<std::string> warnings;
    std::string out = text_of(set_oom_score_adj(700, warnings));
    // Without CAP_SYS_RESOURCE (dropped where the test has it) nothing lower than the start is
    // allowed.
    if (setresuid(65534, 65534, 65534) != 0) {
      return std::string("no setresuid");
    }
    prctl(PR_SET_DUMPABLE, 1);
    out += " " + text_of(set_oom_score_adj(-900, warnings));
    return out + " " + std::to_string(warnings.size()) + " " +
           contents("/proc/self/oom_score_adj") + warnings.at(0);
  });
  EXPECT_EQ(result,
            "ok ok 1 700\nignoring oomScoreAdj -900: write '/proc/self/oom_score_adj': permission "
            "denied");
}

// config.process.oomScoreAdj.set
TEST(OomScore, IsApplied) {
  EXPECT_EQ(in_child([] {
              std::vector<std::string> warnings;
              const Result<> set = set_oom_score_adj(137, warnings);
              return text_of(set) + " " + contents("/proc/self/oom_score_adj");
            }),
            "ok 137\n");
}

}  // namespace
}  // namespace plimsoll::linux
