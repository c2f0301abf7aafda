// Reads a document once and asks every layer about it. SPDX-License-Identifier: Apache-2.0
#include "validator/report/inspect.h"

#include <algorithm>
#include <array>
#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "validator/catalog/catalog.h"
#include "validator/documents/documents.h"
#include "validator/json/document.h"
#include "validator/lint/lint.h"
#include "validator/report/consequences.h"
#include "validator/report/leniency.h"
#include "validator/report/rule_list.h"
#include "validator/report/suggest.h"
#include "validator/report/versions.h"
#include "validator/rules/rules.h"
#include "validator/schema/schema.h"
#include "validator/spec/members.h"

namespace plimsoll::validate {
namespace {

using rules::Level;
using spec::DocumentKind;

// A finding before it has its place in the text.
struct Draft {
  std::string rule;
  Severity severity = Severity::error;
  bool firm = false;  // `create` refuses: no policy lowers it
  std::string pointer;
  std::string message;
  std::string meant;
  std::optional<std::uint64_t> offset;  // where the pointer does not tell
};

Severity severity_of(Level level, bool strict) {
  switch (level) {
    case Level::must:
      return Severity::error;
    case Level::should:
      return strict ? Severity::error : Severity::warning;
    case Level::may:
      return Severity::note;
    case Level::risk:
      break;
  }
  return Severity::risk;
}

schema::Which schema_of(DocumentKind kind) {
  switch (kind) {
    case DocumentKind::process:
      return schema::Which::process;
    case DocumentKind::resources:
      return schema::Which::resources;
    case DocumentKind::state:
      return schema::Which::state;
    case DocumentKind::features:
      return schema::Which::features;
    case DocumentKind::config:
      break;
  }
  return schema::Which::config;
}

bool is_of_platform(std::string_view pointer) {
  return std::ranges::any_of(
      std::to_array<std::string_view>({"/freebsd", "/zos", "/windows", "/solaris"}),
      [&](std::string_view section) { return is_at_or_below(pointer, section); });
}

class Inspection {
 public:
  Inspection(Examined& examined, const Options& options)
      : examined_(examined), options_(options), builder_(document_, kMaxValues) {}

  void run();

 private:
  template <typename Value>
  void look(std::expected<Value, spec::ParseError> (*read)(std::string_view, const spec::Limits&,
                                                           spec::Observations&, json::Handler&),
            rules::Report (*check)(const Value&));
  void add_syntax_error(const spec::ParseError& error);
  void add_form();
  void add(const rules::Report& report, bool firm);
  void add_lint(const spec::Spec& config);
  void add_schema();
  void add_versions();
  bool form_fault_explains(const rules::Finding& finding, bool firm) const;
  void finish();

  Examined& examined_;
  const Options& options_;
  json::Document document_;
  json::DocumentBuilder builder_;
  spec::Observations seen_;
  std::vector<Draft> drafts_;
  std::size_t form_ = 0;  // drafts about the JSON, types and missing members: the first so many
  std::size_t firm_ = 0;  // with those of the rules that `create` enforces
};

void Inspection::add_syntax_error(const spec::ParseError& error) {
  std::string rule = "config.valid-values.error/json";
  if (error.message.find("UTF-8") != std::string::npos ||
      error.message.find("byte order mark") != std::string::npos) {
    rule = "glossary.json.utf8";
  }
  drafts_.push_back({.rule = std::move(rule),
                     .firm = true,
                     .pointer = error.pointer,
                     .message = error.message,
                     .meant = {},
                     .offset = error.offset});
}

// What the parser has seen: wrong types, repeated, missing and unknown members.
void Inspection::add_form() {
  for (const spec::Observations::Fault& fault : seen_.faults) {
    drafts_.push_back({.rule = fault.duplicate
                                   ? "glossary.json.no-duplicate-names"
                                   : requirement_of_member(options_.kind, fault.pointer) + "/type",
                       .firm = true,
                       .pointer = fault.pointer,
                       .message = fault.message,
                       .meant = {},
                       .offset = fault.offset});
  }
  for (const spec::Observations::Member& member : seen_.missing) {
    drafts_.push_back({.rule = requirement_of_member(options_.kind, member.pointer) + "/missing",
                       .firm = true,
                       .pointer = member.pointer,
                       .message = "a required member is missing",
                       .meant = {},
                       .offset = member.offset});
  }
  form_ = drafts_.size();
  for (const spec::Observations::Member& member : seen_.unknown) {
    std::string meant = drafts_.size() < kMaxFindings
                            ? nearest_member(options_.kind, member.pointer)
                            : std::string();
    drafts_.push_back(
        {.rule =
             meant.empty() ? "config.extensibility.ignore" : "config.extensibility.ignore/misspelt",
         .severity = severity_of(meant.empty() ? Level::may : Level::should, options_.strict),
         .pointer = member.pointer,
         .message = "unknown member, which is ignored",
         .meant = std::move(meant),
         .offset = member.offset});
  }
}

// A rule that misses what is there in a wrong form says the same thing twice.
bool Inspection::form_fault_explains(const rules::Finding& finding, bool firm) const {
  return std::ranges::any_of(std::span(drafts_).first(form_), [&](const Draft& fault) {
    return follows(finding.id, finding.pointer, fault.pointer) ||
           (!firm && is_at_or_below(fault.pointer, finding.pointer));
  });
}

void Inspection::add(const rules::Report& report, bool firm) {
  std::map<std::string_view, std::size_t> of_rule;
  for (const rules::Finding& finding : report) {
    if (++of_rule[finding.id] > kMaxFindingsOfARule) {
      ++examined_.more;
      continue;
    }
    if (form_fault_explains(finding, firm)) {
      continue;
    }
    const json::Document::Place place = document_.locate(finding.pointer);
    const bool milder =
        firm && options_.kind == DocumentKind::config && is_for_create_only(finding.id, document_);
    const Level level = milder ? Level::should : finding.level;
    drafts_.push_back({.rule = std::string(finding.id),
                       .severity = severity_of(level, options_.strict),
                       .firm = firm && level == Level::must,
                       .pointer = finding.pointer,
                       .message = finding.message,
                       .meant = place.exact ? nearest_word(finding.id, document_.string(place.id))
                                            : std::string(),
                       .offset = {}});
  }
}

void Inspection::add_lint(const spec::Spec& config) {
  if (options_.lint) {
    add(lint::check(config), false);
  }
  if (options_.surroundings) {
    add(options_.surroundings(config), false);
  }
}

// What only the schema has found: `create` does not refuse it, but what is of another platform, of
// which only the schema knows.
void Inspection::add_schema() {
  const bool foreign = options_.kind == DocumentKind::config && is_foreign(document_);
  for (schema::Problem& problem : schema::check(schema_of(options_.kind), document_)) {
    const bool known =
        std::ranges::any_of(std::span(drafts_).first(firm_), [&](const Draft& draft) {
          return is_at_or_below(draft.pointer, problem.pointer) ||
                 is_at_or_below(problem.pointer, draft.pointer);
        });
    if (!known) {
      drafts_.push_back(
          {.rule = "config.valid-values.error/schema",
           .severity =
               severity_of(foreign && is_of_platform(problem.pointer) ? Level::must : Level::should,
                           options_.strict),
           .pointer = std::move(problem.pointer),
           .message = std::move(problem.message),
           .meant = {},
           .offset = {}});
    }
  }
}

void Inspection::add_versions() {
  std::string release(options_.release);
  if (release.empty()) {
    const std::optional<json::NodeId> named =
        document_.empty() ? std::nullopt : document_.find(0, "ociVersion");
    release = named ? document_.string(*named) : std::string_view();
  }
  for (const Newer& newer : newer_than(document_, options_.kind, release)) {
    const json::Document::Place place = document_.locate(newer.pointer);
    const json::Document::Node& node = document_.node(place.id);
    drafts_.push_back({.rule = "config.ociVersion.compat/newer-member",
                       .severity = severity_of(
                           options_.release.empty() ? Level::may : Level::should, options_.strict),
                       .pointer = newer.pointer,
                       .message = "known since " + std::string(newer.since) + ": a runtime of " +
                                  release + " ignores it",
                       .meant = {},
                       .offset = node.has_name ? node.name_at : node.offset});
  }
}

void Inspection::finish() {
  for (Draft& draft : drafts_) {
    if (options_.policy != nullptr && !draft.firm) {
      draft.severity = apply(*options_.policy, draft.rule, draft.pointer, draft.severity);
    }
  }
  // Errors first: they are never among those that are too many to be kept.
  std::ranges::stable_sort(drafts_, {}, &Draft::severity);
  std::vector<Draft> kept;
  for (Draft& draft : drafts_) {
    const bool repeated = std::ranges::any_of(kept, [&](const Draft& other) {
      return other.pointer == draft.pointer && other.message == draft.message;
    });
    if (draft.severity == Severity::off || (kept.size() < kMaxFindings && repeated)) {
      continue;
    }
    if (kept.size() >= kMaxFindings) {
      ++examined_.more;
      continue;
    }
    if (!draft.offset) {
      draft.offset = document_.offset_of(draft.pointer);
    }
    kept.push_back(std::move(draft));
  }
  std::ranges::stable_sort(kept, {}, [](const Draft& draft) { return *draft.offset; });
  const json::LineIndex lines(examined_.bytes);
  for (Draft& draft : kept) {
    const RuleInfo info = find_rule(draft.rule);
    examined_.findings.push_back({.at = lines.at(draft.offset.value_or(0)),
                                  .severity = draft.severity,
                                  .rule = std::move(draft.rule),
                                  .pointer = std::move(draft.pointer),
                                  .message = std::move(draft.message),
                                  .right = std::string(info.right),
                                  .gain = std::string(info.gain),
                                  .meant = std::move(draft.meant)});
  }
}

template <typename Value>
void Inspection::look(std::expected<Value, spec::ParseError> (*read)(std::string_view,
                                                                     const spec::Limits&,
                                                                     spec::Observations&,
                                                                     json::Handler&),
                      rules::Report (*check)(const Value&)) {
  const auto value = read(examined_.bytes, {.max_bytes = kMaxBytes}, seen_, builder_);
  if (!value && (document_.size() >= kMaxValues || examined_.bytes.size() > kMaxBytes)) {
    examined_.unreadable = value.error().message;
    return;
  }
  if (!value) {
    add_syntax_error(value.error());
  }
  add_form();
  if (value) {
    add(check(*value), true);
    firm_ = drafts_.size();
    if constexpr (std::is_same_v<Value, spec::Spec>) {
      add_lint(*value);
    }
    add_schema();
    add_versions();
  }
  finish();
}

void Inspection::run() {
  switch (options_.kind) {
    case DocumentKind::process:
      return look<spec::Process>(spec::read_process, rules::check_process);
    case DocumentKind::resources:
      return look<spec::Resources>(spec::read_resources, rules::check_resources);
    case DocumentKind::state:
      return look<spec::State>(spec::read_state, documents::check_state);
    case DocumentKind::features:
      return look<spec::Features>(spec::read_features, documents::check_features);
    case DocumentKind::config:
      break;
  }
  look<spec::Spec>(spec::read_config, rules::check);
}

}  // namespace

void inspect(Examined& examined, const Options& options) { Inspection(examined, options).run(); }

}  // namespace plimsoll::validate
