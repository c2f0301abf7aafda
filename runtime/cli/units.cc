// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/units.h"

#include <array>
#include <limits>

namespace plimsoll::cli {
namespace {

__extension__ typedef __int128 Wide;  // an extension that both compilers have

struct Number {
  // The value is digits / scale: exact, where a double is not.
  Wide digits = 0;
  Wide scale = 1;
};

// Takes "12.5" off the front of `text`. At most 18 digits count: beyond 64 bits anyway, or below a
// nanosecond.
std::optional<Number> take_number(std::string_view& text) {
  Number number;
  int digits = 0;
  int significant = 0;
  bool fraction = false;
  while (!text.empty() && ((text[0] >= '0' && text[0] <= '9') || (text[0] == '.' && !fraction))) {
    const char c = text[0];
    text.remove_prefix(1);
    if (c == '.') {
      fraction = true;
      continue;
    }
    ++digits;
    if (significant == 18 && fraction) {
      continue;
    }
    if (significant == 19) {
      return std::nullopt;
    }
    number.digits = number.digits * 10 + (c - '0');
    number.scale *= fraction ? 10 : 1;
    significant += number.digits == 0 && !fraction ? 0 : 1;
  }
  return digits == 0 ? std::nullopt : std::optional<Number>(number);
}

std::optional<std::int64_t> product(const Number& number, std::int64_t unit) {
  const Wide value = number.digits * unit / number.scale;
  if (value > std::numeric_limits<std::int64_t>::max()) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(value);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// "", "b", "k", "kb", "kib" and so on up to "p", in any case.
std::optional<std::int64_t> size_unit(std::string_view text) {
  constexpr std::string_view kPrefixes = "kmgtp";
  std::int64_t unit = 1;
  if (!text.empty()) {
    const std::size_t power = kPrefixes.find(lower(text[0]));
    if (power != std::string_view::npos) {
      unit = std::int64_t{1} << (10 * (power + 1));
      text.remove_prefix(1);
      if (text.size() == 2 && lower(text[0]) == 'i') {
        text.remove_prefix(1);
      }
    }
  }
  if (!text.empty() && lower(text[0]) == 'b') {
    text.remove_prefix(1);
  }
  return text.empty() ? std::optional<std::int64_t>(unit) : std::nullopt;
}

struct TimeUnit {
  std::string_view name;
  std::int64_t nanoseconds;
};

// A name that begins with another one stands first.
constexpr auto kTimeUnits = std::to_array<TimeUnit>({
    {"ns", 1},
    {"us", 1000},
    {"\xC2\xB5s", 1000},  // the micro sign
    {"\xCE\xBCs", 1000},  // the letter mu
    {"ms", 1000000},
    {"s", 1000000000},
    {"m", 60 * std::int64_t{1000000000}},
    {"h", 3600 * std::int64_t{1000000000}},
});

const TimeUnit* take_unit(std::string_view& text) {
  for (const TimeUnit& unit : kTimeUnits) {
    if (text.starts_with(unit.name)) {
      text.remove_prefix(unit.name.size());
      return &unit;
    }
  }
  return nullptr;
}

}  // namespace

std::optional<std::int64_t> parse_size(std::string_view text) {
  const std::optional<Number> number = take_number(text);
  if (!number) {
    return std::nullopt;
  }
  if (text.starts_with(' ')) {
    text.remove_prefix(1);
  }
  const std::optional<std::int64_t> unit = size_unit(text);
  return unit ? product(*number, *unit) : std::nullopt;
}

std::optional<std::int64_t> parse_duration(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  if (text == "0") {
    return 0;
  }
  std::int64_t total = 0;
  do {
    const std::optional<Number> number = take_number(text);
    const TimeUnit* unit = number ? take_unit(text) : nullptr;
    const std::optional<std::int64_t> part =
        number && unit != nullptr ? product(*number, unit->nanoseconds) : std::nullopt;
    if (!part || __builtin_add_overflow(total, *part, &total)) {
      return std::nullopt;
    }
  } while (!text.empty());
  return negative ? -total : total;
}

}  // namespace plimsoll::cli
