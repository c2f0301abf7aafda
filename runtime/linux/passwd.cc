// SPDX-License-Identifier: Apache-2.0
#include "runtime/linux/passwd.h"

#include <algorithm>

#include "runtime/base/text.h"

namespace plimsoll::linux {

void PasswdScanner::take_line(std::string_view line) {
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  // name:password:uid:gid:gecos:home:shell, of which the third and the sixth are looked at.
  constexpr std::size_t kUid = 2;
  constexpr std::size_t kHome = 5;
  std::string_view rest = line;
  for (std::size_t field = 0; field <= kHome; ++field) {
    const std::size_t colon = rest.find(':');
    const std::string_view value = rest.substr(0, colon);
    if (field == kUid && parse_unsigned(value) != std::uint64_t{uid_}) {
      return;
    }
    if (field == kHome) {
      home_ = std::string(value);
      return;
    }
    if (colon == std::string_view::npos) {
      return;
    }
    rest.remove_prefix(colon + 1);
  }
}

bool PasswdScanner::feed(std::string_view bytes) {
  total_ += bytes.size();
  if (total_ > kMaxFile) {
    return false;
  }
  while (!home_) {
    const std::size_t newline = bytes.find('\n');
    if (partial_.size() + std::min(newline, bytes.size()) > kMaxLine) {
      return false;
    }
    if (newline == std::string_view::npos) {
      partial_ += bytes;
      return true;
    }
    if (partial_.empty()) {
      take_line(bytes.substr(0, newline));
    } else {
      partial_ += bytes.substr(0, newline);
      take_line(partial_);
      partial_.clear();
    }
    bytes.remove_prefix(newline + 1);
  }
  return false;
}

void PasswdScanner::finish() {
  if (!home_ && !partial_.empty()) {
    take_line(partial_);
  }
}

}  // namespace plimsoll::linux
