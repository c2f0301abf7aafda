// Numbers and columns for people.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "bench/stats/stats.h"

namespace plimsoll::bench {

// "4.87 ms", "312 us": three digits.
std::string duration_text(double nanoseconds);
// "0.412".
std::string ratio_text(double ratio);
// "0.412 ± 0.010".
std::string ratio_text(const Interval& ratio);
// With that many digits after the point.
std::string fixed(double value, int digits);
// Filled up with spaces to `width` columns of UTF-8.
std::string padded(const std::string& text, std::size_t width, bool right);

}  // namespace plimsoll::bench
