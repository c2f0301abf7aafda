// A small session with known figures, for the tests of formats and comparisons.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include "bench/results/results.h"

namespace plimsoll::bench {

// Samples around `wall_ms`: middle + -10 … +10 times 0.1 %.
inline Series example_series(const std::string& subject, Role role, double wall_ms, double faults,
                             std::size_t rounds = 21) {
  Series series{.bundle = "minimal",
                .operation = "run",
                .subject = subject,
                .role = role,
                .samples = {},
                .system_calls = {}};
  if (role != Role::again) {
    series.system_calls = {{"close", faults}, {"openat", 10}};
  }
  for (std::size_t i = 0; i < rounds; ++i) {
    const double offset =
        (static_cast<double>(i * 8 % rounds) - static_cast<double>(rounds / 2)) * 0.001;
    series.samples.push_back({.wall_ns = std::round(wall_ms * 1e6 * (1 + offset)),
                              .user_us = 500,
                              .system_us = 1500,
                              .max_rss_kb = 400,
                              .minor_faults = faults,
                              .major_faults = 0,
                              .voluntary_switches = 5,
                              .involuntary_switches = 1});
  }
  return series;
}

inline Results example_results(double wall_ms = 8, double faults = 100, std::size_t rounds = 21) {
  Results results;
  results.time = "2026-01-02T03:04:05Z";
  results.commit = "abc123";
  results.payload = "busybox";
  results.machine = {.cpu = "Test CPU",
                     .kernel = "6.1.0 x86_64",
                     .governor = "performance",
                     .cgroup_layout = "v2",
                     .controllers = "cpu memory pids",
                     .virtualization = "bare metal",
                     .processors = 4,
                     .memory_mb = 8000,
                     .address_randomization = true,
                     .fingerprint = "0123456789ab"};
  results.load_before = 0.25;
  results.load_after = 0.5;
  results.conditions = {{.bundle = "minimal",
                         .operation = "run",
                         .rounds = static_cast<unsigned>(rounds),
                         .dropped = 2,
                         .busy = false,
                         .foreign = 0.05,
                         .steal = 0,
                         .pressure_cpu = 0.03,
                         .pressure_io = 0}};
  results.series = {example_series("ours", Role::baseline, wall_ms, faults, rounds),
                    example_series("other", Role::runtime, 20, 300, rounds),
                    example_series("ours", Role::again, wall_ms, faults, rounds),
                    example_series("floor", Role::floor, 4, 50, rounds)};
  return results;
}

}  // namespace plimsoll::bench
