// What one session has measured, as it is kept, compared and printed.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bench/measure/machine.h"
#include "bench/measure/process.h"
#include "bench/measure/subject.h"

namespace plimsoll::bench {

// A figure of Usage that can be looked at alone.
struct Metric {
  std::string_view name;
  std::string_view unit;
  double Usage::* member;
  bool counted;  // a count that hardly varies; the others are times
};
inline constexpr auto kMetrics = std::to_array<Metric>({
    {.name = "wall", .unit = "ns", .member = &Usage::wall_ns, .counted = false},
    {.name = "user", .unit = "us", .member = &Usage::user_us, .counted = false},
    {.name = "system", .unit = "us", .member = &Usage::system_us, .counted = false},
    {.name = "max_rss", .unit = "kB", .member = &Usage::max_rss_kb, .counted = true},
    {.name = "minor_faults", .unit = "faults", .member = &Usage::minor_faults, .counted = true},
    {.name = "major_faults", .unit = "faults", .member = &Usage::major_faults, .counted = true},
    {.name = "voluntary_switches",
     .unit = "switches",
     .member = &Usage::voluntary_switches,
     .counted = false},
    {.name = "involuntary_switches",
     .unit = "switches",
     .member = &Usage::involuntary_switches,
     .counted = false},
});

// One subject's samples of one operation on one bundle. The samples of all subjects with the same
// bundle and operation are of the same rounds: equal indices are pairs.
struct Series {
  std::string bundle;
  std::string operation;  // "run", "run x64", "list/100"
  std::string subject;
  Role role = Role::runtime;
  std::vector<Usage> samples;
  std::map<std::string, double> system_calls;  // by name, from the pass under strace
  std::vector<double> values(double Usage::* member) const;
  double system_call_count() const;
};

// How a group of rounds went.
struct Conditions {
  std::string bundle;
  std::string operation;  // of the first series of the group
  unsigned rounds = 0;    // that count
  unsigned dropped = 0;   // repeated, because the machine was busy
  bool busy = false;      // too few quiet rounds: all were kept
  double foreign = 0;     // mean share of processors that others used
  double steal = 0;
  double pressure_cpu = 0;
  double pressure_io = 0;
};

struct Results {
  std::string time;    // RFC 3339, UTC
  std::string commit;  // of what was measured, when the user says so
  std::string payload;
  Machine machine;
  double load_before = 0;
  double load_after = 0;
  std::vector<Conditions> conditions;
  std::vector<Series> series;
};

std::string_view role_name(Role role);
Role role_of(std::string_view name);
// The series of a group with that role, or nullptr.
const Series* find_series(const Results& results, const std::string& bundle,
                          const std::string& operation, Role role);

}  // namespace plimsoll::bench
