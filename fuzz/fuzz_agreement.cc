// Fuzzes the agreement of runtime and validator. Oracles: `create` refuses the form of a
// configuration exactly where the validator finds an error, in the same words, but for what the
// validator is milder about on purpose (docs/decisions/0006-milder-than-create.md); and the plan of
// what both accept is built, or says why this host or program cannot do it.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <string_view>

#include "fuzz/harness.h"
#include "runtime/plan/build.h"
#include "validator/json/document.h"
#include "validator/report/inspect.h"
#include "validator/report/leniency.h"
#include "validator/rules/rules.h"
#include "validator/spec/parse.h"

namespace {

using namespace plimsoll;
using fuzz::require;

void check_plan(const spec::Spec& config) {
  for (const plan::CgroupMode mode : {plan::CgroupMode::v1, plan::CgroupMode::v2}) {
    plan::Options options;
    options.id = "x";
    options.bundle = "/b";
    plan::HostFacts facts;
    facts.cgroup_mode = mode;
    const auto plan = plan::build(config, options, facts);
    if (plan) {
      require(plan::dump(*plan) == plan::dump(*plan) && !plan::dump(*plan).empty());
      for (const plan::Mount& mount : plan->rootfs.mounts) {
        require(mount.destination.starts_with('/') && !mount.destination.contains("/../"));
      }
    } else {
      require(!plan.error().message().empty());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  if (size > (1 << 16)) {
    return 0;
  }
  validate::Examined examined{
      .name = "config.json", .bytes = std::string(bytes), .unreadable = {}, .findings = {}};
  validate::inspect(examined, {});
  if (!examined.unreadable.empty()) {
    return 0;
  }
  json::Document document;
  json::DocumentBuilder builder(document, validate::kMaxValues);
  (void)json::read(bytes, {}, builder);
  const bool foreign = validate::is_foreign(document);
  const auto errors = examined.count(validate::Severity::error);

  const auto config = spec::parse(bytes);
  if (!config) {
    require(errors != 0);
    return 0;
  }
  const rules::Report report = rules::check(*config);
  std::size_t mild = 0;
  for (const rules::Finding& finding : report) {
    mild +=
        finding.level == rules::Level::must && validate::is_for_create_only(finding.id, document)
            ? 1U
            : 0U;
  }
  const rules::Finding* refusal = rules::first_error(report);
  if (refusal == nullptr) {
    require(errors == 0 || foreign);
    check_plan(*config);
  } else if (mild == 0) {
    require(std::ranges::any_of(examined.findings, [&](const validate::Finding& finding) {
      return finding.severity == validate::Severity::error && finding.rule == refusal->id &&
             finding.message == refusal->message && finding.pointer == refusal->pointer;
    }));
  }
  return 0;
}
