// The texts of --help, help and "Incorrect Usage", from the command tables.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "runtime/cli/command_table.h"

namespace plimsoll::cli {

// `program` is the name that the user knows.
std::string program_help(std::string_view program);
std::string command_help(std::string_view program, const Command& command);

}  // namespace plimsoll::cli
