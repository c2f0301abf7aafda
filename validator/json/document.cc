// The flat document: how it is built and searched. SPDX-License-Identifier: Apache-2.0
#include "validator/json/document.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace plimsoll::json {

std::string_view Document::name(NodeId id) const {
  const Node& node = nodes_[id];
  return std::string_view(text_).substr(node.name, node.name_size);
}

std::string_view Document::string(NodeId id) const {
  const Node& node = nodes_[id];
  return node.kind == Kind::string ? std::string_view(text_).substr(node.text, node.size)
                                   : std::string_view();
}

std::optional<NodeId> Document::find(NodeId object, std::string_view name) const {
  if (nodes_[object].kind != Kind::object) {
    return std::nullopt;
  }
  for (NodeId child = first_child(object); child != end_of_children(object);
       child = nodes_[child].next) {
    if (this->name(child) == name) {
      return child;
    }
  }
  return std::nullopt;
}

std::vector<std::string> pointer_tokens(std::string_view pointer) {
  std::vector<std::string> tokens;
  while (!pointer.empty() && pointer.front() == '/') {
    pointer.remove_prefix(1);
    const std::string_view raw = pointer.substr(0, pointer.find('/'));
    std::string& token = tokens.emplace_back();
    for (std::size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] == '~' && i + 1 < raw.size()) {
        token += raw[++i] == '1' ? '/' : '~';
      } else {
        token += raw[i];
      }
    }
    pointer.remove_prefix(raw.size());
  }
  return tokens;
}

Document::Place Document::locate(std::string_view pointer) const {
  Place place;
  for (const std::string& token : pointer_tokens(pointer)) {
    std::optional<NodeId> found;
    if (nodes_[place.id].kind == Kind::object) {
      found = find(place.id, token);
    } else if (nodes_[place.id].kind == Kind::array) {
      std::uint32_t index = 0;
      const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
      if (error == std::errc() && end == token.data() + token.size() &&
          index < nodes_[place.id].size) {
        found = first_child(place.id);
        for (; index > 0; --index) {
          found = nodes_[*found].next;
        }
      }
    }
    if (!found) {
      place.exact = false;
      return place;
    }
    place.id = *found;
  }
  return place;
}

std::uint64_t Document::offset_of(std::string_view pointer) const {
  return nodes_.empty() ? 0 : nodes_[locate(pointer).id].offset;
}

bool DocumentBuilder::add(Kind kind, std::uint64_t bits) {
  if (document_.nodes_.size() >= max_values_) {
    return fail("the document holds more than " + std::to_string(max_values_) + " values");
  }
  if (!open_.empty()) {
    ++document_.nodes_[open_.back()].size;
  }
  Document::Node node = std::exchange(next_, {});
  node.kind = kind;
  node.bits = bits;
  node.offset = static_cast<std::uint32_t>(offset());
  node.next = static_cast<NodeId>(document_.nodes_.size() + 1);
  document_.nodes_.push_back(node);
  return true;
}

bool DocumentBuilder::on_null() { return add(Kind::null); }
bool DocumentBuilder::on_bool(bool value) { return add(Kind::boolean, value ? 1 : 0); }
bool DocumentBuilder::on_unsigned(std::uint64_t value) {
  return add(Kind::unsigned_integer, value);
}
bool DocumentBuilder::on_negative(std::int64_t value) {
  return add(Kind::negative, static_cast<std::uint64_t>(value));
}
bool DocumentBuilder::on_real(double value, std::string_view /*text*/) {
  return add(Kind::real, std::bit_cast<std::uint64_t>(value));
}

bool DocumentBuilder::on_string(std::string_view value) {
  if (!add(Kind::string)) {
    return false;
  }
  Document::Node& node = document_.nodes_.back();
  node.text = static_cast<std::uint32_t>(document_.text_.size());
  node.size = static_cast<std::uint32_t>(value.size());
  document_.text_ += value;
  return true;
}

bool DocumentBuilder::on_key(std::string_view key) {
  next_.has_name = true;
  next_.name_at = static_cast<std::uint32_t>(offset());
  next_.name = static_cast<std::uint32_t>(document_.text_.size());
  next_.name_size = static_cast<std::uint32_t>(key.size());
  document_.text_ += key;
  return true;
}

bool DocumentBuilder::on_start_object() { return open(Kind::object); }
bool DocumentBuilder::on_start_array() { return open(Kind::array); }
bool DocumentBuilder::on_end_object() { return close(); }
bool DocumentBuilder::on_end_array() { return close(); }

bool DocumentBuilder::open(Kind kind) {
  const NodeId id = static_cast<NodeId>(document_.nodes_.size());
  if (!add(kind)) {
    return false;
  }
  open_.push_back(id);
  return true;
}

bool DocumentBuilder::close() {
  document_.nodes_[open_.back()].next = static_cast<NodeId>(document_.nodes_.size());
  open_.pop_back();
  return true;
}

std::string DocumentBuilder::pointer() const {
  std::string out;
  for (std::size_t i = 0; i < open_.size(); ++i) {
    const Document::Node& node = document_.nodes_[open_[i]];
    if (node.size == 0) {
      break;
    }
    if (node.kind == Kind::array) {
      append_pointer_token(out, std::to_string(node.size - 1));
    } else {
      const NodeId child =
          i + 1 < open_.size() ? open_[i + 1] : static_cast<NodeId>(document_.nodes_.size() - 1);
      append_pointer_token(out, document_.name(child));
    }
  }
  return out;
}

LineIndex::LineIndex(std::string_view bytes) : bytes_(bytes) {
  starts_.push_back(0);
  for (std::size_t i = bytes.find('\n'); i != std::string_view::npos; i = bytes.find('\n', i + 1)) {
    starts_.push_back(i + 1);
  }
}

Position LineIndex::at(std::uint64_t offset) const {
  offset = std::min<std::uint64_t>(offset, bytes_.size());
  const auto after = std::ranges::upper_bound(starts_, offset);
  Position at{
      .offset = offset, .line = static_cast<std::uint64_t>(after - starts_.begin()), .column = 1};
  const std::uint64_t start = *(after - 1);
  // Characters: every byte but the continuation bytes of UTF-8.
  at.column += static_cast<std::uint64_t>(std::ranges::count_if(
      bytes_.substr(start, offset - start), [](char c) { return (c & 0xc0) != 0x80; }));
  return at;
}

std::string_view LineIndex::line(std::uint64_t number) const {
  if (number == 0 || number > starts_.size()) {
    return {};
  }
  const std::string_view rest = bytes_.substr(starts_[number - 1]);
  std::string_view line = rest.substr(0, rest.find('\n'));
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  return line;
}

}  // namespace plimsoll::json
