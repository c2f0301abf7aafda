// Small whole files: read, written, removed with what is below them. Failures throw.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace plimsoll::bench {

std::string read_file(const std::string& path);
// As read_file; an empty text when the file cannot be read (files of /proc that a kernel lacks).
std::string read_file_if_any(const std::string& path);
void write_file(const std::string& path, std::string_view text);
void append_file(const std::string& path, std::string_view text);
// Beside this program: where the build puts the programs that belong to it.
std::string beside_program(const std::string& name);
// The absolute path of a program: as given when it has a slash, else looked for in PATH.
std::string find_program(const std::string& name);

}  // namespace plimsoll::bench
