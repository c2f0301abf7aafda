// Fuzzes what reads a configuration: the spec parser and the rules. Oracles: what the parser
// accepts the strict tree reader accepts too; with and without collecting it says the same; every
// fault, missing member and finding has its place in the document; another spelling of the same
// document has the same findings. SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/harness.h"
#include "fuzz/report_text.h"
#include "validator/json/json.h"
#include "validator/rules/rules.h"
#include "validator/spec/members.h"
#include "validator/spec/parse.h"

namespace {

using namespace plimsoll;
using fuzz::require;

constexpr json::Limits kLimits = {.max_bytes = 1 << 16, .max_depth = 64};

void check_places(std::string_view bytes, const spec::Observations& seen) {
  const auto inside = [&](const auto& list) {
    for (const auto& member : list) {
      require(member.offset <= bytes.size());
      require(member.pointer.empty() || member.pointer.starts_with('/'));
    }
  };
  require(seen.unknown.size() <= seen.most);
  inside(seen.unknown);
  inside(seen.missing);
  inside(seen.faults);
  for (const auto& member : seen.missing) {
    require(!spec::pattern_of(spec::DocumentKind::config, member.pointer).empty());
  }
  for (const auto& member : seen.unknown) {
    require(spec::pattern_of(spec::DocumentKind::config, member.pointer).empty());
  }
}

void check_findings(std::string_view bytes, const rules::Report& report) {
  rules::Level level = rules::Level::must;
  for (const rules::Finding& finding : report) {
    require(!finding.id.empty() && !finding.message.empty() && finding.level >= level);
    require(!finding.pointer.contains("//"));
    require(json::locate(bytes, finding.pointer).offset < bytes.size());
    level = finding.level;
  }
  require((rules::first_error(report) != nullptr) ==
          (!report.empty() && report[0].level == rules::Level::must));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  const auto tree = json::parse(bytes, kLimits);
  spec::Observations seen;
  const auto config = spec::parse(bytes, kLimits, &seen);
  spec::Observations all;
  all.collect = true;
  const auto collected = spec::parse(bytes, kLimits, &all);
  check_places(bytes, all);
  // Only the form of the JSON ends the collecting; only faults of types end the other.
  require(config.has_value() == (collected.has_value() && all.faults.empty()));
  require(!tree || collected);
  require(!config || tree);
  if (!config) {
    require(!config.error().text().empty() && config.error().offset <= size);
    return 0;
  }
  // `create` parses without observations: it refuses exactly what lacks a member.
  require(spec::parse(bytes, kLimits).has_value() == seen.missing.empty());
  const rules::Report report = rules::check(*config);
  check_findings(bytes, report);
  const std::string other = fuzz::respelt(*tree);
  const auto again = spec::parse(other, {.max_depth = 64}, &all);
  require(again && fuzz::lines_of(rules::check(*again)) == fuzz::lines_of(report));
  return 0;
}
