// The JSON schemas of our documents, one for each version of the specification that differs, and a
// check of a document against them. The only module that is built with exceptions, for valijson's
// sake; none leaves it. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "validator/json/document.h"

namespace plimsoll::schema {

enum class Which : std::uint8_t { config, process, resources, state, features };

// "1.0.0", "1.0.1", … "1.3.0": the releases with a schema of their own. A shorter name ("1.0")
// stands for its last one; nullopt for what is none of them.
std::optional<std::string_view> release_of(std::string_view version);

// The schema as JSON text (draft-07), for editors and other validators. `release` is one of
// release_of().
std::string text(Which which, std::string_view release);

struct Problem {
  std::string pointer;
  std::string message;
};
// What the newest schema finds, without the ancestors' repeats. Patterns and bounds beyond 2^53 are
// left to rules: the library has no exact 64-bit numbers, and its regular expressions are not fit
// for hostile input. A null member counts as absent.
std::vector<Problem> check(Which which, const json::Document& document);

}  // namespace plimsoll::schema
