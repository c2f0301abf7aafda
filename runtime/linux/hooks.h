// Runs the hooks of config.md#posix-platform-hooks: state on stdin, own environment, timeout,
// output kept for the error. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/plan/plan.h"

namespace plimsoll::linux {

// Runs `hooks` in order in the caller's namespaces and stops at the first that fails: the error
// names kind, index and path, exit status or signal, and the end of the hook's own output. The hook
// sees fds 0-2 only, and exactly its own environment (for startContainer without one:
// `inherited_env`).
Result<> run_hooks(std::string_view kind, std::span<const plan::Hook> hooks,
                   const std::string& state_json,
                   const std::vector<std::string>* inherited_env = nullptr);

}  // namespace plimsoll::linux
