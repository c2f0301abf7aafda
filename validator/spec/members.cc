// Walks the tables of members by pointer, and reads a document for two handlers at once.
// SPDX-License-Identifier: Apache-2.0
#include "validator/spec/members.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "validator/json/document.h"
#include "validator/spec/field.h"
#include "validator/spec/parser.h"

namespace plimsoll::spec {
namespace {

struct DocumentType {
  const Type* type;
  std::string_view prefix;
};

DocumentType root_of(DocumentKind kind) {
  switch (kind) {
    case DocumentKind::process:
      return {&kProcessType, "/process"};
    case DocumentKind::resources:
      return {&kResourcesType, "/linux/resources"};
    case DocumentKind::state:
      return {&kStateType, ""};
    case DocumentKind::features:
      return {&kFeaturesType, ""};
    case DocumentKind::config:
      break;
  }
  return {&kSpecType, ""};
}

// The type of the value that `pointer` leads to, or nullptr; its pattern is appended.
const Type* walk(const Type* type, std::string_view pointer, std::string& pattern) {
  for (const std::string& token : json::pointer_tokens(pointer)) {
    if (type->shape == Shape::list || type->shape == Shape::map) {
      type = type->element;
      pattern += "/*";
      continue;
    }
    const auto field = std::ranges::find(type->fields, std::string_view(token), &Field::name);
    if (type->shape != Shape::object || field == type->fields.end()) {
      return nullptr;
    }
    type = field->type;
    json::append_pointer_token(pattern, token);
  }
  return type;
}

void add_patterns(const Type& type, const std::string& prefix, std::vector<std::string>& out) {
  if (type.element != nullptr) {
    add_patterns(*type.element, prefix + "/*", out);
  }
  for (const Field& field : type.fields) {
    std::string pattern = prefix;
    json::append_pointer_token(pattern, field.name);
    out.push_back(pattern);
    add_patterns(*field.type, pattern, out);
  }
}

// Tells two handlers each event, one after the other.
class Tee final : public json::Handler {
 public:
  Tee(json::Handler& first, json::Handler& second) : first_(first), second_(second) {}

  void attach(json::ReaderState* state) override {
    first_.attach(state);
    second_.attach(state);
  }
  bool on_null() override { return first_.on_null() && second_.on_null(); }
  bool on_bool(bool value) override { return first_.on_bool(value) && second_.on_bool(value); }
  bool on_unsigned(std::uint64_t value) override {
    return first_.on_unsigned(value) && second_.on_unsigned(value);
  }
  bool on_negative(std::int64_t value) override {
    return first_.on_negative(value) && second_.on_negative(value);
  }
  bool on_real(double value, std::string_view text) override {
    return first_.on_real(value, text) && second_.on_real(value, text);
  }
  bool on_string(std::string_view value) override {
    return first_.on_string(value) && second_.on_string(value);
  }
  bool on_start_object() override { return first_.on_start_object() && second_.on_start_object(); }
  bool on_key(std::string_view key) override { return first_.on_key(key) && second_.on_key(key); }
  bool on_end_object() override { return first_.on_end_object() && second_.on_end_object(); }
  bool on_start_array() override { return first_.on_start_array() && second_.on_start_array(); }
  bool on_end_array() override { return first_.on_end_array() && second_.on_end_array(); }
  std::string pointer() const override { return second_.pointer(); }

 private:
  json::Handler& first_;
  json::Handler& second_;
};

template <typename Value>
std::expected<Value, ParseError> read_as(const Type& type, std::string_view bytes,
                                         const Limits& limits, Observations& seen,
                                         json::Handler& other) {
  seen.collect = true;
  std::expected<Value, ParseError> value;
  Parser parser(type, &*value, &seen);
  Tee tee(other, parser);
  if (auto done = json::read(bytes, limits, tee); !done) {
    value = std::unexpected(std::move(done).error());
  }
  return value;
}

}  // namespace

std::vector<std::string_view> members_at(DocumentKind kind, std::string_view pointer) {
  std::vector<std::string_view> names;
  std::string pattern;
  if (const Type* type = walk(root_of(kind).type, pointer, pattern)) {
    for (const Field& field : type->fields) {
      names.push_back(field.name);
    }
  }
  return names;
}

std::string pattern_of(DocumentKind kind, std::string_view pointer) {
  const DocumentType root = root_of(kind);
  std::string pattern(root.prefix);
  return walk(root.type, pointer, pattern) != nullptr ? pattern : std::string();
}

std::vector<std::string> all_patterns(DocumentKind kind) {
  const DocumentType root = root_of(kind);
  std::vector<std::string> patterns;
  add_patterns(*root.type, std::string(root.prefix), patterns);
  return patterns;
}

std::expected<Spec, ParseError> read_config(std::string_view bytes, const Limits& limits,
                                            Observations& seen, json::Handler& other) {
  return read_as<Spec>(kSpecType, bytes, limits, seen, other);
}

std::expected<Process, ParseError> read_process(std::string_view bytes, const Limits& limits,
                                                Observations& seen, json::Handler& other) {
  return read_as<Process>(kProcessType, bytes, limits, seen, other);
}

std::expected<Resources, ParseError> read_resources(std::string_view bytes, const Limits& limits,
                                                    Observations& seen, json::Handler& other) {
  return read_as<Resources>(kResourcesType, bytes, limits, seen, other);
}

std::expected<State, ParseError> read_state(std::string_view bytes, const Limits& limits,
                                            Observations& seen, json::Handler& other) {
  return read_as<State>(kStateType, bytes, limits, seen, other);
}

std::expected<Features, ParseError> read_features(std::string_view bytes, const Limits& limits,
                                                  Observations& seen, json::Handler& other) {
  return read_as<Features>(kFeaturesType, bytes, limits, seen, other);
}

}  // namespace plimsoll::spec
