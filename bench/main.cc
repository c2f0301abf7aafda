// plimsoll-bench: start-up benchmarks of container runtimes, side by side and over time.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "bench/cli/arguments.h"
#include "bench/cli/commands.h"
#include "bench/measure/process.h"

namespace {

using namespace plimsoll::bench;

void print_help() {
  std::puts("usage: plimsoll-bench COMMAND [OPTION...]\n");
  for (const Command& command : commands()) {
    std::printf("  %-10s%s\n", std::string(command.name).c_str(),
                std::string(command.summary).c_str());
  }
  std::puts("\nplimsoll-bench COMMAND --help lists the options.");
}

int dispatch(const std::vector<std::string>& words) {
  if (words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    print_help();
    return words.empty() ? kBadInput : 0;
  }
  const auto command = std::ranges::find(commands(), words[0], &Command::name);
  if (command == commands().end()) {
    throw UsageError("no command '" + words[0] + "'");
  }
  return command->run(Words(words).subspan(1));
}

}  // namespace

int main(int argc, char** argv) {
  stop_on_signals();
  try {
    return dispatch(std::vector<std::string>(argv + std::min(argc, 1), argv + argc));
  } catch (const UsageError& error) {
    std::fprintf(stderr, "plimsoll-bench: %s; --help shows what there is\n", error.what());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "plimsoll-bench: %s\n", error.what());
  }
  return kBadInput;
}
