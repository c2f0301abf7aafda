// What --version prints. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "validator/spec/spec.h"

namespace plimsoll::cli {

std::string_view program_version();  // "0.1.0"
std::string_view program_commit();   // "unknown" outside a git work tree
// The newest version of the OCI runtime specification that is implemented.
inline constexpr std::string_view kSpecVersion = spec::kVersion;

std::string version_text(std::string_view program);

}  // namespace plimsoll::cli
