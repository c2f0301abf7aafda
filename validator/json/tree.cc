// The document tree: built from the reader's events, with accessors that never throw.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <expected>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "validator/json/json.h"

namespace plimsoll::json {
namespace {

class TreeBuilder final : public Handler {
 public:
  Value take() { return std::move(root_); }

  bool on_null() override { return put(Value()) != nullptr; }
  bool on_bool(bool value) override { return put(Value(value)) != nullptr; }
  bool on_unsigned(std::uint64_t value) override { return put(Value(value)) != nullptr; }
  bool on_negative(std::int64_t value) override { return put(Value(value)) != nullptr; }
  bool on_real(double value, std::string_view /*text*/) override {
    return put(Value(value)) != nullptr;
  }
  bool on_string(std::string_view value) override {
    return put(Value(std::string(value))) != nullptr;
  }
  bool on_start_object() override {
    open_.push_back(put(Value(Object{})));
    names_.open();
    return true;
  }
  bool on_key(std::string_view key) override {
    names_.add(key, offset());
    open_.back()->object()->emplace_back(std::string(key), Value());
    return true;
  }
  bool on_end_object() override {
    open_.pop_back();
    if (const auto repeated = names_.close()) {
      std::string where = pointer();
      append_pointer_token(where, repeated->first);
      return fail_at("duplicate member '" + repeated->first + "'", repeated->second, where);
    }
    return true;
  }
  bool on_start_array() override {
    open_.push_back(put(Value(Array{})));
    return true;
  }
  bool on_end_array() override {
    open_.pop_back();
    return true;
  }
  std::string pointer() const override {
    std::string out;
    for (Value* container : open_) {
      if (const Object* object = container->object()) {
        if (!object->empty()) {
          append_pointer_token(out, object->back().first);
        }
      } else if (const Array* array = container->array(); !array->empty()) {
        append_pointer_token(out, std::to_string(array->size() - 1));
      }
    }
    return out;
  }

 private:
  // The value's place. A container does not move while it is open: its parent cannot grow.
  Value* put(Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    if (Array* array = open_.back()->array()) {
      return &array->emplace_back(std::move(value));
    }
    Value& slot = open_.back()->object()->back().second;
    slot = std::move(value);
    return &slot;
  }

  Value root_;
  std::vector<Value*> open_;
  DuplicateNames names_;
};

}  // namespace

Value::Value(std::int64_t value) {
  if (value >= 0) {
    data_ = static_cast<std::uint64_t>(value);
  } else {
    data_ = value;
  }
}

std::optional<bool> Value::boolean() const {
  const bool* value = std::get_if<bool>(&data_);
  return value != nullptr ? std::optional(*value) : std::nullopt;
}

std::optional<std::uint64_t> Value::unsigned_integer() const {
  const std::uint64_t* value = std::get_if<std::uint64_t>(&data_);
  return value != nullptr ? std::optional(*value) : std::nullopt;
}

std::optional<std::int64_t> Value::signed_integer() const {
  if (const std::int64_t* value = std::get_if<std::int64_t>(&data_)) {
    return *value;
  }
  const std::uint64_t* value = std::get_if<std::uint64_t>(&data_);
  if (value != nullptr && *value <= std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
    return static_cast<std::int64_t>(*value);
  }
  return std::nullopt;
}

std::optional<double> Value::real() const {
  if (const double* value = std::get_if<double>(&data_)) {
    return *value;
  }
  if (const std::int64_t* value = std::get_if<std::int64_t>(&data_)) {
    return static_cast<double>(*value);
  }
  if (const std::uint64_t* value = std::get_if<std::uint64_t>(&data_)) {
    return static_cast<double>(*value);
  }
  return std::nullopt;
}

const Value* Value::find(std::string_view name) const {
  if (const Object* members = object()) {
    for (const Member& member : *members) {
      if (member.first == name) {
        return &member.second;
      }
    }
  }
  return nullptr;
}

const std::string* Value::find_string(std::string_view name) const {
  const Value* value = find(name);
  return value != nullptr ? value->string() : nullptr;
}

std::optional<std::uint64_t> Value::find_unsigned(std::string_view name) const {
  const Value* value = find(name);
  return value != nullptr ? value->unsigned_integer() : std::nullopt;
}

std::optional<std::int64_t> Value::find_signed(std::string_view name) const {
  const Value* value = find(name);
  return value != nullptr ? value->signed_integer() : std::nullopt;
}

std::optional<bool> Value::find_bool(std::string_view name) const {
  const Value* value = find(name);
  return value != nullptr ? value->boolean() : std::nullopt;
}

const Array* Value::find_array(std::string_view name) const {
  const Value* value = find(name);
  return value != nullptr ? value->array() : nullptr;
}

const Object* Value::find_object(std::string_view name) const {
  const Value* value = find(name);
  return value != nullptr ? value->object() : nullptr;
}

std::expected<Value, SyntaxError> parse(std::string_view bytes, const Limits& limits) {
  TreeBuilder builder;
  if (auto done = read(bytes, limits, builder); !done) {
    return std::unexpected(std::move(done).error());
  }
  return builder.take();
}

}  // namespace plimsoll::json
