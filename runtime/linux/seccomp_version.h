// What libseccomp and the kernel offer, without a profile. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace plimsoll::linux {

struct LibseccompVersion {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned micro = 0;
};
// Of the library in this program.
LibseccompVersion libseccomp_version();

// Asks the kernel, with a filter that it cannot read: nothing is installed.
bool seccomp_flag_supported(std::uint32_t flag);

}  // namespace plimsoll::linux
