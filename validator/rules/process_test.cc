// Rules about a process: for each, a document that it accepts and one that it does not, with the
// exact finding. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "validator/rules/rules_testing.h"

namespace plimsoll::rules {
namespace {

TEST(ProcessRules, WhatRuns) {
  expect_cases({
      {{},
       process_of(R"("args": ["a"])"),
       "MUST config.process.cwd.required /process/cwd: Cwd property must not be empty"},
      {{},
       process_of(R"("args": ["a"], "cwd": "x/y")"),
       "MUST config.process.cwd.absolute /process/cwd: Cwd must be an absolute path"},
      {{},
       process_of(R"("args": [], "cwd": "/")"),
       "MUST config.process.args.one-entry /process/args: args must not be empty"},
      {process_with(R"("env": ["A=", "B=c=d"])"), process_with(R"("env": ["A=", "B"])"),
       "MUST config.process.env.optional /process/env/1: invalid environment variable: missing "
       "'='"},
      {{},
       process_with(R"("env": ["=x"])"),
       "MUST config.process.env.optional /process/env/0: invalid environment variable: name "
       "cannot be empty"},
      {process_with(R"("oomScoreAdj": -1000)"), process_with(R"("oomScoreAdj": 1001)"),
       "MUST config.valid-values.error /process/oomScoreAdj: oomScoreAdj 1001 is not within -1000 "
       "to 1000"},
      {process_with(R"("consoleSize": {"height": 65536, "width": 1})"),
       process_with(R"("terminal": true, "consoleSize": {"height": 65536, "width": 1})"),
       "MUST config.valid-values.error /process/consoleSize: a terminal has no more than 65535 "
       "lines and columns"},
      {process_with(R"("user": {"uid": 0, "gid": 0, "umask": 511})"),
       process_with(R"("user": {"uid": 0, "gid": 0, "umask": 512})"),
       "MAY config.process.user.umask.optional /process/user/umask: bits beyond 0777 have no "
       "effect"},
      {{},
       process_with(R"("commandLine": "x")"),
       "MAY config.process.args.optional /process/commandLine: commandLine is ignored on Linux"},
  });
}

TEST(ProcessRules, LimitsAndCapabilities) {
  expect_cases({
      {process_with(R"("rlimits": [{"type": "RLIMIT_CPU", "soft": 1, "hard": 1}])"),
       process_with(R"("rlimits": [{"soft": 1, "hard": 1}])"),
       "MUST config.process.rlimits.type.required /process/rlimits/0/type: rlimit type must not "
       "be empty"},
      {{},
       process_with(R"("rlimits": [{"type": "RLIMIT_BOGUS", "soft": 1, "hard": 1}])"),
       "MUST config.process.rlimits.type.unmappable /process/rlimits/0/type: invalid rlimit type: "
       "RLIMIT_BOGUS"},
      {process_with(R"("rlimits": [{"type": "RLIMIT_CPU", "soft": 1, "hard": 1},
                                   {"type": "RLIMIT_AS", "soft": 1, "hard": 1}])"),
       process_with(R"("rlimits": [{"type": "RLIMIT_CPU", "soft": 1, "hard": 1},
                                   {"type": "RLIMIT_CPU", "soft": 2, "hard": 2}])"),
       "MUST config.process.rlimits.duplicate /process/rlimits/1/type: duplicate rlimit type: "
       "RLIMIT_CPU"},
      {{},
       process_with(R"("rlimits": [{"type": "RLIMIT_CPU", "soft": 2, "hard": 1}])"),
       "MUST config.valid-values.error /process/rlimits/0/soft: RLIMIT_CPU: soft limit 2 is above "
       "hard limit 1"},
      {process_with(R"("capabilities": {"bounding": ["CAP_KILL"]})"),
       process_with(R"("capabilities": {"bounding": ["CAP_KILL", "CAP_BOGUS"]})"),
       "SHOULD config.process.capabilities.unknown-warn /process/capabilities/bounding/1: unknown "
       "capability 'CAP_BOGUS' is ignored"},
      {process_with(R"("capabilities": {"ambient": ["CAP_KILL"], "permitted": ["CAP_KILL"],
                                        "inheritable": ["CAP_KILL"]})"),
       process_with(R"("capabilities": {"ambient": ["CAP_KILL"], "permitted": ["CAP_KILL"]})"),
       "MAY config.process.capabilities.ambient /process/capabilities/ambient/0: 'CAP_KILL' has no "
       "effect: it is not both permitted and inheritable"},
  });
}

TEST(ProcessRules, Scheduling) {
  expect_cases({
      {process_with(R"("scheduler": {"policy": "SCHED_OTHER", "nice": 19})"),
       process_with(R"("scheduler": {})"),
       "MUST config.process.scheduler.policy.required /process/scheduler/policy: scheduler policy "
       "is required"},
      {{},
       process_with(R"("scheduler": {"policy": "SCHED_X"})"),
       "MUST config.process.scheduler.policy.required /process/scheduler/policy: invalid "
       "scheduler.policy: 'SCHED_X'"},
      {{},
       process_with(R"("scheduler": {"policy": "SCHED_BATCH", "nice": 20})"),
       "MUST config.process.scheduler.nice.optional /process/scheduler/nice: invalid "
       "scheduler.nice: 20 when scheduler.policy is SCHED_BATCH"},
      {process_with(R"("scheduler": {"policy": "SCHED_RR", "priority": 99})"),
       process_with(R"("scheduler": {"policy": "SCHED_OTHER", "priority": 1})"),
       "MUST config.process.scheduler.priority.optional /process/scheduler/priority: "
       "scheduler.priority can only be specified for SchedFIFO or SchedRR policy"},
      {{},
       process_with(R"("scheduler": {"policy": "SCHED_FIFO", "priority": 100})"),
       "MUST config.process.scheduler.priority.optional /process/scheduler/priority: invalid "
       "scheduler.priority: 100 is not within 1 to 99"},
      {process_with(
           R"("scheduler": {"policy": "SCHED_DEADLINE", "runtime": 1, "deadline": 2, "period": 2})"),
       process_with(R"("scheduler": {"policy": "SCHED_OTHER", "runtime": 1})"),
       "MUST config.process.scheduler.deadline.optional /process/scheduler: scheduler "
       "runtime/deadline/period can only be specified for SchedDeadline policy"},
      {process_with(R"("scheduler": {"policy": "SCHED_DEADLINE", "runtime": 1, "deadline": 1})"),
       process_with(R"("scheduler": {"policy": "SCHED_DEADLINE", "runtime": 3, "deadline": 2})"),
       "MUST config.process.scheduler.deadline.optional /process/scheduler: scheduler needs 0 < "
       "runtime <= deadline <= period"},
      {process_with(
           R"("scheduler": {"policy": "SCHED_OTHER", "flags": ["SCHED_FLAG_RESET_ON_FORK"]})"),
       process_with(R"("scheduler": {"policy": "SCHED_OTHER", "flags": ["X"]})"),
       "MUST config.process.scheduler.flags.optional /process/scheduler/flags/0: invalid scheduler "
       "flag 'X'"},
      {process_with(R"("ioPriority": {"class": "IOPRIO_CLASS_RT", "priority": 7})"),
       process_with(R"("ioPriority": {"class": "RT", "priority": 7})"),
       "MUST config.process.ioPriority.class.required /process/ioPriority/class: invalid "
       "ioPriority.Class: 'RT'"},
      {{},
       process_with(R"("ioPriority": {"class": "IOPRIO_CLASS_RT", "priority": 8})"),
       "MUST config.process.ioPriority.priority.required /process/ioPriority/priority: invalid "
       "ioPriority.Priority: 8"},
      {process_with(R"("execCPUAffinity": {"initial": "0-3,7", "final": ""})"),
       process_with(R"("execCPUAffinity": {"final": "3-1"})"),
       "MUST config.process.execCPUAffinity.optional /process/execCPUAffinity/final: '3-1' is not "
       "a "
       "list of CPUs such as '0-3,7'"},
  });
}

}  // namespace
}  // namespace plimsoll::rules
