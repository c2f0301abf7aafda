// Limits, scheduling, CPUs, memory policy, personality, names and the loopback device, each on the
// real kernel. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <linux/mempolicy.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include <cstring>

#include "runtime/linux/cpu_list.h"
#include "runtime/linux/forked_child_test.h"
#include "runtime/linux/process_setup.h"

namespace plimsoll::linux {
namespace {

using testing::in_child;
using testing::text_of;

TEST(CpuList, RefusesEverythingThatIsNoList) {
  for (const char* bad : {"", ",", "a", "1-", "-1", "3-1", "0-8192", "8192", "1;2", "0x1",
                          "18446744073709551616", "1--2", "1-2-3", "+1"}) {
    const Result<CpuMask> mask = parse_cpu_list(bad);
    EXPECT_FALSE(mask) << bad;
    EXPECT_EQ(mask.error().kind(), ErrorKind::invalid) << bad;
  }
}

TEST(CpuList, ReadsRangesBlanksAndTheLastCpu) {
  const Result<CpuMask> mask = parse_cpu_list(" 0-3, 7,63-64,8191,");
  ASSERT_TRUE(mask);
  EXPECT_EQ((*mask)[0], 0x8000'0000'0000'008fULL);
  EXPECT_EQ((*mask)[1], 1ULL);
  EXPECT_EQ(mask->back(), 1ULL << 63);
}

int cpus_now() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  return CPU_COUNT(&set);
}

// config.process.execCPUAffinity.*
TEST(CpuAffinity, PinsAndResets) {
  if (cpus_now() < 2) {
    GTEST_SKIP() << "one CPU only";
  }
  EXPECT_EQ(in_child([] {
              const int all = cpus_now();
              std::string out = text_of(set_cpu_affinity("0"));
              out += std::to_string(cpus_now());
              out += text_of(reset_cpu_affinity());
              return out + (cpus_now() == all ? " all" : " not all");
            }),
            "ok1ok all");
}

TEST(CpuAffinity, CpusThatDoNotExistAreAnError) {
  EXPECT_EQ(in_child([] { return text_of(set_cpu_affinity("8190-8191")); }),
            "CPU affinity '8190-8191': sched_setaffinity: invalid argument");
}

TEST(CpuAffinity, ResetIsNotFatalWhereForbidden) {
  EXPECT_EQ(in_child([] {
              testing::deny(SYS_sched_setaffinity, EPERM);
              return text_of(reset_cpu_affinity());
            }),
            "ok");
}

// config.process.rlimits.soft.match, .hard.match
TEST(Rlimits, AreExact) {
  EXPECT_EQ(in_child([] {
              std::string out = text_of(set_rlimits(
                  {{.resource = RLIMIT_NOFILE, .name = "RLIMIT_NOFILE", .soft = 77, .hard = 99},
                   {.resource = RLIMIT_CORE, .name = "RLIMIT_CORE", .soft = 0, .hard = 0}}));
              rlimit files = {};
              getrlimit(RLIMIT_NOFILE, &files);
              return out + " " + std::to_string(files.rlim_cur) + " " +
                     std::to_string(files.rlim_max);
            }),
            "ok 77 99");
}

TEST(Rlimits, SoftAboveHardAndRaisingNameTheResource) {
  EXPECT_EQ(in_child([] {
              std::string out = text_of(set_rlimits(
                  {{.resource = RLIMIT_NOFILE, .name = "RLIMIT_NOFILE", .soft = 9, .hard = 8}}));
              if (setresuid(65534, 65534, 65534) != 0) {
                return std::string("setresuid");
              }
              out += "; " +
                     text_of(set_rlimits(
                         {{.resource = RLIMIT_CORE, .name = "RLIMIT_CORE", .soft = 0, .hard = 0}}));
              out += "; " +
                     text_of(set_rlimits(
                         {{.resource = RLIMIT_CORE, .name = "RLIMIT_CORE", .soft = 1, .hard = 1}}));
              return out;
            }),
            "prlimit 'RLIMIT_NOFILE': invalid argument; ok; prlimit 'RLIMIT_CORE': operation not "
            "permitted");
}

// config.process.scheduler.policy.required, .nice.optional
TEST(Scheduler, PolicyAndNiceAreReadBack) {
  EXPECT_EQ(in_child([] {
              std::string out = text_of(set_scheduler({.policy = SCHED_BATCH, .nice = 7}));
              return out + " " + std::to_string(sched_getscheduler(0)) + " " +
                     std::to_string(getpriority(PRIO_PROCESS, 0));
            }),
            "ok 3 7");
}

TEST(Scheduler, UnknownPolicyIsRefused) {
  EXPECT_EQ(in_child([] { return text_of(set_scheduler({.policy = 99})); }),
            "sched_setattr: invalid argument");
}

// config.process.ioPriority.class.required: but never of the group that the caller is in.
TEST(IoPriority, IsOwnAndNotTheCallersGroup) {
  constexpr int kBestEffort5 = 2 << 13 | 5;
  const long before = syscall(SYS_ioprio_get, 1, 0);
  const std::string result = in_child([] {
    std::string out = text_of(set_io_priority(kBestEffort5));
    out += syscall(SYS_ioprio_get, 1, 0) == kBestEffort5 ? " set" : " not set";
    return out + in_child([] {
             return std::string(syscall(SYS_ioprio_get, 1, 0) == kBestEffort5 ? " inherited"
                                                                              : " lost");
           });
  });
  EXPECT_EQ(result, "ok set inherited");
  EXPECT_EQ(syscall(SYS_ioprio_get, 1, 0), before);
  EXPECT_EQ(in_child([] { return text_of(set_io_priority(7 << 13)); }),
            "ioprio_set: invalid argument");
}

// linux.memoryPolicy.mode.required, .nodes.optional
TEST(MemoryPolicy, ModeAndNodesAreReadBack) {
  if (in_child([] { return std::to_string(syscall(SYS_set_mempolicy, 0, nullptr, 0)); }) != "0") {
    GTEST_SKIP() << "this kernel has no memory policies";
  }
  EXPECT_EQ(in_child([] {
              std::string out = text_of(set_memory_policy({.mode = MPOL_BIND, .nodes = {1}}));
              int mode = -1;
              unsigned long nodes = 0;
              syscall(SYS_get_mempolicy, &mode, &nodes, 64, nullptr, 0);
              return out + " " + std::to_string(mode) + " " + std::to_string(nodes);
            }),
            "ok 2 1");
  EXPECT_EQ(in_child([] { return text_of(set_memory_policy({.mode = MPOL_BIND, .nodes = {}})); }),
            "set_mempolicy: invalid argument");
  EXPECT_EQ(in_child([] { return text_of(set_memory_policy({.mode = 77, .nodes = {1}})); }),
            "set_mempolicy: invalid argument");
}

// linux.personality.domain.required
TEST(Personality, DomainIsApplied) {
  EXPECT_EQ(in_child([] {
              std::string out = text_of(set_personality(PER_LINUX32));
              utsname name = {};
              uname(&name);
              return out + (personality(0xffffffff) == PER_LINUX32 ? " " : " not ") +
                     (std::strcmp(name.machine, "x86_64") == 0 ? "64" : "32");
            }),
            "ok 32");
}

// config.hostname.optional, config.domainname.optional
TEST(Hostname, IsSetInItsNamespace) {
  EXPECT_EQ(in_child([] {
              unshare(CLONE_NEWUTS);
              std::string out = text_of(set_hostname("box1"));
              out += text_of(set_domainname("dom1"));
              out += " " + text_of(set_hostname(std::string(65, 'x')));
              utsname name = {};
              uname(&name);
              return out + " " + name.nodename + " " + name.domainname;
            }),
            "okok sethostname '" + std::string(65, 'x') + "': invalid argument box1 dom1");
}

TEST(Loopback, IsUpInANewNamespaceOnly) {
  EXPECT_EQ(in_child([] {
              unshare(CLONE_NEWNET);
              const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
              ifreq request = {};
              std::strcpy(request.ifr_name, "lo");
              ioctl(fd, SIOCGIFFLAGS, &request);
              std::string out = (request.ifr_flags & IFF_UP) != 0 ? "up " : "down ";
              out += text_of(bring_up_loopback());
              ioctl(fd, SIOCGIFFLAGS, &request);
              return out + ((request.ifr_flags & IFF_UP) != 0 ? " up" : " down");
            }),
            "down ok up");
}

}  // namespace
}  // namespace plimsoll::linux
