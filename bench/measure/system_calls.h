// Counts the system calls of an operation in a pass of its own under strace, which no time is taken
// from. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "bench/measure/operation.h"
#include "bench/measure/process.h"
#include "bench/measure/subject.h"

namespace plimsoll::bench {

using SystemCalls = std::map<std::string, double>;

// Whether strace is here.
bool have_strace();
// By name, of the command and of every process that it starts, the container's own included. Of
// `create`, init is followed to its end. Empty when strace is not here. The scene is set and
// cleared as in a measured round.
SystemCalls count_system_calls(const Subject& subject, Operation operation, Launcher& launcher,
                               const std::string& folder);
// The table that `strace -c` prints.
SystemCalls parse_strace_table(std::string_view text);

}  // namespace plimsoll::bench
