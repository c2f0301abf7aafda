// Numbers for people.
// SPDX-License-Identifier: Apache-2.0
#include "bench/format/numbers.h"

#include <algorithm>
#include <cstdio>
#include <iterator>

namespace plimsoll::bench {

std::string fixed(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string duration_text(double nanoseconds) {
  struct Unit {
    const char* name;
    double size;
  };
  constexpr Unit units[] = {{"s", 1e9}, {"ms", 1e6}, {"us", 1e3}, {"ns", 1}};
  const Unit* unit = std::begin(units);
  while (unit->size > 1 && nanoseconds < unit->size) {
    ++unit;
  }
  const double value = nanoseconds / unit->size;
  const int digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return fixed(value, digits) + " " + unit->name;
}

std::string ratio_text(double ratio) { return fixed(ratio, ratio < 10 ? 3 : 1); }

std::string ratio_text(const Interval& ratio) {
  return ratio_text(ratio.estimate) + " \u00b1 " +
         fixed((ratio.high - ratio.low) / 2, ratio.estimate < 10 ? 3 : 1);
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  // Continuation bytes of UTF-8 take no column.
  const auto columns = static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
  const std::string space(width > columns ? width - columns : 0, ' ');
  return right ? space + text : text + space;
}

}  // namespace plimsoll::bench
