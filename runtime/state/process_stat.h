// The fields of /proc/PID/stat that tell one process from another and a live one from a dead one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "runtime/base/result.h"

namespace plimsoll::state {

struct ProcessStat {
  char state = 0;                // field 3
  std::uint64_t threads = 0;     // field 20
  std::uint64_t start_time = 0;  // field 22
  // Field 52, as wait(2) would give it: a zombie's only, and 0 where the caller may not know.
  std::uint64_t exit_code = 0;
};

// The text of a stat file. The command in field 2 may hold any byte, ')' and newlines included.
std::optional<ProcessStat> parse_process_stat(std::string_view text);

// ENOENT or ESRCH when there is no such process.
Result<ProcessStat> read_process_stat(pid_t pid);
// The same without the heap (docs/decisions/0012-beside-init.md): 0 or an errno, EBADMSG for a text
// of another form.
int try_read_process_stat(pid_t pid, ProcessStat& stat);

}  // namespace plimsoll::state
