// Fuzzes the schema layer. Oracles: its problems have their place and are free of repeats; a
// document in another spelling has the same ones; and it misses no wrong type and no missing member
// that the parser sees. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/harness.h"
#include "fuzz/report_text.h"
#include "validator/json/document.h"
#include "validator/schema/schema.h"
#include "validator/spec/members.h"
#include "validator/spec/parse.h"

namespace {

using namespace plimsoll;
using fuzz::require;
using schema::Which;

constexpr json::Limits kLimits = {.max_bytes = 1 << 14, .max_depth = 32};

std::vector<schema::Problem> check(std::string_view bytes, Which which) {
  json::Document document;
  json::DocumentBuilder builder(document, 2000);
  if (!json::read(bytes, kLimits, builder)) {
    return {};
  }
  std::vector<schema::Problem> problems = schema::check(which, document);
  std::set<std::string> pointers;
  for (const schema::Problem& problem : problems) {
    require(problem.message.starts_with("against the schema: "));
    require(problem.pointer.empty() || problem.pointer.starts_with('/'));
    require(document.offset_of(problem.pointer) < bytes.size());
    require(pointers.insert(problem.pointer).second);
  }
  return problems;
}

bool is_at_or_below(std::string_view pointer, std::string_view top) {
  return pointer.starts_with(top) &&
         (pointer.size() == top.size() || pointer[top.size()] == '/' || top.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  const auto tree = json::parse(bytes, kLimits);
  if (!tree) {
    return 0;
  }
  const std::string other = fuzz::respelt(*tree);
  // One of the other schemas: each costs as much as all the rest.
  constexpr auto kOthers =
      std::to_array({Which::process, Which::resources, Which::state, Which::features});
  const Which which = kOthers[size % kOthers.size()];
  require(check(bytes, which).size() == check(other, which).size());
  const auto problems = check(bytes, Which::config);
  spec::Observations seen;
  seen.collect = true;
  (void)spec::parse(bytes, kLimits, &seen);
  for (const spec::Observations::Fault& fault : seen.faults) {
    // Bounds beyond 2^53 are the rules' part (validator/schema/schema.h); to the schema null is the
    // same as absent, so that a null is the parser's to refuse.
    require(fault.message.contains("from ") || fault.message.ends_with("got null") ||
            problems.size() >= 200 ||
            std::ranges::any_of(problems, [&](const schema::Problem& problem) {
              return is_at_or_below(fault.pointer, problem.pointer);
            }));
  }
  return 0;
}
