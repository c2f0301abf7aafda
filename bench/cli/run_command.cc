// `plimsoll-bench run`: measures and prints.
// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <utility>
#include <vector>

#include "bench/cli/arguments.h"
#include "bench/cli/commands.h"
#include "bench/cli/progress.h"
#include "bench/format/format.h"
#include "bench/measure/files.h"
#include "bench/measure/session.h"

namespace plimsoll::bench {
namespace {

struct Request {
  RunOptions run;
  std::vector<std::pair<Formatter, std::string>> outputs;  // "" is stdout
  bool help = false;
};

// "FORMAT" to stdout, "FORMAT=FILE" into a file.
std::pair<Formatter, std::string> output_of(const std::string& word) {
  const std::size_t equals = word.find('=');
  return {format_of(word.substr(0, equals)),
          equals == std::string::npos ? "" : word.substr(equals + 1)};
}

std::vector<OptionRow> rows_of(Request& request) {
  RunOptions& run = request.run;
  return {
      {"runtime", "[NAME=]PATH",
       "a runtime; the first is what the others are compared with (repeat)",
       [&](const std::string& word) { run.runtimes.push_back(word); }},
      {"op", "NAME,...", "run create start state exec pause kill delete list (default run)",
       [&](const std::string& word) {
         run.operations.clear();
         for (const std::string& name : comma_list(word)) {
           run.operations.push_back(operation_of(name));
         }
       }},
      {"bundle", "NAME,...", "minimal podman userns or a folder (default minimal)",
       [&](const std::string& word) { run.bundles = comma_list(word); }},
      {"parallel", "N", "start N containers at once; times are per container (op run)",
       [&](const std::string& word) { run.parallel = std::max(1U, unsigned_of(word)); }},
      {"containers", "N,...", "running containers while list is measured (default 1,100)",
       [&](const std::string& word) {
         run.list_sizes.clear();
         for (const std::string& size : comma_list(word)) {
           run.list_sizes.push_back(unsigned_of(size));
         }
       }},
      {"cgroup-view", "VIEW", "host, v1 or v2, in a private mount namespace (default host)",
       [&](const std::string& word) { run.view = cgroup_view_of(word); }},
      {"payload", "NAME", "busybox or minimal, a program without a C library (default busybox)",
       [&](const std::string& word) { run.payload = payload_of(word); }},
      {"pairs", "MIN[,MAX]", "rounds at least and at most (default 20,200)",
       [&](const std::string& word) {
         const std::vector<std::string> ends = comma_list(word);
         run.min_pairs = unsigned_of(ends.at(0));
         run.max_pairs = ends.size() > 1 ? unsigned_of(ends[1]) : std::max(run.min_pairs, 200U);
       }},
      {"time", "SECONDS", "for each bundle and group of operations (default 60)",
       [&](const std::string& word) { run.seconds = number_of(word); }},
      {"precision", "PERCENT", "stop when all ratios are known that well (default 2)",
       [&](const std::string& word) { run.precision = number_of(word) / 100; }},
      {"no-again", "", "without the A/A run that learns the noise floor",
       [&](const std::string&) { run.again = false; }},
      {"no-floor", "", "without the floor, a program that does only the kernel work",
       [&](const std::string&) { run.floor = false; }},
      {"no-calls", "", "without the pass under strace that counts system calls",
       [&](const std::string&) { run.system_calls = false; }},
      {"seed", "N", "of the random order",
       [&](const std::string& word) { run.seed = unsigned_of(word); }},
      {"commit", "ID", "what is measured, for the history",
       [&](const std::string& word) { run.commit = word; }},
      {"output", "FORMAT[=FILE]",
       "text markdown jsonl google-benchmark bencher github-action (repeat; default text)",
       [&](const std::string& word) { request.outputs.push_back(output_of(word)); }},
      {"help", "", "this text", [&](const std::string&) { request.help = true; }},
  };
}

}  // namespace

int run_command(Words words) {
  Request request;
  const std::vector<OptionRow> rows = rows_of(request);
  const std::vector<std::string> operands = read_options(rows, words);
  if (request.help) {
    std::printf("usage: plimsoll-bench run --runtime PATH [--runtime PATH...] [OPTION...]\n\n%s",
                options_help(rows).c_str());
    return 0;
  }
  if (!operands.empty()) {
    throw UsageError("'" + operands[0] + "' is no option of run");
  }
  if (request.run.runtimes.empty()) {
    throw UsageError("no runtime is given: --runtime PATH");
  }
  if (request.outputs.empty()) {
    request.outputs.emplace_back(text_table, "");
  }
  Progress progress;
  const Results results = measure(request.run, progress);
  for (const auto& [write, file] : request.outputs) {
    const std::string text = write(results);
    if (file.empty()) {
      std::fputs(text.c_str(), stdout);
    } else {
      write_file(file, text);
    }
  }
  return 0;
}

}  // namespace plimsoll::bench
