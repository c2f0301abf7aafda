// Fuzzes the validator's policies. Oracles: an error names a place in the document; what is
// accepted reads the same in another spelling; a policy never lifts what `create` refuses; applying
// it follows the order of its entries. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <string_view>

#include "fuzz/harness.h"
#include "fuzz/report_text.h"
#include "validator/json/json.h"
#include "validator/report/inspect.h"
#include "validator/report/policy.h"

namespace {

using namespace plimsoll;
using fuzz::require;
using validate::Severity;

constexpr std::string_view kConfig = R"({"ociVersion":"1.0.2","process":{"cwd":"x","args":["a"],
"user":{"uid":0,"gid":0},"capabilities":{"bounding":["CAP_SYS_ADMIN"]}},"root":{"path":"r"},"linux":{}})";

bool same(const validate::Policy& a, const validate::Policy& b) {
  return std::ranges::equal(a.severities, b.severities,
                            [](const auto& x, const auto& y) {
                              return x.rule == y.rule && x.severity == y.severity;
                            }) &&
         std::ranges::equal(a.exceptions, b.exceptions, [](const auto& x, const auto& y) {
           return x.rule == y.rule && x.pointer == y.pointer && x.reason == y.reason;
         });
}

void check_error(std::string_view bytes, std::string_view error) {
  const std::size_t first = error.find(':');
  const std::size_t second = error.find(':', first + 1);
  require(second != std::string_view::npos && error.size() > second + 2);
  const auto lines = static_cast<std::uint64_t>(std::ranges::count(bytes, '\n')) + 1;
  require(std::stoull(std::string(error.substr(0, first))) <= lines);
  require(std::stoull(std::string(error.substr(first + 1, second - first - 1))) <=
          bytes.size() + 1);
}

std::size_t errors_with(const validate::Policy* policy) {
  validate::Examined examined{
      .name = "x", .bytes = std::string(kConfig), .unreadable = {}, .findings = {}};
  validate::inspect(examined, {.policy = policy});
  return static_cast<std::size_t>(std::ranges::count_if(examined.findings, [](const auto& finding) {
    return finding.severity == Severity::error && !finding.rule.starts_with("risk.");
  }));
}

void check_settings(const validate::Policy& policy) {
  for (const std::string& rule : {std::string("risk.capability.sys-admin"),
                                  policy.severities.empty() ? "x" : policy.severities[0].rule}) {
    Severity want = Severity::risk;
    for (const validate::Policy::Setting& setting : policy.severities) {
      const std::string_view pattern = setting.rule;
      if (pattern.ends_with('*') ? rule.starts_with(pattern.substr(0, pattern.size() - 1))
                                 : rule == pattern) {
        want = setting.severity;
      }
    }
    const Severity got = validate::apply(policy, rule, "/a/b", Severity::risk);
    require(got == want || (got == Severity::off && !policy.exceptions.empty()));
  }
  // An exception fits the rule and the pointer that it names itself.
  for (const validate::Policy::Exception& exception : policy.exceptions) {
    const bool plain = exception.pointer.empty() || exception.pointer.starts_with('/');
    if (plain) {
      require(validate::apply(policy, exception.rule, exception.pointer, Severity::risk) ==
              Severity::off);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  if (size > 8192) {
    return 0;
  }
  const auto policy = validate::parse_policy(bytes);
  if (!policy) {
    check_error(bytes, policy.error());
    return 0;
  }
  const auto again = validate::parse_policy(fuzz::respelt(*json::parse(bytes)));
  require(again && same(*policy, *again));
  check_settings(*policy);
  static const std::size_t firm = errors_with(nullptr);
  require(firm != 0 && errors_with(&*policy) >= firm);
  return 0;
}
