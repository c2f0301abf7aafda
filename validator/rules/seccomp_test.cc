// Rules about seccomp: for each, a document that it accepts and one that it does not, with the
// exact finding. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "validator/rules/rules_testing.h"

namespace plimsoll::rules {
namespace {

TEST(SeccompRules, Profile) {
  expect_cases({
      {seccomp(R"("defaultErrnoRet": 38, "architectures": ["SCMP_ARCH_X86"], "flags": [])"),
       linux_with(R"("seccomp": {})"),
       "MUST linux.seccomp.defaultAction.required /linux/seccomp/defaultAction: seccomp action "
       "must "
       "not be empty"},
      {{},
       linux_with(R"("seccomp": {"defaultAction": "ALLOW"})"),
       "MUST linux.seccomp.defaultAction.required /linux/seccomp/defaultAction: seccomp action "
       "'ALLOW' is unknown"},
      {{},
       linux_with(R"("seccomp": {"defaultAction": "SCMP_ACT_KILL", "defaultErrnoRet": 1})"),
       "MUST linux.seccomp.defaultErrnoRet.unsupported /linux/seccomp/defaultErrnoRet: seccomp "
       "action 'SCMP_ACT_KILL' takes no errno"},
      {{},
       seccomp(R"("architectures": ["SCMP_ARCH_VAX"])"),
       "MUST linux.seccomp.architectures.optional /linux/seccomp/architectures/0: seccomp "
       "architecture 'SCMP_ARCH_VAX' is unknown"},
      {seccomp(R"("flags": ["SECCOMP_FILTER_FLAG_TSYNC"])"), seccomp(R"("flags": ["X"])"),
       "MUST linux.seccomp.flags.optional /linux/seccomp/flags/0: seccomp flag 'X' is unknown"},
      {seccomp(R"("listenerMetadata": "m", "listenerPath": "/l")"),
       seccomp(R"("listenerMetadata": "m")"),
       "MUST linux.seccomp.listenerMetadata.needs-path /linux/seccomp/listenerMetadata: seccomp "
       "listenerMetadata is set, but listenerPath is not"},
      {{},
       linux_with(R"("seccomp": {"defaultAction": "SCMP_ACT_NOTIFY", "listenerPath": "/l"})"),
       "MUST config.valid-values.error /linux/seccomp/defaultAction: SCMP_ACT_NOTIFY cannot be "
       "used "
       "as default action"},
      {seccomp(
           R"("listenerPath": "/l", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_NOTIFY"}])"),
       syscall(R"("names": ["read"], "action": "SCMP_ACT_NOTIFY")"),
       "MUST linux.seccomp.listenerPath.optional /linux/seccomp/listenerPath: SCMP_ACT_NOTIFY is "
       "used, but seccomp listenerPath is not set"},
      {{},
       seccomp(R"("listenerPath": "/l", "syscalls": [{"names": ["read", "write"],
                      "action": "SCMP_ACT_NOTIFY"}])"),
       "MUST config.valid-values.error /linux/seccomp/syscalls/0/names: SCMP_ACT_NOTIFY cannot be "
       "used for the write syscall"},
  });
}

TEST(SeccompRules, Syscalls) {
  expect_cases({
      {syscall(R"("names": ["x"], "action": "SCMP_ACT_TRACE", "errnoRet": 65535,
                  "args": [{"index": 5, "value": 1, "op": "SCMP_CMP_NE"}])"),
       syscall(R"("names": [], "action": "SCMP_ACT_ALLOW")"),
       "MUST linux.seccomp.syscalls.names.one /linux/seccomp/syscalls/0/names: a seccomp rule "
       "names "
       "no system call"},
      {{},
       syscall(R"("names": [""], "action": "SCMP_ACT_ALLOW")"),
       "MUST config.valid-values.error /linux/seccomp/syscalls/0/names/0: the name of a system "
       "call "
       "must not be empty"},
      {{},
       syscall(R"("names": ["x"])"),
       "MUST linux.seccomp.syscalls.action.required /linux/seccomp/syscalls/0/action: seccomp "
       "action must not be empty"},
      {{},
       syscall(R"("names": ["x"], "action": "SCMP_ACT_X")"),
       "MUST linux.seccomp.syscalls.action.required /linux/seccomp/syscalls/0/action: seccomp "
       "action 'SCMP_ACT_X' is unknown"},
      {{},
       syscall(R"("names": ["x"], "action": "SCMP_ACT_ALLOW", "errnoRet": 0)"),
       "MUST linux.seccomp.syscalls.errnoRet.unsupported /linux/seccomp/syscalls/0/errnoRet: "
       "seccomp action 'SCMP_ACT_ALLOW' takes no errno"},
      {syscall(R"("names": ["x"], "action": "SCMP_ACT_ERRNO", "errnoRet": 4095)"),
       syscall(R"("names": ["x"], "action": "SCMP_ACT_ERRNO", "errnoRet": 4096)"),
       "MUST config.valid-values.error /linux/seccomp/syscalls/0/errnoRet: errno 4096 is greater "
       "than 4095"},
      {{},
       syscall(R"("names": ["x"], "action": "SCMP_ACT_ALLOW",
                      "args": [{"index": 6, "value": 1, "op": "SCMP_CMP_NE"}])"),
       "MUST linux.seccomp.syscalls.args.index.required /linux/seccomp/syscalls/0/args/0/index: "
       "seccomp argument index 6 is greater than 5"},
      {{},
       syscall(R"("names": ["x"], "action": "SCMP_ACT_ALLOW",
                      "args": [{"index": 1, "value": 1, "op": "!="}])"),
       "MUST linux.seccomp.syscalls.args.op.required /linux/seccomp/syscalls/0/args/0/op: seccomp "
       "operator '!=' is unknown"},
  });
}

}  // namespace
}  // namespace plimsoll::rules
