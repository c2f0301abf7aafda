// `plimsoll X` for an X that is no command of ours: the program plimsoll-X takes over.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/cli/environment.h"

namespace plimsoll::cli {

// Letters, digits and '-', beginning with a letter: no name can lead to another folder.
bool is_external_name(std::string_view name);

// Executes the companion plimsoll-X (sys/companion.h) with argv[1..] as its arguments. Returns when
// there is no such program; an Error when there is one that cannot be executed.
Result<> exec_external(std::span<char* const> argv, const Environment& environment);

}  // namespace plimsoll::cli
