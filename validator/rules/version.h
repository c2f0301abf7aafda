// Versions of the specification: SemVer 2.0.0. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace plimsoll::rules {

// The three numbers of a SemVer string, as texts of it; not valid where it is none.
struct Version {
  bool valid = false;
  std::string_view major, minor, patch;
};
Version parse_version(std::string_view text);

inline bool is_smaller(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}
// By the three numbers; pre-releases count as their release.
inline bool is_older(const Version& a, const Version& b) {
  if (a.major != b.major) {
    return is_smaller(a.major, b.major);
  }
  return a.minor != b.minor ? is_smaller(a.minor, b.minor) : is_smaller(a.patch, b.patch);
}

}  // namespace plimsoll::rules
