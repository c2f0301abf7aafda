// What the bench and its launcher say to each other over two pipes: fixed records, one answer to
// each request. SPDX-License-Identifier: Apache-2.0
#pragma once

namespace plimsoll::bench {

inline constexpr int kRequestPipe = 10;  // the launcher reads it
inline constexpr int kAnswerPipe = 11;   // and writes this one
inline constexpr unsigned kMaxWords = 64;
inline constexpr unsigned kMaxText = 16 * 1024;

enum class Ask : int {
  start,  // followed by `size` bytes: words, each with its NUL
  wait,   // for the process `pid`, or for any with -1
  reap,   // for everything that has ended, without waiting
};

struct LaunchRequest {
  Ask ask;
  int pid;
  unsigned words;
  unsigned size;
};

// The kernel's struct rusage.
struct KernelUsage {
  long user_s, user_us, system_s, system_us;
  long max_rss, shared_rss, data_rss, stack_rss;
  long minor_faults, major_faults, swaps, blocks_in, blocks_out, sent, received, signals;
  long voluntary_switches, involuntary_switches;
};

struct LaunchAnswer {
  int pid;       // a negative errno when the request failed
  int status;    // as wait4 gives it
  long time_ns;  // CLOCK_MONOTONIC: just before the start, or when wait4 returned
  KernelUsage usage;
};

}  // namespace plimsoll::bench
