// A whole document with the place of every value and name: what the validator keeps while it
// judges. Flat and small, so that a hostile document costs little; repeated names are kept, for
// others to complain about. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "validator/json/json.h"

namespace plimsoll::json {

enum class Kind : std::uint8_t {
  null,
  boolean,
  unsigned_integer,
  negative,
  real,
  string,
  array,
  object
};

// A value by its number, in the order of the text; 0 is the whole document.
using NodeId = std::uint32_t;

class Document {
 public:
  struct Node {
    Kind kind = Kind::null;
    bool has_name = false;      // a member of an object
    NodeId next = 0;            // the first value after this one and all that is in it
    std::uint32_t offset = 0;   // of the value's first byte
    std::uint32_t name_at = 0;  // offset of the member's name
    std::uint32_t name = 0;     // where the member's name is in text_
    std::uint32_t name_size = 0;
    std::uint32_t text = 0;  // string: where it is in text_
    std::uint32_t size = 0;  // string: bytes; array, object: how many elements or members
    std::uint64_t bits = 0;  // boolean, integers (two's complement), real (bits of a double)
  };

  bool empty() const { return nodes_.empty(); }
  const Node& node(NodeId id) const { return nodes_[id]; }
  std::size_t size() const { return nodes_.size(); }
  std::string_view name(NodeId id) const;
  // "" where the value is no string.
  std::string_view string(NodeId id) const;

  // for (NodeId child = first; child != end; child = node(child).next)
  NodeId first_child(NodeId id) const { return id + 1; }
  NodeId end_of_children(NodeId id) const { return nodes_[id].next; }
  // The first member of that name, or nullopt.
  std::optional<NodeId> find(NodeId object, std::string_view name) const;

  // The value that an RFC 6901 pointer names; where there is none, its nearest parent, with
  // `exact` false.
  struct Place {
    NodeId id = 0;
    bool exact = true;
  };
  Place locate(std::string_view pointer) const;
  // The bytes' offset where a finding about `pointer` belongs.
  std::uint64_t offset_of(std::string_view pointer) const;

 private:
  friend class DocumentBuilder;
  std::vector<Node> nodes_;
  std::string text_;  // all names and strings, one after another
};

// Fills a Document from the reader's events. Stops at `max_values` values.
class DocumentBuilder final : public Handler {
 public:
  DocumentBuilder(Document& document, std::size_t max_values)
      : document_(document), max_values_(max_values) {}

  bool on_null() override;
  bool on_bool(bool value) override;
  bool on_unsigned(std::uint64_t value) override;
  bool on_negative(std::int64_t value) override;
  bool on_real(double value, std::string_view text) override;
  bool on_string(std::string_view value) override;
  bool on_start_object() override;
  bool on_key(std::string_view key) override;
  bool on_end_object() override;
  bool on_start_array() override;
  bool on_end_array() override;
  std::string pointer() const override;

 private:
  bool add(Kind kind, std::uint64_t bits = 0);
  bool open(Kind kind);
  bool close();

  Document& document_;
  std::size_t max_values_;
  std::vector<NodeId> open_;
  Document::Node next_;  // the name of the member that comes
};

// The tokens of a pointer, unescaped.
std::vector<std::string> pointer_tokens(std::string_view pointer);

// Offsets to lines and columns, for many offsets of one document.
class LineIndex {
 public:
  explicit LineIndex(std::string_view bytes);
  Position at(std::uint64_t offset) const;
  // The line's bytes without its end.
  std::string_view line(std::uint64_t number) const;

 private:
  std::string_view bytes_;
  std::vector<std::uint64_t> starts_;
};

}  // namespace plimsoll::json
