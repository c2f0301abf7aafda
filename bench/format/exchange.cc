// Forms for other tools: Google Benchmark, Bencher, github-action-benchmark. And the table of all
// forms. SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include <array>
#include <stdexcept>

#include "bench/format/format.h"
#include "bench/format/numbers.h"
#include "bench/results/summary.h"

namespace plimsoll::bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr auto kFormats = std::to_array<Format>({
    {.name = "text", .write = text_table},
    {.name = "markdown", .write = markdown},
    {.name = "jsonl", .write = json_lines},
    {.name = "google-benchmark", .write = google_benchmark},
    {.name = "bencher", .write = bencher},
    {.name = "github-action", .write = github_action},
});

// The name under which other tools follow a series; the A/A run is no benchmark.
std::string benchmark_name(const Row& row) {
  return row.subject + "/" + row.bundle + "/" + row.operation;
}

}  // namespace

std::span<const Format> formats() { return kFormats; }

Formatter format_of(std::string_view name) {
  std::string known;
  for (const Format& format : kFormats) {
    if (format.name == name) {
      return format.write;
    }
    known += " " + std::string(format.name);
  }
  throw std::runtime_error("no format '" + std::string(name) + "':" + known);
}

std::string google_benchmark(const Results& results) {
  Json benchmarks = Json::array();
  for (const Row& row : summarize(results).rows) {
    if (row.role == Role::again) {
      continue;
    }
    const std::string name = benchmark_name(row);
    benchmarks.push_back({{"name", name + "_median"},
                          {"run_name", name},
                          {"run_type", "aggregate"},
                          {"repetitions", row.rounds},
                          {"threads", 1},
                          {"aggregate_name", "median"},
                          {"aggregate_unit", "time"},
                          {"iterations", row.rounds},
                          {"real_time", row.wall_ns.estimate},
                          {"cpu_time", (row.medians.user_us + row.medians.system_us) * 1000},
                          {"time_unit", "ns"},
                          {"minor_faults", row.medians.minor_faults},
                          {"max_rss_kB", row.medians.max_rss_kb}});
    if (row.system_calls) {
      benchmarks.back()["system_calls"] = *row.system_calls;
    }
  }
  const Json document = {{"context",
                          {{"date", results.time},
                           {"host_name", results.machine.fingerprint},
                           {"executable", "plimsoll-bench"},
                           {"num_cpus", results.machine.processors},
                           {"cpu_scaling_enabled", results.machine.governor == "powersave" ||
                                                       results.machine.governor == "ondemand"},
                           {"load_avg", {results.load_before}},
                           {"library_build_type", "release"}}},
                         {"benchmarks", benchmarks}};
  return document.dump(2) + "\n";
}

std::string bencher(const Results& results) {
  Json document = Json::object();
  for (const Row& row : summarize(results).rows) {
    if (row.role == Role::again) {
      continue;
    }
    Json& measures = document[benchmark_name(row)];
    measures["latency"] = {{"value", row.wall_ns.estimate},
                           {"lower_value", row.wall_ns.low},
                           {"upper_value", row.wall_ns.high}};
    measures["cpu-time"] = {{"value", (row.medians.user_us + row.medians.system_us) * 1000}};
    measures["max-rss"] = {{"value", row.medians.max_rss_kb * 1024}};
    measures["page-faults"] = {{"value", row.medians.minor_faults + row.medians.major_faults}};
    if (row.system_calls) {
      measures["system-calls"] = {{"value", *row.system_calls}};
    }
  }
  return document.dump(2) + "\n";
}

std::string github_action(const Results& results) {
  Json document = Json::array();
  for (const Row& row : summarize(results).rows) {
    if (row.role == Role::again) {
      continue;
    }
    const std::string name = benchmark_name(row);
    document.push_back({{"name", name},
                        {"unit", "ms"},
                        {"value", row.wall_ns.estimate / 1e6},
                        {"range", "\u00b1 " + fixed(row.wall_ns.half_width() * 100, 1) + " %"},
                        {"extra", std::to_string(row.rounds) + " rounds"}});
    if (row.system_calls) {
      document.push_back(
          {{"name", name + " system calls"}, {"unit", "calls"}, {"value", *row.system_calls}});
    }
  }
  return document.dump(2) + "\n";
}

}  // namespace plimsoll::bench
