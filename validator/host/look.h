// Small looks at this machine that never block and never change it. Private to this module.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "validator/host/host.h"
#include "validator/rules/rule.h"

namespace plimsoll::host {

using rules::cat;
using rules::Findings;
using rules::Level;
using spec::Spec;

// The text of a small file of /proc or /sys; nullopt where it cannot be read.
std::optional<std::string> read_text(const std::string& path);
bool exists(const std::string& path);
// stat(2); nullopt with errno set.
std::optional<struct stat> look_at(const std::string& path);
// The same for a path in a folder that is taken as the root: no link leads out of it. `links` says
// whether a link at the end is followed.
std::optional<struct stat> look_in(const std::string& root, const std::string& path);
// May the caller execute it as a program?
bool is_program(const struct stat& status);
// The words of a text between white space.
std::vector<std::string> words(std::string_view text);
// Is the number in a list such as "0-3,7"?
bool list_has(std::string_view list, unsigned long number);
// The numbers of such a list, up to a limit; empty where it is none.
std::vector<unsigned long> numbers(std::string_view list);
// Where a cgroup controller can be used: of version 1 or 2.
struct Cgroups {
  bool v2_controllers = false;  // some controller is in the v2 hierarchy
  std::vector<std::string> controllers;
  bool has(std::string_view name) const;
};
Cgroups look_at_cgroups();

}  // namespace plimsoll::host
