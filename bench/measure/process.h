// One process from its start to its end, and what the kernel charged for it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "bench/measure/launch_protocol.h"

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

// Starts measured programs through the launcher, and waits for them. Their stdin and stdout are a
// null device of their own, their stderr is one file that each start empties, so that nothing waits
// for a reader.
class Launcher {
 public:
  // `folder` gets the file of stderr and the null device.
  explicit Launcher(const std::string& folder);
  ~Launcher();
  Launcher(const Launcher&) = delete;
  Launcher& operator=(const Launcher&) = delete;

  // argv[0] is a path. Throws std::runtime_error when the program cannot be started.
  Started start(const Argv& argv);
  // Waits for all of them in whatever order they end; answers are in the order of `started`.
  std::vector<Ended> wait(std::span<const Started> started);
  Ended run(const Argv& argv);
  // What the programs have written to stderr since the last run() or clear().
  std::string error_text() const;
  void clear();
  // Waits until the orphan `pid` has ended; at once when it is no child of the launcher.
  void reap(pid_t pid);
  // Reaps whatever has ended already.
  void reap_ended();
  // Of all processes that it has waited for.
  double processor_us() const { return processor_us_; }

 private:
  LaunchAnswer ask(const LaunchRequest& request, const std::string& text = {});
  Usage count(const KernelUsage& usage, std::int64_t wall_ns);

  int error_ = -1;
  int requests_ = -1;
  int answers_ = -1;
  pid_t pid_ = 0;
  double processor_us_ = 0;
};

std::int64_t monotonic_ns();

// From now on SIGINT, SIGTERM and SIGHUP make the next start() throw, once, so that containers are
// removed on the way out.
void stop_on_signals();

// "exit status 1", "killed by signal 9 (Killed)".
std::string status_text(int status);

}  // namespace plimsoll::bench
