// Changes documents by what their schema says: names, types, words and bounds.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>
#include <string_view>

#include "validator/json/json.h"

namespace plimsoll::fuzz {

class JsonMutator {
 public:
  // `schema` is the text of a JSON schema; it must be well formed.
  explicit JsonMutator(std::string_view schema);

  // One change somewhere in the document.
  void change(json::Value& document, std::uint32_t seed);

 private:
  // A value and what the schema says of it, if anything.
  struct Place {
    json::Value* value = nullptr;
    const json::Value* schema = nullptr;
  };

  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }
  bool one_in(std::size_t n) { return below(n) == 0; }
  const json::Value* resolve(const json::Value* schema) const;
  const json::Value* below_member(const json::Value* schema, std::string_view name) const;
  Place choose(json::Value& document);
  json::Value make(const json::Value* schema, unsigned depth);
  json::Value make_object(const json::Value& schema, unsigned depth);
  json::Value make_integer(const json::Value& schema);
  std::string make_word();
  void change_object(json::Object& object, const json::Value* schema);
  void change_array(json::Array& array, const json::Value* schema);
  void change_scalar(json::Value& value, const json::Value* schema);

  json::Value schema_;
  json::Value spare_;  // a value from an earlier document, to be put elsewhere
  std::minstd_rand random_;
};

}  // namespace plimsoll::fuzz
