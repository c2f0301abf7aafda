// What a command's handler gets, and the handlers, one for each verb. A handler prints its result
// and returns the exit status; an Error is reported by the caller. SPDX-License-Identifier:
// Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/cli/command_table.h"
#include "runtime/cli/environment.h"
#include "runtime/cli/parse_arguments.h"
#include "runtime/container/verbs.h"

namespace plimsoll::cli {

struct Invocation {
  const Command& command;
  const Arguments& arguments;
  const Environment& environment;
  container::Globals globals;
  bool root_given;           // by --root; the default root may be missing
  std::string_view program;  // as the user calls us: "plimsoll" or "runc"
};

Result<int> run_checkpoint(const Invocation& invocation);
Result<int> run_completion(const Invocation& invocation);
Result<int> run_create(const Invocation& invocation);
Result<int> run_delete(const Invocation& invocation);
Result<int> run_events(const Invocation& invocation);
Result<int> run_exec(const Invocation& invocation);
Result<int> run_features(const Invocation& invocation);
Result<int> run_help(const Invocation& invocation);
Result<int> run_kill(const Invocation& invocation);
Result<int> run_list(const Invocation& invocation);
Result<int> run_pause(const Invocation& invocation);
Result<int> run_plan(const Invocation& invocation);
Result<int> run_ps(const Invocation& invocation);
Result<int> run_restore(const Invocation& invocation);
Result<int> run_resume(const Invocation& invocation);
Result<int> run_run(const Invocation& invocation);
Result<int> run_spec(const Invocation& invocation);
Result<int> run_start(const Invocation& invocation);
Result<int> run_state(const Invocation& invocation);
Result<int> run_update(const Invocation& invocation);
Result<int> run_version(const Invocation& invocation);
Result<int> run_wait(const Invocation& invocation);

// Writes to stdout. A reader that has gone away is an Error like any other: SIGPIPE is ignored.
Result<> print(std::string_view text);

}  // namespace plimsoll::cli
