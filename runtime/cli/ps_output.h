// What `ps` prints. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace plimsoll::cli {

// "[1,2]" and a newline; "null" for no process, as runc prints a stopped container.
std::string pids_json(std::span<const pid_t> pids);

// The title line of ps and the lines whose PID column holds one of `pids`.
Result<std::string> filter_ps(std::string_view output, std::span<const pid_t> pids);

}  // namespace plimsoll::cli
