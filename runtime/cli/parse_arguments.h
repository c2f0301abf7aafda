// argv -> the values of a command's options and its operands. A pure function of its input: reads
// no environment, prints nothing, leaves argv as it is. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/cli/command_table.h"

namespace plimsoll::cli {

// Points into argv.
class Arguments {
 public:
  bool help() const { return help_; }
  bool has(std::string_view option) const { return find(option) != nullptr; }
  // A switch that is on. The last one given counts, here and below.
  bool flag(std::string_view option) const;
  std::string text(std::string_view option) const;  // "" when not given
  std::optional<std::int64_t> integer(std::string_view option) const;
  std::vector<std::string> all(std::string_view option) const;  // of a repeatable one, in order

  std::span<char* const> operands() const { return operands_; }
  std::string operand(std::size_t index) const { return operands_[index]; }

 private:
  friend class ArgumentParser;
  struct Given {
    const Option* option;
    const char* argument;
  };
  const char* find(std::string_view option) const;

  std::vector<Given> given_;
  std::vector<char*> operands_;
  bool help_ = false;
};

// `argv[0]` is the command's own name and is skipped. Options are taken as `-x`, `--x`, `--x=v`,
// `--x v` and `-x v`, long names also with one dash, as Go programs do and callers expect; no
// abbreviations. Does not look at the number of operands.
Result<Arguments> parse_arguments(const Command& command, std::span<char* const> argv);

// "requires exactly 1 argument(s)" and the like, when the number of operands is wrong.
Result<> check_operands(const Command& command, std::size_t count);

// The values that Go's strconv.ParseBool takes; nullopt for others.
std::optional<bool> parse_bool(std::string_view text);

}  // namespace plimsoll::cli
