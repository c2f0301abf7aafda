// The commands and their options as data: parsing, help, completion and the features of the command
// line all come from these tables. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace plimsoll::cli {

enum class ArgumentKind : std::uint8_t {
  none,     // a switch; `--x=false` is possible
  text,     // any text
  integer,  // decimal, may be negative
};

struct Option {
  const char* name;
  char letter = 0;
  ArgumentKind kind = ArgumentKind::none;
  const char* argument = "value";  // its name in the help
  bool repeatable = false;
  bool hidden = false;
  const char* help = "";
};

enum class Verb : std::uint8_t {
  checkpoint,
  completion,
  create,
  remove,
  events,
  exec,
  features,
  help,
  kill,
  list,
  pause,
  plan,
  ps,
  restore,
  resume,
  run,
  spec,
  start,
  state,
  update,
  version,
  wait,
};

inline constexpr int kNoLimit = -1;
// No command has more options.
inline constexpr std::size_t kMaxOptions = 24;

struct Command {
  Verb verb;
  const char* name;
  const char* summary;
  const char* operands = "";
  const char* description = "";
  std::span<const Option> options{};
  int min_operands = 0;
  int max_operands = 0;
  // What follows the first operand belongs to a program, not to us (exec, ps, kill).
  bool stops_at_operand = false;
  // stdout is data that callers read together with stderr: no warning may be printed.
  bool output_is_data = false;
  // Uses the answer to "rootless?", which costs a system call.
  bool asks_rootless = false;
  // Makes the state root where it is missing.
  bool creates = false;
  // Put before the message of a failure, and its exit status.
  const char* failure = "";
  int failure_status = 1;
};

// Sorted by name.
std::span<const Command> commands();
const Command* find_command(std::string_view name);
// The options in front of the command.
const Command& global_options();

}  // namespace plimsoll::cli
