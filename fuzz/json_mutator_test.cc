// The mutator against the tables of members: starting from nothing it must reach every member of a
// configuration, and documents of the right types as well as wrong ones.
// SPDX-License-Identifier: Apache-2.0
#include "fuzz/json_mutator.h"

#include <cstdio>
#include <set>
#include <string>

#include "fuzz/harness.h"
#include "validator/json/document.h"
#include "validator/schema/schema.h"
#include "validator/spec/members.h"

namespace {

using namespace plimsoll;

void note_members(const json::Value& value, const std::string& pointer,
                  std::set<std::string>& seen) {
  if (const json::Object* object = value.object()) {
    for (const auto& [name, member] : *object) {
      std::string below = pointer;
      json::append_pointer_token(below, name);
      seen.insert(spec::pattern_of(spec::DocumentKind::config, below));
      note_members(member, below, seen);
    }
  } else if (const json::Array* array = value.array()) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      note_members((*array)[i], pointer + "/" + std::to_string(i), seen);
    }
  }
}

}  // namespace

int main() {
  fuzz::JsonMutator mutator(schema::text(schema::Which::config, "1.3.0"));
  std::set<std::string> seen;
  std::size_t good = 0;
  std::size_t bad = 0;
  std::uint32_t seed = 1;
  for (int round = 0; round < 1500; ++round) {
    json::Value document{json::Object{}};
    for (int change = 0; change < 100; ++change) {
      mutator.change(document, seed++);
    }
    note_members(document, "", seen);
    std::string text;
    json::Writer(text).value(document);
    spec::Observations observations;
    (spec::parse(text, {}, &observations) ? good : bad) += 1;
  }
  std::size_t missed = 0;
  for (const std::string& pattern : spec::all_patterns(spec::DocumentKind::config)) {
    if (!pattern.ends_with('*') && !seen.contains(pattern)) {
      std::printf("never made: %s\n", pattern.c_str());
      ++missed;
    }
  }
  std::printf("%zu patterns seen, %zu missed, %zu documents well typed, %zu not\n", seen.size(),
              missed, good, bad);
  return missed == 0 && good > 30 && bad > 30 ? 0 : 1;
}
