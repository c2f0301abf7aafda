// Tables of configurations that differ from a valid one by one thing, and what a runtime makes of
// each. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nlohmann/json.hpp"

namespace plimsoll::conformance {

using Document = nlohmann::ordered_json;

// What a runtime must do with the broken configuration.
enum class Expect : unsigned char {
  refuse,           // create fails and leaves no container
  refuse_by_start,  // create or start fails
  accept,           // create succeeds
};

// One edit: members that are set (by JSON pointer; missing parents are made) and members that are
// removed.
struct Edit {
  Document set;
  std::vector<std::string> remove;
};

struct Case {
  std::vector<std::string> ids;
  std::string name;
  Edit with;         // makes the valid configuration that the case starts from
  Edit broken;       // makes it what the case is about
  std::string from;  // in the text of the configuration, for what a JSON document cannot express
  std::string to;
  std::string since;  // the specification that brought the member, where the ids do not tell
  Expect expect = Expect::refuse;
};

// Reads a table; a case with an array "values" becomes one case for each, which replaces "@" in its
// "set". `error` says why when the table is unusable.
std::vector<Case> read_cases(const std::string& path, std::string& error);

void apply(const Edit& edit, Document& document);

}  // namespace plimsoll::conformance
