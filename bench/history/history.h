// Results over time: one line of JSON for each series of each session, appended and never
// rewritten. Points of different machines never share a trend. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bench/results/results.h"
#include "bench/stats/stats.h"

namespace plimsoll::bench {

struct Point {
  std::string time, commit, machine, subject, bundle, operation;
  Interval wall_ns;
  double to_floor = 0;                       // ratio; 0 where no floor was measured
  double to_floor_half = 0;                  // half of its interval
  double faults = 0, rss_kb = 0, calls = 0;  // calls: 0 where they were not counted
  double noise = 0;                          // of the A/A run
  unsigned rounds = 0;
  bool busy = false;
};

std::vector<Point> points_of(const Results& results);
std::string point_line(const Point& point);
// Throws std::runtime_error with the line's number.
std::vector<Point> parse_history(std::string_view text);

// The points of one machine, bundle, operation and subject, oldest first.
struct Trend {
  std::string machine, bundle, operation, subject;
  std::vector<Point> points;
  // What is followed: the multiple of the floor where all points have it, else the wall time in ns.
  bool by_floor() const;
  std::vector<Interval> values() const;
  std::vector<std::size_t> changes() const;  // indices of first points of new levels
};
std::vector<Trend> trends_of(const std::vector<Point>& points);

// The 95th percentile of the noise that past A/A runs of this machine, bundle and operation have
// shown; 0 without any.
double learned_noise(const std::vector<Point>& points, const std::string& machine,
                     const std::string& bundle, const std::string& operation);

}  // namespace plimsoll::bench
