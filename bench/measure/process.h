// One process from its start to its end, and what the kernel charged for it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace plimsoll::bench {

// Wall time runs from just before posix_spawn to the return of wait4. The rest is wait4's rusage:
// the process and every descendant that it waited for. Zero where nothing was measured.
struct Usage {
  double wall_ns = 0;
  double user_us = 0;
  double system_us = 0;
  double max_rss_kb = 0;  // of the biggest process, not a sum (man 2 getrusage)
  double minor_faults = 0;
  double major_faults = 0;
  double voluntary_switches = 0;
  double involuntary_switches = 0;
};

using Argv = std::vector<std::string>;

// A started process. It must be waited for exactly once.
struct Started {
  pid_t pid = 0;
  std::int64_t start_ns = 0;  // CLOCK_MONOTONIC
};

struct Ended {
  int status = 0;  // as wait4 gives it
  std::int64_t end_ns = 0;
  Usage usage;
  bool ok() const { return status == 0; }
};

// Where the output of measured programs goes: stdin is /dev/null, stdout and stderr one file each,
// emptied by each start, so that nothing waits for a reader.
class Streams {
 public:
  explicit Streams(const std::string& folder);
  ~Streams();
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;
  int null() const { return null_; }
  int error() const { return error_; }
  void clear() const;
  std::string error_text() const;

 private:
  int null_ = -1;
  int error_ = -1;
};

std::int64_t monotonic_ns();

// argv[0] is a path. Throws std::runtime_error when the program cannot be started.
Started start_process(const Argv& argv, const Streams& streams);
Ended wait_process(const Started& started);
// Waits for all of them in whatever order they end; answers are in the order of `started`.
std::vector<Ended> wait_processes(std::span<const Started> started);
Ended run_process(const Argv& argv, const Streams& streams);

// "exit status 1", "killed by signal 9 (Killed)".
std::string status_text(int status);

// Makes this process the parent of orphaned descendants, as a shim is: the init of a container that
// `create` has left behind can be waited for.
void become_subreaper();
// Waits until the orphan `pid` has ended; at once when it is no child of ours.
void reap(pid_t pid);
// Reaps whatever has ended already.
void reap_ended();

}  // namespace plimsoll::bench
