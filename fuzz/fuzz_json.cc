// Fuzzes the JSON reader, its two documents and the writer. Oracles: the reader accepts what the
// recogniser of RFC 8259 accepts, less a written list of reasons; the tree and the flat document
// hold the same values; what is written reads back as itself; every place lies in the document.
// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <string>
#include <string_view>

#include "fuzz/grammar.h"
#include "fuzz/harness.h"
#include "validator/json/document.h"
#include "validator/json/json.h"

namespace {

using namespace plimsoll;
using fuzz::require;

constexpr json::Limits kLimits = {.max_bytes = 4096, .max_depth = 12};
constexpr std::size_t kMostValues = 1000;  // of the flat document

std::string written(const json::Value& tree, unsigned indent) {
  std::string out;
  json::Writer(out, indent).value(tree);
  return out;
}

void check_error(std::string_view bytes, const json::SyntaxError& error) {
  const json::Position at = json::position_at(bytes, error.offset);
  require(error.offset <= bytes.size() && !error.message.empty());
  require(at.offset == error.offset && at.line == error.line && at.column == error.column);
  require(error.text("x").starts_with("x:" + std::to_string(error.line) + ":"));
  const json::LineIndex lines(bytes);
  require(lines.at(error.offset).line == error.line);
  require(lines.at(error.offset).column == error.column);
  require(lines.line(error.line).size() <= bytes.size());
}

// What is refused although it is JSON.
bool is_stricter(std::string_view message) {
  return message.contains("NUL") || message.contains("number overflow");
}

void same(const json::Value& tree, const json::Document& flat, json::NodeId id) {
  const json::Document::Node& node = flat.node(id);
  switch (node.kind) {
    case json::Kind::null:
      return require(tree.is_null());
    case json::Kind::boolean:
      return require(tree.boolean() == (node.bits != 0));
    case json::Kind::unsigned_integer:
      return require(tree.unsigned_integer() == node.bits);
    case json::Kind::negative:
      // "-0" is no negative number to the tree.
      return require(tree.signed_integer() == static_cast<std::int64_t>(node.bits) &&
                     (node.bits == 0 || !tree.unsigned_integer()));
    case json::Kind::real:
      return require(tree.real() == std::bit_cast<double>(node.bits));
    case json::Kind::string:
      return require(tree.string() != nullptr && *tree.string() == flat.string(id));
    case json::Kind::array: {
      require(tree.array() != nullptr && tree.array()->size() == node.size);
      json::NodeId child = flat.first_child(id);
      for (const json::Value& item : *tree.array()) {
        same(item, flat, child);
        child = flat.node(child).next;
      }
      return require(child == flat.end_of_children(id));
    }
    case json::Kind::object: {
      require(tree.object() != nullptr && tree.object()->size() == node.size);
      json::NodeId child = flat.first_child(id);
      for (const auto& [name, member] : *tree.object()) {
        require(flat.name(child) == name && flat.find(id, name) == child);
        same(member, flat, child);
        child = flat.node(child).next;
      }
      return require(child == flat.end_of_children(id));
    }
  }
}

// Both ways to a place agree, and lead to a byte that can begin the value.
void check_places(std::string_view bytes, const json::Document& flat, json::NodeId id,
                  const std::string& pointer) {
  const json::Document::Node& node = flat.node(id);
  require(flat.locate(pointer).id == id && flat.locate(pointer).exact);
  require(json::locate(bytes, pointer).offset == node.offset && node.offset < bytes.size());
  const char first = bytes[node.offset];
  require((node.kind == json::Kind::string) == (first == '"'));
  require((node.kind == json::Kind::object) == (first == '{'));
  require((node.kind == json::Kind::array) == (first == '['));
  require(!node.has_name || bytes[node.name_at] == '"');
  if (node.kind == json::Kind::array) {
    require(!flat.locate(pointer + "/" + std::to_string(node.size)).exact);
    require(flat.locate(pointer + "/-1").id == id);
  }
  std::size_t index = 0;
  for (json::NodeId child = id + 1; node.kind >= json::Kind::array && child != node.next;
       child = flat.node(child).next) {
    std::string below = pointer;
    json::append_pointer_token(
        below, node.kind == json::Kind::object ? flat.name(child) : std::to_string(index));
    require(json::pointer_tokens(below).back() ==
            (node.kind == json::Kind::object ? flat.name(child) : std::to_string(index)));
    check_places(bytes, flat, child, below);
    ++index;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  // Whatever the bytes are, as a string they are JSON.
  std::string quoted;
  json::append_string(quoted, bytes);
  require(fuzz::Grammar::accepts(quoted, 1));
  json::Document flat;
  json::DocumentBuilder builder(flat, kMostValues);
  const auto read = json::read(bytes, kLimits, builder);
  if (bytes.size() <= kLimits.max_bytes && flat.size() < kMostValues) {
    const bool good = fuzz::Grammar::accepts(bytes, kLimits.max_depth);
    require(read ? good : !good || is_stricter(read.error().message));
  }
  if (!read) {
    check_error(bytes, read.error());
    const auto refused = json::parse(bytes, kLimits);
    // The tree has no bound on the number of its values.
    require(!refused || flat.size() == kMostValues);
    if (!refused) {
      check_error(bytes, refused.error());
    }
    return 0;
  }
  const auto tree = json::parse(bytes, kLimits);
  if (!tree) {
    check_error(bytes, tree.error());
    require(tree.error().message.starts_with("duplicate member"));
    return 0;
  }
  same(*tree, flat, 0);
  // Each place is looked up in the whole text.
  if (flat.size() < 100) {
    check_places(bytes, flat, 0, "");
  }
  for (const unsigned indent : {0U, 2U}) {
    const std::string once = written(*tree, indent);
    const auto again = json::parse(once, {.max_bytes = 1 << 20, .max_depth = kLimits.max_depth});
    require(again && written(*again, indent) == once);
    require(written(*again, 0) == written(*tree, 0));
  }
  return 0;
}
