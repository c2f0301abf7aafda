// SPDX-License-Identifier: Apache-2.0
#include "fuzz/json_mutator.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/harness.h"
#include "fuzz/words.h"

namespace plimsoll::fuzz {

namespace {

constexpr unsigned kDeepest = 6;

// Bounds of the types that the members have, and their neighbours.
constexpr auto kNumbers = std::to_array<std::uint64_t>({0,
                                                        1,
                                                        2,
                                                        3,
                                                        5,
                                                        7,
                                                        20,
                                                        64,
                                                        255,
                                                        256,
                                                        511,
                                                        512,
                                                        1000,
                                                        1024,
                                                        4095,
                                                        4096,
                                                        65535,
                                                        65536,
                                                        0x7fffffff,
                                                        0x80000000,
                                                        0xfffffffe,
                                                        0xffffffff,
                                                        0x100000000,
                                                        std::uint64_t{1} << 53,
                                                        (std::uint64_t{1} << 53) + 1,
                                                        0x7fffffffffffffff,
                                                        0x8000000000000000,
                                                        0xffffffffffffffff});

}  // namespace

JsonMutator::JsonMutator(std::string_view schema) {
  auto tree = json::parse(schema);
  require(tree.has_value());
  schema_ = std::move(*tree);
}

const json::Value* JsonMutator::resolve(const json::Value* schema) const {
  constexpr std::string_view kDefinitions = "#/definitions/";
  const std::string* reference = schema != nullptr ? schema->find_string("$ref") : nullptr;
  if (reference == nullptr || !reference->starts_with(kDefinitions)) {
    return schema;
  }
  const json::Value* definitions = schema_.find("definitions");
  return definitions == nullptr ? nullptr
                                : definitions->find(reference->substr(kDefinitions.size()));
}

const json::Value* JsonMutator::below_member(const json::Value* schema,
                                             std::string_view name) const {
  if (schema == nullptr) {
    return nullptr;
  }
  if (const json::Value* properties = schema->find("properties")) {
    if (const json::Value* known = properties->find(name)) {
      return resolve(known);
    }
  }
  return resolve(schema->find("additionalProperties"));
}

// From the top down, so that values deep in large documents are not the only ones that change.
JsonMutator::Place JsonMutator::choose(json::Value& document) {
  Place place{.value = &document, .schema = &schema_};
  for (unsigned depth = 0; depth < 12 && !one_in(4); ++depth) {
    if (json::Object* object = place.value->object(); object != nullptr && !object->empty()) {
      auto& [name, member] = (*object)[below(object->size())];
      place = {.value = &member, .schema = below_member(place.schema, name)};
    } else if (json::Array* array = place.value->array(); array != nullptr && !array->empty()) {
      const json::Value* items =
          place.schema != nullptr ? resolve(place.schema->find("items")) : nullptr;
      place = {.value = &(*array)[below(array->size())], .schema = items};
    } else {
      break;
    }
  }
  return place;
}

std::string JsonMutator::make_word() {
  const std::vector<std::string_view>& words = all_words();
  std::string word(words[below(words.size())]);
  if (one_in(6)) {
    word += words[below(words.size())];
  } else if (one_in(8)) {
    word.insert(below(word.size() + 1), 1, static_cast<char>(1 + below(126)));
  }
  return word;
}

json::Value JsonMutator::make_integer(const json::Value& schema) {
  if (one_in(4)) {
    if (const auto bound = schema.find_signed(one_in(2) ? "minimum" : "maximum")) {
      // Wraps at the ends of the type.
      return json::Value(
          static_cast<std::int64_t>(static_cast<std::uint64_t>(*bound) + below(3) - 1));
    }
  }
  const std::uint64_t number = kNumbers[below(kNumbers.size())];
  return one_in(4) ? json::Value(-static_cast<std::int64_t>(number & 0x7fffffffffffffff))
                   : json::Value(number);
}

json::Value JsonMutator::make_object(const json::Value& schema, unsigned depth) {
  json::Object out;
  const json::Object* properties = schema.find_object("properties");
  for (std::size_t i = 0; properties != nullptr && i < properties->size(); ++i) {
    const auto& [name, member] = (*properties)[i];
    bool wanted = one_in(3);
    if (const json::Array* required = schema.find_array("required")) {
      wanted = wanted || std::ranges::any_of(*required, [&](const json::Value& it) {
                 return it.string() != nullptr && *it.string() == name;
               });
    }
    if (wanted && depth < kDeepest) {
      out.emplace_back(name, make(&member, depth + 1));
    }
  }
  if (const json::Value* others = schema.find("additionalProperties")) {
    out.emplace_back(make_word(), make(others, depth + 1));
  }
  return json::Value(std::move(out));
}

json::Value JsonMutator::make(const json::Value* schema, unsigned depth) {
  schema = resolve(schema);
  if (schema == nullptr || one_in(40)) {
    switch (below(6)) {
      case 0:
        return json::Value();
      case 1:
        return json::Value(one_in(2));
      case 2:
        return json::Value(kNumbers[below(kNumbers.size())]);
      case 3:
        return json::Value(json::Array{});
      case 4:
        return json::Value(json::Object{});
      default:
        return json::Value(make_word());
    }
  }
  if (const json::Array* words = schema->find_array("enum"); words != nullptr && !words->empty()) {
    return (*words)[below(words->size())];
  }
  const std::string* type = schema->find_string("type");
  if (type == nullptr) {
    return json::Value(make_word());
  }
  if (*type == "object") {
    return make_object(*schema, depth);
  }
  if (*type == "array") {
    json::Array items(depth < kDeepest ? below(4) : 0);
    for (json::Value& item : items) {
      item = make(schema->find("items"), depth + 1);
    }
    return json::Value(std::move(items));
  }
  if (*type == "integer" || *type == "number") {
    return make_integer(*schema);
  }
  return *type == "boolean" ? json::Value(one_in(2)) : json::Value(make_word());
}

void JsonMutator::change_object(json::Object& object, const json::Value* schema) {
  const json::Object* known = schema != nullptr ? schema->find_object("properties") : nullptr;
  const std::size_t choice = below(8);
  if (choice == 0 && !object.empty()) {
    object.erase(object.begin() + static_cast<std::ptrdiff_t>(below(object.size())));
  } else if (choice == 1 && object.size() > 1) {
    std::swap(object[below(object.size())], object[below(object.size())]);
  } else if (choice == 2 && !object.empty()) {
    auto& [name, member] = object[below(object.size())];
    name = one_in(2) ? make_word() : name + static_cast<char>('a' + below(26));
  } else if (choice == 3 && !object.empty()) {
    std::swap(object[below(object.size())].second, spare_);
  } else {
    std::string name =
        known != nullptr && !known->empty() ? (*known)[below(known->size())].first : make_word();
    json::Value value = make(below_member(schema, name), 1);
    const auto there = std::ranges::find(object, name, &json::Member::first);
    if (there != object.end()) {
      there->second = std::move(value);
    } else {
      object.emplace_back(std::move(name), std::move(value));
    }
  }
}

void JsonMutator::change_array(json::Array& array, const json::Value* schema) {
  const json::Value* items = schema != nullptr ? schema->find("items") : nullptr;
  const std::size_t choice = below(6);
  if (choice == 0 && !array.empty()) {
    array.erase(array.begin() + static_cast<std::ptrdiff_t>(below(array.size())));
  } else if (choice == 1 && !array.empty()) {
    array.push_back(array[below(array.size())]);
  } else if (choice == 2 && array.size() > 1) {
    std::swap(array[below(array.size())], array[below(array.size())]);
  } else if (choice == 3 && !array.empty() && one_in(8)) {
    const json::Value front = array.front();
    array.resize(array.size() + below(64), front);
  } else {
    array.push_back(make(items, 1));
  }
}

void JsonMutator::change_scalar(json::Value& value, const json::Value* schema) {
  const std::string* text = value.string();
  if (text != nullptr && one_in(3)) {
    std::string other = *text;
    const std::size_t at = below(other.size() + 1);
    switch (below(4)) {
      case 0:
        other.insert(at, make_word());
        break;
      case 1:
        other.erase(at, 1 + below(3));
        break;
      case 2:
        other = "/" + other;
        break;
      default:
        other.insert(at, 1, "/.,:-=0 aA"[below(10)]);
    }
    value = json::Value(std::move(other));
  } else {
    value = make(schema, 1);
  }
}

void JsonMutator::change(json::Value& document, std::uint32_t seed) {
  random_.seed(seed);
  Place place = choose(document);
  if (one_in(16)) {
    spare_ = *place.value;
  }
  if (one_in(24)) {
    *place.value = one_in(2) ? spare_ : make(place.schema, 1);
  } else if (json::Object* object = place.value->object()) {
    change_object(*object, place.schema);
  } else if (json::Array* array = place.value->array()) {
    change_array(*array, place.schema);
  } else {
    change_scalar(*place.value, place.schema);
  }
}

}  // namespace plimsoll::fuzz
