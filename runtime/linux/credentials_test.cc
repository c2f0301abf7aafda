// User, groups, capabilities, no_new_privs, keyring and LSM, each on the real kernel.
// SPDX-License-Identifier: Apache-2.0
#include <grp.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <sys/syscall.h>

#include "runtime/base/text.h"
#include "runtime/linux/forked_child_test.h"
#include "runtime/linux/process_setup.h"

namespace plimsoll::linux {
namespace {

using testing::contents;
using testing::deny;
using testing::in_child;
using testing::put;
using testing::status_of;
using testing::text_of;

constexpr std::uint64_t cap(int number) { return std::uint64_t{1} << number; }

plan::Process user(uid_t uid, gid_t gid, std::vector<gid_t> groups = {}) {
  plan::Process process;
  process.uid = uid;
  process.gid = gid;
  process.groups = std::move(groups);
  return process;
}

std::string sets_now() {
  std::string out;
  for (const char* set : {"CapBnd", "CapEff", "CapPrm", "CapInh", "CapAmb"}) {
    const std::string value = status_of(set);
    const std::size_t digit = value.find_first_not_of('0');
    cat_to(out, out.empty() ? "" : " ", digit == std::string::npos ? "0" : value.substr(digit));
  }
  return out;
}

std::string apply(const plan::CapabilitySets& sets, const plan::Process& process,
                  std::vector<std::string>& warnings) {
  std::string out = text_of(drop_bounding_set(sets, warnings));
  cat_to(out, " ", text_of(set_user(process)));
  cat_to(out, " ", text_of(apply_capabilities(sets, warnings)));
  return out;
}

bool running_as_root() { return geteuid() == 0 && status_of("CapEff") != "0000000000000000"; }

class Credentials : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!running_as_root()) {
      GTEST_SKIP() << "needs root";
    }
  }
};

// config.process.user.additionalGids.optional: none of the caller's groups is left.
TEST_F(Credentials, GroupsAreExactlyThoseAskedFor) {
  EXPECT_EQ(in_child([] {
              const gid_t callers[] = {4, 20, 27};
              setgroups(3, callers);
              std::string out = text_of(set_user(user(1000, 1001, {50, 60})));
              return out + " " + std::string(trim(status_of("Groups"))) + " " + status_of("Uid") +
                     " " + status_of("Gid");
            }),
            "ok 50 60 1000\t1000\t1000\t1000 1001\t1001\t1001\t1001");
  EXPECT_EQ(in_child([] {
              const gid_t callers[] = {4, 20, 27};
              setgroups(3, callers);
              std::string out = text_of(set_user(user(0, 0)));
              return out + "'" + std::string(trim(status_of("Groups"))) + "'";
            }),
            "ok''");
}

TEST_F(Credentials, SetgroupsDeniedIsAnErrorOnlyForGroupsAskedFor) {
  const auto in_single_map = [](const plan::Process& process) {
    return in_child([&] {
      setgroups(0, nullptr);
      unshare(CLONE_NEWUSER);
      put("/proc/self/setgroups", "deny");
      put("/proc/self/uid_map", "0 0 1");
      put("/proc/self/gid_map", "0 0 1");
      return text_of(set_user(process));
    });
  };
  EXPECT_EQ(in_single_map(user(0, 0)), "ok");
  EXPECT_EQ(in_single_map(user(0, 0, {0})),
            "cannot set additionalGids: this user namespace does not allow setgroups");
  EXPECT_EQ(in_single_map(user(1, 0)), "cannot setuid to unmapped uid 1 in user namespace");
  EXPECT_EQ(in_single_map(user(0, 7)), "cannot setgid to unmapped gid 7 in user namespace");
}

TEST_F(Credentials, CallersGroupsAreNeverKeptSilently) {
  EXPECT_EQ(in_child([] {
              const gid_t callers[] = {4, 20};
              setgroups(2, callers);
              deny(SYS_setgroups, EPERM);
              return text_of(set_user(user(0, 0)));
            }),
            "setgroups: operation not permitted");
  EXPECT_EQ(in_child([] {
              setgroups(0, nullptr);
              deny(SYS_setgroups, EPERM);
              return text_of(set_user(user(0, 0)));
            }),
            "ok");
}

// CVE-2022-29162: nothing is inheritable by default. podman CVE-2018-10856: a user other than root
// has no capability after exec unless ambient ones were asked for.
TEST_F(Credentials, SetsAreExactForRootAndForOthers) {
  const plan::CapabilitySets sets = {.bounding = cap(CAP_KILL) | cap(CAP_CHOWN),
                                     .effective = cap(CAP_KILL),
                                     .inheritable = 0,
                                     .permitted = cap(CAP_KILL) | cap(CAP_CHOWN),
                                     .ambient = 0};
  EXPECT_EQ(in_child([&] {
              std::vector<std::string> warnings;
              std::string out = apply(sets, user(0, 0), warnings);
              return out + " " + sets_now() + " " + std::to_string(warnings.size());
            }),
            "ok ok ok 21 20 21 0 0 0");
  const std::string after_exec = in_child([&] {
    std::vector<std::string> warnings;
    std::string out = apply(sets, user(1000, 1000), warnings);
    out += " " + sets_now() + "\n";
    FILE* shell = popen("grep -E '^Cap(Prm|Eff|Inh|Amb)' /proc/self/status", "r");
    char line[128];
    while (fgets(line, sizeof line, shell) != nullptr) {
      out += line;
    }
    pclose(shell);
    return out;
  });
  EXPECT_EQ(after_exec,
            "ok ok ok 21 20 21 0 0\n"
            "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\n"
            "CapEff:\t0000000000000000\nCapAmb:\t0000000000000000\n");
}

// config.process.capabilities.ambient
TEST_F(Credentials, AmbientReachesAnotherUsersProgram) {
  const std::string result = in_child([&] {
    const std::uint64_t kill_cap = cap(CAP_KILL);
    std::vector<std::string> warnings;
    std::string out = apply({.bounding = kill_cap,
                             .effective = kill_cap,
                             .inheritable = kill_cap,
                             .permitted = kill_cap,
                             .ambient = kill_cap | cap(CAP_CHOWN)},
                            user(1000, 1000), warnings);
    return out + " " + sets_now() + " " + (warnings.empty() ? "" : warnings[0]);
  });
  EXPECT_EQ(result,
            "ok ok ok 20 20 20 20 20 can't raise ambient capability CAP_CHOWN: operation not "
            "permitted");
}

// config.process.capabilities.no-fail, .unknown-warn
TEST_F(Credentials, WhatCannotBeGrantedIsAWarningThatNamesIt) {
  const std::string result = in_child([&] {
    std::vector<std::string> warnings;
    plan::CapabilitySets less = {.bounding = cap(CAP_KILL) | cap(CAP_SETPCAP),
                                 .effective = cap(CAP_KILL) | cap(CAP_SETPCAP),
                                 .permitted = cap(CAP_KILL) | cap(CAP_SETPCAP)};
    std::string out = text_of(drop_bounding_set(less, warnings));
    out += text_of(apply_capabilities(less, warnings)) + std::to_string(warnings.size());
    const std::uint64_t more = cap(CAP_KILL) | cap(CAP_SYS_ADMIN) | cap(62);
    const plan::CapabilitySets wanted = {
        .bounding = more, .effective = more, .inheritable = more, .permitted = more};
    out += text_of(drop_bounding_set(wanted, warnings));
    out += text_of(apply_capabilities(wanted, warnings));
    for (const std::string& warning : warnings) {
      out += "\n" + warning;
    }
    return out + "\n" + sets_now();
  });
  EXPECT_EQ(result,
            "okok0okok\n"
            "ignoring unknown or unavailable capabilities (bounding): CAP_SYS_ADMIN capability 62\n"
            "ignoring unknown or unavailable capabilities (permitted): CAP_SYS_ADMIN capability "
            "62\n"
            "ignoring unknown or unavailable capabilities (inheritable): CAP_SYS_ADMIN capability "
            "62\n"
            "20 20 20 20 0");
}

TEST_F(Credentials, BoundingSetThatCannotBeDroppedIsFatal) {
  EXPECT_EQ(in_child([] {
              std::vector<std::string> warnings;
              const Result<> set = apply_capabilities({.permitted = 0}, warnings);
              const Result<> dropped = drop_bounding_set({.bounding = 0}, warnings);
              return text_of(set) + " " + text_of(dropped);
            }),
            "ok unable to apply bounding set: drop CAP_CHOWN: prctl PR_CAPBSET_DROP 0: operation "
            "not permitted");
}

// config.process.noNewPrivileges.optional
TEST(NoNewPrivileges, IsSet) {
  EXPECT_EQ(in_child([] {
              std::string out = status_of("NoNewPrivs");
              out += text_of(set_no_new_privileges());
              return out + status_of("NoNewPrivs");
            }),
            "0ok1");
}

TEST(Keyring, IsANewOneThatItsOwnerMaySearch) {
  if (syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 1) < 0) {
    GTEST_SKIP() << "this kernel has no keyrings";
  }
  const auto describe = [](bool in_user_namespace) {
    return in_child([&] {
      std::vector<std::string> warnings;
      const long before = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1);
      std::string out =
          text_of(join_session_keyring("plimsoll-test", "", warnings, in_user_namespace));
      const long after = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
      char text[256] = {};
      syscall(SYS_keyctl, KEYCTL_DESCRIBE, after, text, sizeof text);
      return out + (before == after ? " same " : " new ") + text;
    });
  };
  EXPECT_EQ(describe(false), "ok new keyring;0;0;3f1b0000;_ses.plimsoll-test");
  EXPECT_EQ(describe(true), "ok new keyring;0;0;3f130008;_ses.plimsoll-test");
}

TEST(Keyring, MissingOrForbiddenIsAWarningButNoQuotaIsFatal) {
  const auto with = [](int err) {
    return in_child([&] {
      std::vector<std::string> warnings;
      deny(SYS_keyctl, err);
      std::string out = text_of(join_session_keyring("x", "", warnings));
      return out + (warnings.empty() ? "" : "; " + warnings[0]);
    });
  };
  EXPECT_EQ(with(ENOSYS),
            "ok; ignoring that there is no session keyring: keyctl join_session_keyring "
            "'_ses.x': function not implemented");
  EXPECT_TRUE(with(EPERM).starts_with("ok; ignoring"));
  EXPECT_EQ(with(EDQUOT),
            "unable to join session keyring: keyctl join_session_keyring '_ses.x': disk quota "
            "exceeded");
}

bool lsm_present(const char* name) {
  return contents("/sys/kernel/security/lsm").find(name) != std::string::npos;
}

TEST(Lsm, ProfileWithoutAppArmorIsAnError) {
  if (lsm_present("apparmor")) {
    GTEST_SKIP() << "AppArmor is enabled here";
  }
  EXPECT_EQ(in_child([] { return text_of(set_exec_apparmor("docker-default")); }),
            "apparmor: config provided but apparmor not supported");
  EXPECT_EQ(in_child([] { return text_of(set_exec_apparmor("")); }), "ok");
}

// Podman looks for the attr path in backquotes.
TEST(Lsm, LabelWithoutSelinuxIsAnErrorWithThePathInBackquotes) {
  if (lsm_present("selinux") || lsm_present("apparmor") || lsm_present("smack")) {
    GTEST_SKIP() << "a label could be taken here";
  }
  const std::string result =
      in_child([] { return text_of(set_exec_selinux("system_u:system_r:container_t:s0")); });
  EXPECT_TRUE(result.starts_with("write `/proc/self/attr/exec`: ")) << result;
  EXPECT_EQ(in_child([] { return text_of(set_exec_selinux("")); }), "ok");
}

}  // namespace
}  // namespace plimsoll::linux
