// The history file and its trends.
// SPDX-License-Identifier: Apache-2.0
#include "bench/history/history.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <stdexcept>
#include <tuple>

#include "bench/results/summary.h"

namespace plimsoll::bench {
namespace {

using Json = nlohmann::ordered_json;

double rounded(double value, double digits) {
  const double scale = std::pow(10, digits);
  return std::round(value * scale) / scale;
}

auto key_of(const Point& point) {
  return std::tie(point.machine, point.bundle, point.operation, point.subject);
}

Point parse_point(const std::string& line) {
  const Json json = Json::parse(line);
  Point point;
  point.time = json.at("time");
  point.commit = json.at("commit");
  point.machine = json.at("machine");
  point.subject = json.at("subject");
  point.bundle = json.at("bundle");
  point.operation = json.at("op");
  const auto wall = json.at("us").get<std::vector<double>>();
  if (wall.size() != 3) {
    throw std::runtime_error("'us' holds median, low and high");
  }
  point.wall_ns = {.estimate = wall[0] * 1000, .low = wall[1] * 1000, .high = wall[2] * 1000};
  const auto floor = json.at("floor").get<std::vector<double>>();
  if (floor.size() == 2) {
    point.to_floor = floor[0];
    point.to_floor_half = floor[1];
  }
  const auto counts = json.at("counts").get<std::vector<double>>();
  if (counts.size() != 3) {
    throw std::runtime_error("'counts' holds faults, kB of memory and system calls");
  }
  point.faults = counts[0];
  point.rss_kb = counts[1];
  point.calls = counts[2];
  point.noise = json.at("noise");
  point.rounds = json.at("n");
  point.busy = json.value("busy", false);
  return point;
}

}  // namespace

std::vector<Point> points_of(const Results& results) {
  std::vector<Point> points;
  for (const Row& row : summarize(results).rows) {
    if (row.role == Role::again || row.role == Role::floor) {
      continue;
    }
    Point point;
    point.time = results.time;
    point.commit = results.commit;
    point.machine = results.machine.fingerprint;
    point.subject = row.subject;
    point.bundle = row.bundle;
    point.operation = row.operation;
    point.wall_ns = row.wall_ns;
    if (row.to_floor) {
      point.to_floor = row.to_floor->estimate;
      point.to_floor_half = (row.to_floor->high - row.to_floor->low) / 2;
    }
    point.faults = row.medians.minor_faults + row.medians.major_faults;
    point.rss_kb = row.medians.max_rss_kb;
    point.calls = row.system_calls.value_or(0);
    point.noise = noise_floor(results, row.bundle, row.operation);
    point.rounds = static_cast<unsigned>(row.rounds);
    point.busy = row.conditions != nullptr && row.conditions->busy;
    points.push_back(std::move(point));
  }
  return points;
}

std::string point_line(const Point& point) {
  const auto us = [](double ns) { return rounded(ns / 1000, 1); };
  Json json = {{"time", point.time},
               {"commit", point.commit},
               {"machine", point.machine},
               {"subject", point.subject},
               {"bundle", point.bundle},
               {"op", point.operation},
               {"us", {us(point.wall_ns.estimate), us(point.wall_ns.low), us(point.wall_ns.high)}},
               {"floor", Json::array()},
               {"counts", {point.faults, point.rss_kb, point.calls}},
               {"noise", rounded(point.noise, 4)},
               {"n", point.rounds}};
  if (point.to_floor > 0) {
    json["floor"] = {rounded(point.to_floor, 4), rounded(point.to_floor_half, 4)};
  }
  if (point.busy) {
    json["busy"] = true;
  }
  return json.dump() + "\n";
}

std::vector<Point> parse_history(std::string_view text) {
  std::vector<Point> points;
  std::istringstream lines{std::string(text)};
  unsigned number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    try {
      points.push_back(parse_point(line));
    } catch (const std::exception& error) {
      throw std::runtime_error("history, line " + std::to_string(number) + ": " + error.what());
    }
  }
  return points;
}

bool Trend::by_floor() const {
  return std::ranges::all_of(points, [](const Point& point) { return point.to_floor > 0; });
}

std::vector<Interval> Trend::values() const {
  const bool relative = by_floor();
  std::vector<Interval> values;
  for (const Point& point : points) {
    values.push_back(relative ? Interval{.estimate = point.to_floor,
                                         .low = point.to_floor - point.to_floor_half,
                                         .high = point.to_floor + point.to_floor_half}
                              : point.wall_ns);
  }
  return values;
}

std::vector<std::size_t> Trend::changes() const {
  std::vector<double> series;
  for (const Interval& value : values()) {
    series.push_back(value.estimate);
  }
  return change_points(series);
}

std::vector<Trend> trends_of(const std::vector<Point>& points) {
  std::vector<Trend> trends;
  for (const Point& point : points) {
    const auto same = [&](const Trend& trend) {
      return key_of(trend.points.front()) == key_of(point);
    };
    auto trend = std::ranges::find_if(trends, same);
    if (trend == trends.end()) {
      trends.push_back({.machine = point.machine,
                        .bundle = point.bundle,
                        .operation = point.operation,
                        .subject = point.subject,
                        .points = {}});
      trend = trends.end() - 1;
    }
    trend->points.push_back(point);
  }
  return trends;
}

double learned_noise(const std::vector<Point>& points, const std::string& machine,
                     const std::string& bundle, const std::string& operation) {
  std::vector<double> seen;
  for (const Point& point : points) {
    if (point.machine == machine && point.bundle == bundle && point.operation == operation &&
        point.noise > 0) {
      seen.push_back(point.noise);
    }
  }
  return quantile(seen, 0.95);
}

}  // namespace plimsoll::bench
