// The global options, resolved: where the state is, whether cgroup permissions are expected, and
// where the log goes. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/cli/environment.h"
#include "runtime/cli/parse_arguments.h"

namespace plimsoll::cli {

// What a default root depends on.
struct Caller {
  bool privileged = true;          // euid 0
  bool in_user_namespace = false;  // looked at only with euid 0
};
// $XDG_RUNTIME_DIR/plimsoll without privileges, and for a root that is one only inside a user
// namespace (USER is then not "root"); else /run/plimsoll.
struct DefaultRoot {
  std::string path;
  bool from_xdg = false;
};
DefaultRoot default_root(const Environment& environment, const Caller& caller);

// --root as given -> absolute. Refuses "" and every spelling of "/".
Result<std::string> resolve_root(std::string_view given, std::string_view current_dir);

// "true", "false", "auto" and what Go takes for them; nullopt is auto.
Result<std::optional<bool>> parse_rootless(std::string_view text);

// Opens the log file and points the log sink at it.
Result<> set_up_log(const Arguments& globals, bool output_is_data);

}  // namespace plimsoll::cli
