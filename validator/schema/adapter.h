// valijson's view of our flat document. Private to this module. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <valijson/internal/adapter.hpp>
#include <valijson/internal/basic_adapter.hpp>
#include <valijson/internal/frozen_value.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "validator/json/document.h"

namespace plimsoll::schema {

// Which members of objects are not to be seen.
class Filter {
 public:
  virtual bool hides(const json::Document& document, json::NodeId object,
                     json::NodeId member) const = 0;

 protected:
  ~Filter() = default;
};

// A value, and what is not to be seen of it.
struct Node {
  const json::Document* document = nullptr;
  json::NodeId id = 0;
  const Filter* filter = nullptr;

  const json::Document::Node& data() const { return document->node(id); }
  json::Kind kind() const { return data().kind; }
  Node at(json::NodeId other) const { return {document, other, filter}; }
  // The first of `from` and its later siblings that can be seen.
  json::NodeId seen_from(json::NodeId from, json::NodeId end) const {
    while (from != end && filter != nullptr && document->node(from).has_name &&
           filter->hides(*document, id, from)) {
      from = document->node(from).next;
    }
    return from;
  }
};

class Adapter;
using Member = std::pair<std::string, Adapter>;

// Over the children of an array or object.
template <typename Value>
class Iterator {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = Value;
  using difference_type = std::ptrdiff_t;
  using pointer = Value*;
  using reference = Value&;

  Iterator(Node parent, json::NodeId at) : parent_(parent), at_(at) {}
  Value operator*() const;
  valijson::adapters::DerefProxy<Value> operator->() const {
    return valijson::adapters::DerefProxy<Value>(**this);
  }
  bool operator==(const Iterator& other) const { return at_ == other.at_; }
  bool operator!=(const Iterator& other) const { return at_ != other.at_; }
  Iterator& operator++() {
    at_ = parent_.seen_from(parent_.document->node(at_).next, parent_.data().next);
    return *this;
  }
  Iterator operator++(int) {
    Iterator before(*this);
    ++*this;
    return before;
  }
  // The library wants it for uniqueItems, which our schemas have not: a walk from the front will
  // do.
  Iterator& operator--() {
    json::NodeId before = parent_.seen_from(parent_.id + 1, parent_.data().next);
    for (json::NodeId next = before; next != at_;
         next = parent_.seen_from(parent_.document->node(next).next, parent_.data().next)) {
      before = next;
    }
    at_ = before;
    return *this;
  }
  void advance(std::ptrdiff_t count) {
    for (; count > 0; --count) {
      ++*this;
    }
  }

 private:
  Node parent_;
  json::NodeId at_;
};

template <typename Value>
class Children {
 public:
  using const_iterator = Iterator<Value>;
  using iterator = Iterator<Value>;

  Children() = default;
  explicit Children(Node node) : node_(node) {}
  const_iterator begin() const {
    return node_.document == nullptr
               ? end()
               : const_iterator(node_, node_.seen_from(node_.id + 1, node_.data().next));
  }
  const_iterator end() const { return {node_, node_.document == nullptr ? 0 : node_.data().next}; }
  const_iterator find(const std::string& name) const {
    const std::optional<json::NodeId> found =
        node_.document == nullptr ? std::nullopt : node_.document->find(node_.id, name);
    return found && node_.seen_from(*found, node_.data().next) == *found
               ? const_iterator(node_, *found)
               : end();
  }
  std::size_t size() const {
    std::size_t count = 0;
    for (auto child = begin(); child != end(); ++child) {
      ++count;
    }
    return count;
  }

 private:
  Node node_;
};

using ArrayView = Children<Adapter>;
using ObjectView = Children<Member>;

class Frozen final : public valijson::adapters::FrozenValue {
 public:
  explicit Frozen(Node node) : node_(node) {}
  // The library owns the copy.
  FrozenValue* clone() const override { return new Frozen(node_); }  // ban-ok: valijson's name
  bool equalTo(const valijson::adapters::Adapter& other, bool strict) const override;

 private:
  Node node_;  // the schema's document outlives the schema
};

// NOLINTBEGIN(readability-identifier-naming): valijson's names

// The questions of BasicAdapter. A number is an integer and a double at once: the library compares
// doubles, and an unsigned one beyond the signed range has no other form for it.
class ValueView {
 public:
  ValueView() = default;
  explicit ValueView(Node node) : node_(node) {}

  valijson::adapters::FrozenValue* freeze() const { return new Frozen(node_); }
  std::optional<ArrayView> getArrayOptional() const {
    return isArray() ? std::optional(ArrayView(node_)) : std::nullopt;
  }
  std::optional<ObjectView> getObjectOptional() const {
    return isObject() ? std::optional(ObjectView(node_)) : std::nullopt;
  }
  bool getArraySize(std::size_t& result) const {
    result = isArray() ? ArrayView(node_).size() : 0;
    return isArray();
  }
  bool getObjectSize(std::size_t& result) const {
    result = isObject() ? ObjectView(node_).size() : 0;
    return isObject();
  }
  bool getBool(bool& result) const {
    result = isBool() && node_.data().bits != 0;
    return isBool();
  }
  bool getDouble(double& result) const {
    const std::uint64_t bits = isDouble() ? node_.data().bits : 0;
    if (kind() == json::Kind::unsigned_integer) {
      result = static_cast<double>(bits);
    } else if (kind() == json::Kind::negative) {
      result = static_cast<double>(static_cast<std::int64_t>(bits));
    } else {
      result = std::bit_cast<double>(bits);
    }
    return isDouble();
  }
  bool getInteger(std::int64_t& result) const {
    const bool fits =
        kind() == json::Kind::negative ||
        (kind() == json::Kind::unsigned_integer &&
         node_.data().bits <= std::uint64_t{std::numeric_limits<std::int64_t>::max()});
    result = fits ? static_cast<std::int64_t>(node_.data().bits) : 0;
    return fits;
  }
  bool getString(std::string& result) const {
    result = isString() ? node_.document->string(node_.id) : std::string();
    return isString();
  }
  static bool hasStrictTypes() { return true; }
  bool isArray() const { return kind() == json::Kind::array; }
  bool isBool() const { return kind() == json::Kind::boolean; }
  bool isDouble() const { return isInteger() || kind() == json::Kind::real; }
  bool isInteger() const {
    return kind() == json::Kind::unsigned_integer || kind() == json::Kind::negative;
  }
  bool isNull() const { return kind() == json::Kind::null; }
  bool isNumber() const { return isDouble(); }
  bool isObject() const { return node_.document == nullptr || kind() == json::Kind::object; }
  bool isString() const { return kind() == json::Kind::string; }

 private:
  json::Kind kind() const { return node_.document == nullptr ? json::Kind::object : node_.kind(); }
  Node node_;
};

class Adapter final
    : public valijson::adapters::BasicAdapter<Adapter, ArrayView, Member, ObjectView, ValueView> {
 public:
  Adapter() = default;
  explicit Adapter(Node node) : BasicAdapter(ValueView(node)) {}
  // For other documents that a schema refers to; ours refer to none.
  explicit Adapter(const json::Document& document) : Adapter(Node{&document, 0, nullptr}) {}
};

template <>
inline Adapter Iterator<Adapter>::operator*() const {
  return Adapter(parent_.at(at_));
}
template <>
inline Member Iterator<Member>::operator*() const {
  return {std::string(parent_.document->name(at_)), Adapter(parent_.at(at_))};
}

inline bool Frozen::equalTo(const valijson::adapters::Adapter& other, bool strict) const {
  return Adapter(node_).equalTo(other, strict);
}

}  // namespace plimsoll::schema

template <>
struct valijson::adapters::AdapterTraits<plimsoll::schema::Adapter> {
  using DocumentType = plimsoll::json::Document;
  static std::string adapterName() { return "PlimsollAdapter"; }
};

// NOLINTEND(readability-identifier-naming)
