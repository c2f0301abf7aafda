// The words of the specification, from the tables that the parsers use: for dictionaries and the
// mutator. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

namespace plimsoll::fuzz {

// Values: "SCMP_ACT_ALLOW", "rbind", "CAP_KILL", and texts that the small languages take.
const std::vector<std::string_view>& all_words();

}  // namespace plimsoll::fuzz
