// `plimsoll-bench compare`, `track` and `report`: what is done with sessions that are kept.
// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <vector>

#include "bench/cli/arguments.h"
#include "bench/cli/commands.h"
#include "bench/format/format.h"
#include "bench/history/history.h"
#include "bench/history/report.h"
#include "bench/measure/files.h"
#include "bench/results/compare.h"

namespace plimsoll::bench {
namespace {

Results load_session(const std::string& path) {
  try {
    return parse_json_lines(read_file(path));
  } catch (const std::exception& error) {
    throw std::runtime_error(path + ": " + error.what());
  }
}

// Prints the usage and gives true when --help was asked for.
bool helped(bool wanted, const char* usage, const std::vector<OptionRow>& rows) {
  if (wanted) {
    std::printf("usage: plimsoll-bench %s\n\n%s", usage, options_help(rows).c_str());
  }
  return wanted;
}

}  // namespace

int compare_command(Words words) {
  CompareOptions options;
  std::vector<Point> history;
  bool help = false;
  const std::vector<OptionRow> rows{
      {"min-effect", "PERCENT", "times that differ by less are the same (default 3)",
       [&](const std::string& word) { options.smallest_effect = number_of(word) / 100; }},
      {"history", "FILE", "learn the noise floor from the A/A runs in it",
       [&](const std::string& word) { history = parse_history(read_file(word)); }},
      {"any-machine", "", "compare sessions of different machines",
       [&](const std::string&) { options.any_machine = true; }},
      {"help", "", "this text", [&](const std::string&) { help = true; }},
  };
  const std::vector<std::string> files = read_options(rows, words);
  if (helped(help, "compare OLD.jsonl NEW.jsonl [OPTION...]", rows)) {
    return 0;
  }
  if (files.size() != 2) {
    throw UsageError("compare takes two files: the old session and the new one");
  }
  const Results before = load_session(files[0]);
  const Results after = load_session(files[1]);
  options.learned_noise = [&](const std::string& bundle, const std::string& operation) {
    return learned_noise(history, after.machine.fingerprint, bundle, operation);
  };
  const Comparison comparison = compare(before, after, options);
  std::fputs(comparison_text(comparison).c_str(), stdout);
  return exit_status(comparison.verdict());
}

int track_command(Words words) {
  std::string history;
  bool help = false;
  const std::vector<OptionRow> rows{
      {"history", "FILE", "the history to append to",
       [&](const std::string& word) { history = word; }},
      {"help", "", "this text", [&](const std::string&) { help = true; }},
  };
  const std::vector<std::string> files = read_options(rows, words);
  if (helped(help, "track --history FILE SESSION.jsonl...", rows)) {
    return 0;
  }
  if (history.empty() || files.empty()) {
    throw UsageError("track takes --history FILE and one session at least");
  }
  std::string lines;
  for (const std::string& file : files) {
    for (const Point& point : points_of(load_session(file))) {
      lines += point_line(point);
    }
  }
  append_file(history, lines);
  return 0;
}

int report_command(Words words) {
  std::vector<Point> history;
  std::string output = "report.html";
  bool help = false;
  const std::vector<OptionRow> rows{
      {"history", "FILE", "trends of this history",
       [&](const std::string& word) { history = parse_history(read_file(word)); }},
      {"output", "FILE", "where the page goes (default report.html)",
       [&](const std::string& word) { output = word; }},
      {"help", "", "this text", [&](const std::string&) { help = true; }},
  };
  const std::vector<std::string> files = read_options(rows, words);
  if (helped(help, "report [--history FILE] [SESSION.jsonl...] [--output FILE]", rows)) {
    return 0;
  }
  std::vector<Results> sessions;
  for (const std::string& file : files) {
    sessions.push_back(load_session(file));
  }
  write_file(output, html_report(history, sessions));
  return 0;
}

}  // namespace plimsoll::bench
