// SemVer 2.0.0. SPDX-License-Identifier: Apache-2.0
#include "validator/rules/version.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace plimsoll::rules {
namespace {

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// A number of the core or of a pre-release: no leading zero.
bool is_version_number(std::string_view text) {
  return is_digits(text) && (text.size() == 1 || text.front() != '0');
}

// Identifiers between dots.
bool is_identifiers(std::string_view text, bool leading_zero_allowed) {
  while (true) {
    const std::size_t dot = text.find('.');
    const std::string_view part = text.substr(0, dot);
    const bool plain = !part.empty() && std::ranges::all_of(part, [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
    });
    if (!plain || (!leading_zero_allowed && is_digits(part) && !is_version_number(part))) {
      return false;
    }
    if (dot == std::string_view::npos) {
      return true;
    }
    text.remove_prefix(dot + 1);
  }
}

}  // namespace

Version parse_version(std::string_view text) {
  if (const std::size_t plus = text.find('+'); plus != std::string_view::npos) {
    if (!is_identifiers(text.substr(plus + 1), true)) {
      return {};
    }
    text = text.substr(0, plus);
  }
  if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
    if (!is_identifiers(text.substr(dash + 1), false)) {
      return {};
    }
    text = text.substr(0, dash);
  }
  const std::size_t first = text.find('.');
  const std::size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second == std::string_view::npos) {
    return {};
  }
  const Version version{.valid = is_version_number(text.substr(second + 1)),
                        .major = text.substr(0, first),
                        .minor = text.substr(first + 1, second - first - 1),
                        .patch = text.substr(second + 1)};
  return version.valid && is_version_number(version.major) && is_version_number(version.minor)
             ? version
             : Version{};
}

}  // namespace plimsoll::rules
