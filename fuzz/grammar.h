// RFC 8259 as a recogniser of its own, against which the reader is judged. It recurses: only for
// inputs whose depth is bounded. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace plimsoll::fuzz {

class Grammar {
 public:
  // True for a text that the RFC calls JSON, in valid UTF-8 and no deeper than `max_depth`.
  static bool accepts(std::string_view text, std::size_t max_depth) {
    Grammar grammar(text, max_depth);
    grammar.space();
    return grammar.value(0) && (grammar.space(), grammar.left_.empty());
  }

 private:
  Grammar(std::string_view text, std::size_t max_depth) : left_(text), max_depth_(max_depth) {}

  bool take(char c) {
    if (!left_.starts_with(c)) {
      return false;
    }
    left_.remove_prefix(1);
    return true;
  }
  bool word(std::string_view text) {
    if (!left_.starts_with(text)) {
      return false;
    }
    left_.remove_prefix(text.size());
    return true;
  }
  void space() { left_.remove_prefix(std::min(left_.find_first_not_of(" \t\r\n"), left_.size())); }
  std::size_t digits() {
    const std::size_t count = std::min(left_.find_first_not_of("0123456789"), left_.size());
    left_.remove_prefix(count);
    return count;
  }

  bool value(std::size_t depth) {
    if (left_.starts_with('{') || left_.starts_with('[')) {
      return depth < max_depth_ && list(left_.front() == '{', depth);
    }
    return left_.starts_with('"') ? string()
                                  : word("null") || word("true") || word("false") || number();
  }

  bool list(bool object, std::size_t depth) {
    const char end = object ? '}' : ']';
    left_.remove_prefix(1);
    space();
    if (take(end)) {
      return true;
    }
    do {
      space();
      if (object && !(string() && (space(), take(':')) && (space(), true))) {
        return false;
      }
      if (!value(depth + 1)) {
        return false;
      }
      space();
    } while (take(','));
    return take(end);
  }

  bool number() {
    take('-');
    if (!take('0') && digits() == 0) {
      return false;
    }
    if (take('.') && digits() == 0) {
      return false;
    }
    if (take('e') || take('E')) {
      if (!take('+')) {
        take('-');
      }
      return digits() != 0;
    }
    return true;
  }

  // \uXXXX, its first two characters taken.
  bool unit(unsigned& out) {
    out = 0;
    for (int i = 0; i < 4; ++i) {
      constexpr std::string_view kDigits = "0123456789abcdef";
      const char c = left_.empty() ? '\0' : left_.front();
      const char lower = c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c;
      const std::size_t digit = kDigits.find(lower);
      if (digit == std::string_view::npos) {
        return false;
      }
      out = out * 16 + static_cast<unsigned>(digit);
      left_.remove_prefix(1);
    }
    return true;
  }

  bool escape() {
    if (take('u')) {
      unsigned first = 0;
      unsigned second = 0;
      if (!unit(first) || (first >= 0xdc00 && first <= 0xdfff)) {
        return false;
      }
      // Half of a pair stands for no character.
      return first < 0xd800 || first > 0xdbff ||
             (word("\\u") && unit(second) && second >= 0xdc00 && second <= 0xdfff);
    }
    constexpr std::string_view kShort = "\"\\/bfnrt";
    return !left_.empty() && kShort.contains(left_.front()) && take(left_.front());
  }

  // One character of UTF-8 (RFC 3629: no surrogates, nothing over-long, nothing above U+10FFFF).
  bool character() {
    const auto byte = [this](std::size_t at) {
      return at < left_.size() ? static_cast<unsigned char>(left_[at]) : 0U;
    };
    const unsigned first = byte(0);
    std::size_t size = 1;
    unsigned low = 0x80;
    unsigned high = 0xbf;
    if (first >= 0x80) {
      if (first < 0xc2 || first > 0xf4) {
        return false;
      }
      size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
      low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
      high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    }
    for (std::size_t i = 1; i < size; ++i) {
      if (byte(i) < (i == 1 ? low : 0x80U) || byte(i) > (i == 1 ? high : 0xbfU)) {
        return false;
      }
    }
    left_.remove_prefix(size);
    return true;
  }

  bool string() {
    if (!take('"')) {
      return false;
    }
    while (!left_.empty()) {
      if (take('"')) {
        return true;
      }
      if (static_cast<unsigned char>(left_.front()) < 0x20) {
        return false;
      }
      if (take('\\') ? !escape() : !character()) {
        return false;
      }
    }
    return false;
  }

  std::string_view left_;
  std::size_t max_depth_;
};

}  // namespace plimsoll::fuzz
