// Places in a document: line and column of an offset, offset of a pointer, and repeated member
// names. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "validator/json/json.h"

namespace plimsoll::json {
namespace {

// Follows one pointer through a document and remembers how far it came.
class Locator final : public Handler {
 public:
  explicit Locator(std::string_view pointer) {
    while (!pointer.empty() && pointer.front() == '/') {
      pointer.remove_prefix(1);
      const std::string_view token = pointer.substr(0, pointer.find('/'));
      tokens_.emplace_back(unescape(token));
      pointer.remove_prefix(token.size());
    }
  }

  std::uint64_t found() const { return found_; }

  bool on_null() override { return scalar(); }
  bool on_bool(bool /*value*/) override { return scalar(); }
  bool on_unsigned(std::uint64_t /*value*/) override { return scalar(); }
  bool on_negative(std::int64_t /*value*/) override { return scalar(); }
  bool on_real(double /*value*/, std::string_view /*text*/) override { return scalar(); }
  bool on_string(std::string_view /*value*/) override { return scalar(); }
  bool on_start_object() override { return open(false); }
  bool on_start_array() override { return open(true); }
  bool on_end_object() override { return close(); }
  bool on_end_array() override { return close(); }
  bool on_key(std::string_view key) override {
    Frame& frame = frames_.back();
    frame.here = frame.on_path && frame.depth < tokens_.size() && tokens_[frame.depth] == key;
    return true;
  }
  std::string pointer() const override { return {}; }

 private:
  struct Frame {
    bool on_path = false;  // the pointer leads through this container
    bool array = false;
    bool here = false;      // the member that comes next is the pointer's
    std::size_t depth = 0;  // which token names this container's members
    std::uint64_t index = 0;
  };

  static std::string unescape(std::string_view token) {
    std::string out;
    for (std::size_t i = 0; i < token.size(); ++i) {
      if (token[i] == '~' && i + 1 < token.size()) {
        out += token[++i] == '1' ? '/' : '~';
      } else {
        out += token[i];
      }
    }
    return out;
  }

  // True when the value that begins now is on the pointer's way.
  bool begin() {
    if (frames_.empty()) {
      found_ = offset();
      return true;
    }
    Frame& frame = frames_.back();
    bool here = std::exchange(frame.here, false);
    if (frame.array) {
      here = frame.on_path && frame.depth < tokens_.size() &&
             tokens_[frame.depth] == std::to_string(frame.index);
      ++frame.index;
    }
    if (here) {
      found_ = offset();
    }
    return here;
  }
  bool scalar() {
    begin();
    return true;
  }
  bool open(bool array) {
    const std::size_t depth = frames_.empty() ? 0 : frames_.back().depth + 1;
    const bool on_path = begin();
    frames_.push_back({.on_path = on_path, .array = array, .depth = depth});
    return true;
  }
  bool close() {
    frames_.pop_back();
    return true;
  }

  std::vector<std::string> tokens_;
  std::vector<Frame> frames_;
  std::uint64_t found_ = 0;
};

}  // namespace

Position position_at(std::string_view bytes, std::uint64_t offset) {
  const std::string_view before = bytes.substr(0, std::min<std::uint64_t>(offset, bytes.size()));
  Position at{.offset = before.size(), .line = 1, .column = 1};
  at.line += static_cast<std::uint64_t>(std::ranges::count(before, '\n'));
  const std::size_t newline = before.rfind('\n');
  const std::string_view line =
      newline == std::string_view::npos ? before : before.substr(newline + 1);
  // Characters: every byte but the continuation bytes of UTF-8.
  at.column += static_cast<std::uint64_t>(
      std::ranges::count_if(line, [](char c) { return (c & 0xc0) != 0x80; }));
  return at;
}

std::string SyntaxError::text(std::string_view document) const {
  std::string out(document);
  out += ':';
  out += std::to_string(line);
  out += ':';
  out += std::to_string(column);
  out += ": ";
  if (!pointer.empty()) {
    out += pointer;
    out += ": ";
  }
  out += message;
  return out;
}

void append_pointer_token(std::string& out, std::string_view token) {
  out += '/';
  for (const char c : token) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
}

void DuplicateNames::open() { objects_.push_back(names_.size()); }

void DuplicateNames::add(std::string_view name, std::uint64_t offset) {
  names_.push_back({.begin = text_.size(), .size = name.size(), .offset = offset});
  text_ += name;
}

std::optional<std::pair<std::string, std::uint64_t>> DuplicateNames::close() {
  const std::size_t first = objects_.back();
  objects_.pop_back();
  std::optional<std::pair<std::string, std::uint64_t>> repeated;
  if (names_.size() - first > 1) {
    const auto begin = names_.begin() + static_cast<std::ptrdiff_t>(first);
    const auto name_of = [this](const Name& name) {
      return std::string_view(text_).substr(name.begin, name.size);
    };
    std::sort(begin, names_.end(), [&](const Name& a, const Name& b) {
      const int order = name_of(a).compare(name_of(b));
      return order != 0 ? order < 0 : a.offset < b.offset;
    });
    for (auto name = begin + 1; name != names_.end(); ++name) {
      if (name_of(*name) == name_of(*(name - 1)) &&
          (!repeated || name->offset < repeated->second)) {
        repeated.emplace(name_of(*name), name->offset);
      }
    }
  }
  if (names_.size() > first) {
    // Sorted: the object's text begins at the smallest begin.
    std::size_t begin = text_.size();
    for (std::size_t i = first; i < names_.size(); ++i) {
      begin = std::min(begin, names_[i].begin);
    }
    text_.resize(begin);
    names_.resize(first);
  }
  return repeated;
}

Position locate(std::string_view bytes, std::string_view pointer) {
  Locator locator(pointer);
  const auto done = read(bytes, {.max_bytes = bytes.size(), .max_depth = bytes.size()}, locator);
  static_cast<void>(done);  // a malformed document: as far as it went
  return position_at(bytes, locator.found());
}

}  // namespace plimsoll::json
