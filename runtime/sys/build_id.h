// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace plimsoll::sys {

// The build id of this program (ld, --build-id), which another build has not; empty when it was
// linked without one.
std::string_view build_id();

}  // namespace plimsoll::sys
