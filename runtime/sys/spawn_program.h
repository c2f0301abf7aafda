// Runs one program of the host (a hook, newuidmap, criu) to its end, with captured output. Works in
// the parent and in init alike. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/sys/process.h"

namespace plimsoll::sys {

struct ProgramRun {
  std::string path;               // executed as it is: PATH is not searched
  std::vector<std::string> argv;  // argv[0] included; empty: {path}
  std::vector<std::string> envp;  // the whole environment
  std::string stdin_text;         // then end of file
  int timeout_ms = -1;            // < 0: no limit; the program is killed when the time is up
  std::size_t max_output = 4096;  // kept of each stream: its end
};

struct ProgramResult {
  ExitStatus status;
  bool timed_out = false;
  std::string output;
  std::string error_output;
};

// The program gets fds 0-2 only, all signals at their default and none blocked. A program that
// cannot be executed is an Error (`exec 'path'`); any end of one that ran is a result. Returns when
// the program itself has ended: a daemon that it left behind may keep the pipes.
//
// The child is made with CLONE_VM | CLONE_VFORK, so this costs no copy of memory and may be called
// by a process that shares its memory with another which is waiting in a system call.
Result<ProgramResult> run_program(const ProgramRun& run);

}  // namespace plimsoll::sys
