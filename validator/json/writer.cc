// The writer, but for real numbers and trees (writer_tree.cc), which few programs need.
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "validator/json/json.h"

namespace plimsoll::json {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

// The characters of more than one byte, by the range of their first (RFC 3629: no overlong forms,
// no surrogates, nothing beyond U+10FFFF). Only the second byte's range depends on it.
struct Utf8Form {
  unsigned char first, last;
  unsigned char second_low, second_high;
  unsigned char length;
};
constexpr auto kUtf8Forms = std::to_array<Utf8Form>({
    {0xc2, 0xdf, 0x80, 0xbf, 2},
    {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3},
    {0xed, 0xed, 0x80, 0x9f, 3},
    {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4},
    {0xf1, 0xf3, 0x80, 0xbf, 4},
    {0xf4, 0xf4, 0x80, 0x8f, 4},
});

// The length of the valid UTF-8 character at the start of `text`, where ASCII is not expected; 0
// when there is none.
std::size_t utf8_length(std::string_view text) {
  const auto within = [&](std::size_t i, unsigned low, unsigned high) {
    const unsigned byte = i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    return byte >= low && byte <= high;
  };
  for (const Utf8Form& form : kUtf8Forms) {
    if (within(0, form.first, form.last)) {
      return within(1, form.second_low, form.second_high) &&
                     (form.length < 3 || within(2, 0x80, 0xbf)) &&
                     (form.length < 4 || within(3, 0x80, 0xbf))
                 ? form.length
                 : 0;
    }
  }
  return 0;
}

void append_escape(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 0xf];
  }
}

template <typename Integer>
void append_integer(std::string& out, Integer number) {
  std::array<char, 24> digits;
  const std::to_chars_result end =
      std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), end.ptr);
}

}  // namespace

void append_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && text[plain] >= ' ' && text[plain] != '"' && text[plain] != '\\') {
      ++plain;  // as char is signed here, a byte from 0x80 on stops this as well
    }
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) {
      break;
    }
    if (static_cast<unsigned char>(text.front()) < 0x80) {
      append_escape(out, text.front());
      text.remove_prefix(1);
    } else if (const std::size_t length = utf8_length(text); length != 0) {
      out.append(text.substr(0, length));
      text.remove_prefix(length);
    } else {
      out += "\xef\xbf\xbd";  // U+FFFD
      text.remove_prefix(1);
    }
  }
  out += '"';
}

void Writer::new_line() {
  if (indent_ != 0) {
    out_ += '\n';
    out_.append(std::size_t{indent_} * depth_, ' ');
  }
}

void Writer::before_value() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (depth_ == 0) {
    return;
  }
  if (!first_) {
    out_ += ',';
  }
  first_ = false;
  new_line();
}

void Writer::close(char bracket) {
  --depth_;
  if (!first_) {
    new_line();
  }
  first_ = false;
  out_ += bracket;
}

Writer& Writer::begin_object() {
  before_value();
  out_ += '{';
  ++depth_;
  first_ = true;
  return *this;
}

Writer& Writer::end_object() {
  close('}');
  return *this;
}

Writer& Writer::begin_array() {
  before_value();
  out_ += '[';
  ++depth_;
  first_ = true;
  return *this;
}

Writer& Writer::end_array() {
  close(']');
  return *this;
}

Writer& Writer::key(std::string_view name) {
  before_value();
  append_string(out_, name);
  out_ += ':';
  if (indent_ != 0) {
    out_ += ' ';
  }
  after_key_ = true;
  return *this;
}

Writer& Writer::null() { return raw("null"); }

Writer& Writer::value(std::string_view text) {
  before_value();
  append_string(out_, text);
  return *this;
}

Writer& Writer::boolean(bool flag) { return raw(flag ? "true" : "false"); }

Writer& Writer::signed_integer(std::int64_t number) {
  before_value();
  append_integer(out_, number);
  return *this;
}

Writer& Writer::unsigned_integer(std::uint64_t number) {
  before_value();
  append_integer(out_, number);
  return *this;
}

Writer& Writer::raw(std::string_view json) {
  before_value();
  out_.append(json);
  return *this;
}

}  // namespace plimsoll::json
