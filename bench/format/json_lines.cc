// The bench's own form, written and read.
// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include <sstream>
#include <stdexcept>

#include "bench/format/format.h"

namespace plimsoll::bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;

Json session_json(const Results& results) {
  const Machine& machine = results.machine;
  return {{"type", "session"},
          {"version", kVersion},
          {"time", results.time},
          {"commit", results.commit},
          {"payload", results.payload},
          {"load_before", results.load_before},
          {"load_after", results.load_after},
          {"machine",
           {{"fingerprint", machine.fingerprint},
            {"cpu", machine.cpu},
            {"processors", machine.processors},
            {"memory_mb", machine.memory_mb},
            {"kernel", machine.kernel},
            {"governor", machine.governor},
            {"virtualization", machine.virtualization},
            {"cgroup_layout", machine.cgroup_layout},
            {"controllers", machine.controllers},
            {"address_randomization", machine.address_randomization}}}};
}

Json conditions_json(const Conditions& conditions) {
  return {{"type", "conditions"},
          {"bundle", conditions.bundle},
          {"operation", conditions.operation},
          {"rounds", conditions.rounds},
          {"dropped", conditions.dropped},
          {"busy", conditions.busy},
          {"foreign", conditions.foreign},
          {"steal", conditions.steal},
          {"pressure_cpu", conditions.pressure_cpu},
          {"pressure_io", conditions.pressure_io}};
}

Json series_json(const Series& series) {
  Json json = {{"type", "series"},
               {"bundle", series.bundle},
               {"operation", series.operation},
               {"subject", series.subject},
               {"role", role_name(series.role)}};
  for (const Metric& metric : kMetrics) {
    Json values = Json::array();
    for (const double value : series.values(metric.member)) {
      // Wall times are whole nanoseconds, counts are whole; only means of parallel starts are not.
      if (value == static_cast<double>(static_cast<std::int64_t>(value))) {
        values.push_back(static_cast<std::int64_t>(value));
      } else {
        values.push_back(value);
      }
    }
    json[std::string(metric.name) + "_" + std::string(metric.unit)] = std::move(values);
  }
  json["system_calls"] = series.system_calls;
  return json;
}

void read_session(const Json& json, Results& results) {
  if (json.at("version") != kVersion) {
    throw std::runtime_error("version " + json.at("version").dump() + " is not known");
  }
  results.time = json.at("time");
  results.commit = json.at("commit");
  results.payload = json.at("payload");
  results.load_before = json.at("load_before");
  results.load_after = json.at("load_after");
  const Json& from = json.at("machine");
  results.machine = {.cpu = from.at("cpu"),
                     .kernel = from.at("kernel"),
                     .governor = from.at("governor"),
                     .cgroup_layout = from.at("cgroup_layout"),
                     .controllers = from.at("controllers"),
                     .virtualization = from.at("virtualization"),
                     .processors = from.at("processors"),
                     .memory_mb = from.at("memory_mb"),
                     .address_randomization = from.at("address_randomization"),
                     .fingerprint = from.at("fingerprint")};
}

void read_conditions(const Json& json, Results& results) {
  results.conditions.push_back({.bundle = json.at("bundle"),
                                .operation = json.at("operation"),
                                .rounds = json.at("rounds"),
                                .dropped = json.at("dropped"),
                                .busy = json.at("busy"),
                                .foreign = json.at("foreign"),
                                .steal = json.at("steal"),
                                .pressure_cpu = json.at("pressure_cpu"),
                                .pressure_io = json.at("pressure_io")});
}

void read_series(const Json& json, Results& results) {
  Series series{.bundle = json.at("bundle"),
                .operation = json.at("operation"),
                .subject = json.at("subject"),
                .role = role_of(json.at("role").get<std::string>()),
                .samples = {},
                .system_calls = json.at("system_calls").get<std::map<std::string, double>>()};
  for (const Metric& metric : kMetrics) {
    const auto values = json.at(std::string(metric.name) + "_" + std::string(metric.unit))
                            .get<std::vector<double>>();
    if (!series.samples.empty() && series.samples.size() != values.size()) {
      throw std::runtime_error("the metrics have different numbers of samples");
    }
    series.samples.resize(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      series.samples[i].*metric.member = values[i];
    }
  }
  results.series.push_back(std::move(series));
}

}  // namespace

std::string json_lines(const Results& results) {
  std::string out = session_json(results).dump() + "\n";
  for (const Conditions& conditions : results.conditions) {
    out += conditions_json(conditions).dump() + "\n";
  }
  for (const Series& series : results.series) {
    out += series_json(series).dump() + "\n";
  }
  return out;
}

Results parse_json_lines(std::string_view text) {
  Results results;
  std::istringstream lines{std::string(text)};
  unsigned number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    try {
      const Json json = Json::parse(line);
      const std::string type = json.at("type");
      if (type == "session") {
        read_session(json, results);
      } else if (type == "conditions") {
        read_conditions(json, results);
      } else if (type == "series") {
        read_series(json, results);
      } else {
        throw std::runtime_error("unknown type '" + type + "'");
      }
    } catch (const std::exception& error) {
      throw std::runtime_error("line " + std::to_string(number) + ": " + error.what());
    }
  }
  if (results.series.empty()) {
    throw std::runtime_error("no series in it");
  }
  return results;
}

}  // namespace plimsoll::bench
