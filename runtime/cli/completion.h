// Completion for shells, generated from the command tables. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace plimsoll::cli {

std::string bash_completion();

}  // namespace plimsoll::cli
