// Fuzzes the other documents: state, features, and the bare process and resources that commands
// take. Oracles: every finding has its place; another spelling of the document has the same
// findings; what is read without a fault has all required members; the validator's errors are the
// rules' and the form's. SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>

#include "fuzz/harness.h"
#include "fuzz/report_text.h"
#include "validator/documents/documents.h"
#include "validator/json/document.h"
#include "validator/report/inspect.h"
#include "validator/rules/rules.h"
#include "validator/spec/members.h"

namespace {

using namespace plimsoll;
using fuzz::require;

constexpr json::Limits kLimits = {.max_bytes = 1 << 16, .max_depth = 64};

template <typename Value>
using Read = std::expected<Value, spec::ParseError> (*)(std::string_view, const json::Limits&,
                                                        spec::Observations&, json::Handler&);

template <typename Value>
std::optional<rules::Report> report_of(std::string_view bytes, Read<Value> read,
                                       rules::Report (*check)(const Value&),
                                       spec::Observations& seen) {
  json::Document document;
  json::DocumentBuilder builder(document, 10'000);
  const auto value = read(bytes, kLimits, seen, builder);
  if (!value) {
    require(value.error().offset <= bytes.size());
    return std::nullopt;
  }
  const rules::Report report = check(*value);
  for (const rules::Finding& finding : report) {
    require(!finding.message.empty());
    require(document.offset_of(finding.pointer) < bytes.size());
  }
  return report;
}

template <typename Value>
void look(std::string_view bytes, const std::optional<std::string>& other, spec::DocumentKind kind,
          Read<Value> read, rules::Report (*check)(const Value&)) {
  spec::Observations seen;
  const auto report = report_of(bytes, read, check, seen);
  if (other) {
    spec::Observations seen_again;
    const auto again = report_of(std::string_view(*other), read, check, seen_again);
    require(report && again && fuzz::lines_of(*report) == fuzz::lines_of(*again));
    require(seen.faults.size() == seen_again.faults.size());
    require(seen.missing.size() == seen_again.missing.size());
  }
  validate::Examined examined{
      .name = "x", .bytes = std::string(bytes), .unreadable = {}, .findings = {}};
  validate::inspect(examined, {.kind = kind});
  const bool broken = !report || !seen.faults.empty() || !seen.missing.empty() ||
                      std::ranges::any_of(*report, [](const rules::Finding& finding) {
                        return finding.level == rules::Level::must;
                      });
  require(!examined.unreadable.empty() ||
          broken == (examined.count(validate::Severity::error) != 0));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  std::optional<std::string> other;
  if (const auto tree = json::parse(bytes, kLimits)) {
    other = fuzz::respelt(*tree);
  }
  look<spec::State>(bytes, other, spec::DocumentKind::state, spec::read_state,
                    documents::check_state);
  look<spec::Features>(bytes, other, spec::DocumentKind::features, spec::read_features,
                       documents::check_features);
  look<spec::Process>(bytes, other, spec::DocumentKind::process, spec::read_process,
                      rules::check_process);
  look<spec::Resources>(bytes, other, spec::DocumentKind::resources, spec::read_resources,
                        rules::check_resources);
  return 0;
}
