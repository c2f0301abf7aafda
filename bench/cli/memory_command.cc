// `plimsoll-bench memory`.
// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include <cstdio>
#include <vector>

#include "bench/cli/arguments.h"
#include "bench/cli/commands.h"
#include "bench/measure/memory.h"

namespace plimsoll::bench {
namespace {

void print_text(const std::vector<MemoryRow>& rows) {
  std::printf("%-16s %-10s %16s %10s %10s %14s %8s\n", "", "bundle", "smallest limit", "peak RSS",
              "init RSS", "init private", "threads");
  for (const MemoryRow& row : rows) {
    std::printf("%-16s %-10s %13ju kB %7ju kB %7ju kB %11ju kB %8ju\n", row.subject.c_str(),
                row.bundle.c_str(), static_cast<uintmax_t>(row.smallest_limit_kb),
                static_cast<uintmax_t>(row.peak_rss_kb), static_cast<uintmax_t>(row.init_rss_kb),
                static_cast<uintmax_t>(row.init_dirty_kb), static_cast<uintmax_t>(row.threads));
  }
}

void print_json(const std::vector<MemoryRow>& rows) {
  for (const MemoryRow& row : rows) {
    const nlohmann::ordered_json json = {{"type", "memory"},
                                         {"subject", row.subject},
                                         {"bundle", row.bundle},
                                         {"smallest_limit_kB", row.smallest_limit_kb},
                                         {"peak_rss_kB", row.peak_rss_kb},
                                         {"init_rss_kB", row.init_rss_kb},
                                         {"init_private_dirty_kB", row.init_dirty_kb},
                                         {"init_threads", row.threads}};
    std::printf("%s\n", json.dump().c_str());
  }
}

}  // namespace

int memory_command(Words words) {
  MemoryOptions options;
  bool help = false;
  bool json = false;
  const std::vector<OptionRow> rows{
      {"runtime", "[NAME=]PATH", "a runtime (repeat)",
       [&](const std::string& word) { options.runtimes.push_back(word); }},
      {"bundle", "NAME,...", "minimal podman userns (default minimal)",
       [&](const std::string& word) { options.bundles = comma_list(word); }},
      {"cgroup-view", "VIEW", "host, v1 or v2 (default host)",
       [&](const std::string& word) { options.view = cgroup_view_of(word); }},
      {"payload", "NAME", "busybox or minimal (default busybox)",
       [&](const std::string& word) { options.payload = payload_of(word); }},
      {"json", "", "one line of JSON for each row", [&](const std::string&) { json = true; }},
      {"help", "", "this text", [&](const std::string&) { help = true; }},
  };
  const std::vector<std::string> operands = read_options(rows, words);
  if (help) {
    std::printf("usage: plimsoll-bench memory --runtime PATH... [OPTION...]\n\n%s",
                options_help(rows).c_str());
    return 0;
  }
  if (!operands.empty() || options.runtimes.empty()) {
    throw UsageError("memory takes --runtime PATH and no operands");
  }
  const std::vector<MemoryRow> measured = measure_memory(options);
  (json ? print_json : print_text)(measured);
  return 0;
}

}  // namespace plimsoll::bench
