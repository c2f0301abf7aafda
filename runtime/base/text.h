// Small text helpers, so that no code here needs iostream, locale or printf.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plimsoll {

namespace text_internal {
inline void append(std::string& out, std::string_view part) { out.append(part); }
inline void append(std::string& out, char part) { out.push_back(part); }
void append_unsigned(std::string& out, std::uint64_t value);
void append_signed(std::string& out, std::int64_t value);
template <typename T>
  requires(std::integral<T> && !std::same_as<T, char> && !std::same_as<T, bool>)
void append(std::string& out, T part) {
  if constexpr (std::signed_integral<T>) {
    append_signed(out, part);
  } else {
    append_unsigned(out, part);
  }
}
}  // namespace text_internal

// Joins strings, characters and integers into one string: cat("uid ", 7, ": '", name, "'").
template <typename... Parts>
std::string cat(const Parts&... parts) {
  std::string out;
  (text_internal::append(out, parts), ...);
  return out;
}

// Appends the parts to `out`.
template <typename... Parts>
void cat_to(std::string& out, const Parts&... parts) {
  (text_internal::append(out, parts), ...);
}

// An octal number with a leading zero ("0755"), as modes are written.
std::string octal(std::uint32_t value);

// Decimal digits only: no sign, no space, no prefix, no overflow. Anything else is nullopt.
std::optional<std::uint64_t> parse_unsigned(std::string_view text);
// As parse_unsigned, with an optional leading '-'.
std::optional<std::int64_t> parse_signed(std::string_view text);

// The parts between separators; an empty text gives one empty part.
std::vector<std::string_view> split(std::string_view text, char separator);
// Without leading and trailing spaces, tabs, carriage returns and newlines.
std::string_view trim(std::string_view text);

// A path without empty, "." and ".." parts: ".." at the root stays at the root. "/a//./b/../c" is
// "/a/c"; a relative path stays relative and never climbs ("../a" is "a"). Text only: symbolic
// links are not looked at.
std::string clean_path(std::string_view path);

}  // namespace plimsoll
