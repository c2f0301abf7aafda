// What this program can do, as features.md of the runtime-spec describes it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace plimsoll::cli {

struct FeaturesInput {
  std::string libseccomp_version;
  std::span<const std::string_view> supported_seccomp_flags;  // of those that are known
};

std::string features_json(const FeaturesInput& input);

}  // namespace plimsoll::cli
