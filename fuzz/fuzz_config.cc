// Fuzzes what reads a configuration: JSON reader, spec parser, rules, and the tree with its writer.
// Beyond crashes it looks for disagreement: what the parser accepts, the strict tree reader
// accepts, and a written tree reads back as itself. SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "validator/json/json.h"
#include "validator/rules/rules.h"
#include "validator/spec/parse.h"

namespace {

void require(bool held) {
  if (!held) {
    std::abort();
  }
}

std::string written(const plimsoll::json::Value& tree) {
  std::string out;
  plimsoll::json::Writer(out).value(tree);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto tree = plimsoll::json::parse(bytes);
  plimsoll::spec::Observations seen;
  const auto spec = plimsoll::spec::parse(bytes, {}, &seen);
  if (spec) {
    require(tree.has_value());
    for (const auto& finding : plimsoll::rules::check(*spec)) {
      require(!plimsoll::rules::text(finding).empty());
      require(plimsoll::json::locate(bytes, finding.pointer).offset <= size);
    }
    // `create` parses without observations: it refuses exactly what lacks a member.
    require(plimsoll::spec::parse(bytes).has_value() == seen.missing.empty());
  } else {
    require(!spec.error().text().empty() && spec.error().offset <= size);
  }
  if (tree) {
    const std::string once = written(*tree);
    const auto again = plimsoll::json::parse(once);
    require(again.has_value() && written(*again) == once);
  }
  return 0;
}
