// Reads a command's options: one table for each command says their names, and prints the help.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace plimsoll::bench {

// The caller's mistake: exit status 3, with a hint at --help.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct OptionRow {
  std::string_view name;
  std::string_view argument;  // empty: a switch
  std::string_view help;
  std::function<void(const std::string&)> set;
};

// Takes `--name value` and `--name=value`; gives the operands. Throws UsageError.
std::vector<std::string> read_options(std::span<const OptionRow> rows,
                                      std::span<const std::string> words);
std::string options_help(std::span<const OptionRow> rows);

unsigned unsigned_of(const std::string& text);
double number_of(const std::string& text);
std::vector<std::string> comma_list(const std::string& text);

}  // namespace plimsoll::bench
