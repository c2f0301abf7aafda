// What all fuzz targets share: the oracle's check, and a reader that makes choices out of the
// fuzzer's bytes. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <source_location>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace plimsoll::fuzz {

// An oracle: false ends the program as a crash would, with the place of the oracle that was broken.
inline void require(bool held, std::source_location at = std::source_location::current()) {
  if (!held) {
    std::fprintf(stderr, "%s:%u: the oracle does not hold\n", at.file_name(), at.line());
    std::abort();
  }
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Takes values from the front of an input. At its end everything is zero, so every prefix of an
// input is an input, and shorter ones mean simpler cases.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : left_(text_of(data, size)) {}

  bool done() const { return left_.empty(); }
  template <typename Number>
  Number number() {
    std::array<char, sizeof(Number)> bytes = {};
    const std::size_t size = std::min(bytes.size(), left_.size());
    std::copy_n(left_.data(), size, bytes.begin());
    left_.remove_prefix(size);
    Number value;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  std::uint8_t byte() { return number<std::uint8_t>(); }
  bool flag() { return (byte() & 1) != 0; }
  // 0 to limit - 1.
  std::size_t below(std::size_t limit) { return byte() % limit; }
  template <typename List>
  auto& pick(const List& list) {
    return list[below(std::size(list))];
  }
  // A text of at most `most` bytes; its length comes first.
  std::string text(std::size_t most = 24) {
    const std::size_t wanted = below(most + 1);
    const std::size_t size = std::min(wanted, left_.size());
    std::string out(left_.substr(0, size));
    left_.remove_prefix(size);
    return out;
  }
  // Up to `separator`, which is taken too.
  std::string_view until(char separator) {
    const std::size_t at = left_.find(separator);
    const std::string_view out = left_.substr(0, at);
    left_.remove_prefix(at == std::string_view::npos ? left_.size() : at + 1);
    return out;
  }
  std::string_view rest() {
    const std::string_view out = left_;
    left_ = {};
    return out;
  }

 private:
  std::string_view left_;
};

}  // namespace plimsoll::fuzz
