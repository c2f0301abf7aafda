// The commands of plimsoll-bench. Each takes the words behind its name and gives the exit status.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace plimsoll::bench {

inline constexpr int kBadInput = 3;

using Words = std::span<const std::string>;
int run_command(Words words);
int memory_command(Words words);
int compare_command(Words words);
int track_command(Words words);
int report_command(Words words);
int budget_command(Words words);

struct Command {
  std::string_view name;
  std::string_view summary;
  int (*run)(Words);
};
std::span<const Command> commands();

}  // namespace plimsoll::bench
