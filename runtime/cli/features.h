// What this program can do, as features.md of the runtime-spec describes it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "runtime/container/host_report.h"

namespace plimsoll::cli {

struct FeaturesInput {
  std::string libseccomp_version;
  std::span<const std::string_view> supported_seccomp_flags;  // of those that are known
  // What this host gives, as one more member "host" (features.md allows unknown ones), or null.
  const container::HostReport* host = nullptr;
};

std::string features_json(const FeaturesInput& input);

}  // namespace plimsoll::cli
