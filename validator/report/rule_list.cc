// Brings the modules' lists of rules together with the catalogue. SPDX-License-Identifier:
// Apache-2.0
#include "validator/report/rule_list.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "validator/catalog/catalog.h"
#include "validator/documents/documents.h"
#include "validator/host/host.h"
#include "validator/json/json.h"
#include "validator/lint/lint.h"
#include "validator/rules/rules.h"

namespace plimsoll::validate {
namespace {

Severity severity_of(rules::Level level) {
  switch (level) {
    case rules::Level::must:
      return Severity::error;
    case rules::Level::should:
      return Severity::warning;
    case rules::Level::may:
      return Severity::note;
    case rules::Level::risk:
      break;
  }
  return Severity::risk;
}

template <typename Infos>
void add(std::vector<RuleInfo>& out, const Infos& infos) {
  for (const auto& info : infos) {
    out.push_back({.id = std::string(info.id),
                   .severity = severity_of(info.level),
                   .right = info.right,
                   .gain = {}});
  }
}

// The rules of this module itself: what the reader and the parser find.
void add_form(std::vector<RuleInfo>& out) {
  const auto row = [&](std::string_view id, Severity severity) {
    out.push_back(
        {.id = std::string(id), .severity = severity, .right = catalog::right_of(id), .gain = {}});
  };
  row("config.valid-values.error/json", Severity::error);
  row("glossary.json.utf8", Severity::error);
  row("glossary.json.no-duplicate-names", Severity::error);
  row("config.extensibility.ignore", Severity::note);
  row("config.extensibility.ignore/misspelt", Severity::warning);
  row("config.ociVersion.compat/newer-member", Severity::note);
  row("config.valid-values.error/schema", Severity::warning);
}

constexpr std::string_view kTypeRight = "a value of the member's type and range";
constexpr std::string_view kMissingRight = "add the member";

// One rule for the type of each member, and one where it must be there.
void add_members(std::vector<RuleInfo>& out, std::span<const catalog::Member> members) {
  std::set<std::string> known;
  for (const catalog::Member& member : members) {
    const std::string requirement(member.requirement);
    if (known.insert(requirement).second) {
      out.push_back({.id = requirement + "/type",
                     .severity = Severity::error,
                     .right = kTypeRight,
                     .gain = {}});
      if (requirement.ends_with(".required")) {
        out.push_back({.id = requirement + "/missing",
                       .severity = Severity::error,
                       .right = kMissingRight,
                       .gain = {}});
      }
    }
  }
}

std::string_view requirement_part(std::string_view rule) { return rules::requirement_of(rule); }

std::span<const catalog::Member> members_of(spec::DocumentKind kind) {
  switch (kind) {
    case spec::DocumentKind::state:
      return catalog::state_members();
    case spec::DocumentKind::features:
      return catalog::features_members();
    case spec::DocumentKind::config:
    case spec::DocumentKind::process:
    case spec::DocumentKind::resources:
      break;
  }
  return catalog::config_members();
}

void pad(std::string& out, std::string_view text, std::size_t width) {
  out += text;
  out.append(text.size() < width ? width - text.size() : 1, ' ');
}

const json::Value* example_of(const json::Value& document, std::string_view rule) {
  const json::Array* examples = document.find_array("examples");
  for (std::size_t i = 0; examples != nullptr && i < examples->size(); ++i) {
    const json::Value& entry = (*examples)[i];
    const std::string* id = entry.find_string("rule");
    if (id != nullptr && *id == rule) {
      return &entry;
    }
  }
  return nullptr;
}

// "  bad:    {…}", where the example has it.
void add_example(std::string& out, const json::Value& entry, std::string_view name) {
  if (const json::Value* part = entry.find(name)) {
    std::string line;
    if (part->string() != nullptr) {
      line = *part->string();
    } else {
      json::Writer(line).value(*part);
    }
    pad(out, "  " + std::string(name) + ":", 14);
    out += line + "\n";
  }
}

// All but the rules about the types of members.
std::vector<RuleInfo> rules_of_modules() {
  std::vector<RuleInfo> out;
  add_form(out);
  for (const rules::RuleInfo& rule : rules::all_rules()) {
    out.push_back({.id = std::string(rule.id),
                   .severity = severity_of(rule.level),
                   .right = catalog::right_of(rule.id),
                   .gain = {}});
  }
  for (const lint::Info& info : lint::all()) {
    out.push_back({.id = std::string(info.id),
                   .severity = severity_of(info.level),
                   .right = info.right,
                   .gain = info.gain});
  }
  add(out, host::bundle_rules());
  add(out, host::host_rules());
  add(out, documents::state_rules());
  add(out, documents::features_rules());
  return out;
}

}  // namespace

std::vector<RuleInfo> all_rules() {
  std::vector<RuleInfo> out = rules_of_modules();
  add_members(out, catalog::config_members());
  add_members(out, catalog::state_members());
  add_members(out, catalog::features_members());
  return out;
}

RuleInfo find_rule(std::string_view id) {
  static const std::vector<RuleInfo> kRules = rules_of_modules();
  const auto found = std::ranges::find(kRules, id, &RuleInfo::id);
  if (found != kRules.end()) {
    return *found;
  }
  const bool known = catalog::find_requirement(requirement_part(id)).has_value();
  if (known && id.ends_with("/type")) {
    return {.id = std::string(id), .right = kTypeRight};
  }
  return known && id.ends_with("/missing") ? RuleInfo{.id = std::string(id), .right = kMissingRight}
                                           : RuleInfo{};
}

std::string requirement_of_member(spec::DocumentKind kind, std::string_view pointer) {
  std::string pattern = spec::pattern_of(kind, pointer);
  while (!pattern.empty()) {
    const std::span<const catalog::Member> members = members_of(kind);
    const auto row =
        std::ranges::find(members, std::string_view(pattern), &catalog::Member::pattern);
    if (row != members.end()) {
      return std::string(row->requirement);
    }
    pattern.resize(pattern.rfind('/'));
  }
  return "config.valid-values.error";
}

std::string clause_of(std::string_view rule) {
  const std::optional<catalog::Requirement> requirement =
      catalog::find_requirement(requirement_part(rule));
  return requirement ? "https://github.com/opencontainers/runtime-spec/blob/v1.3.0/" +
                           std::string(requirement->section)
                     : std::string();
}

std::string level_of(std::string_view rule) {
  const auto requirement = catalog::find_requirement(requirement_part(rule));
  return requirement ? std::string(requirement->level) : std::string();
}

std::string rule_list_text() {
  constexpr std::size_t kIdWidth = 64;
  constexpr std::size_t kSeverityWidth = 9;
  constexpr std::size_t kLevelWidth = 17;
  std::string out;
  std::set<std::string, std::less<>> served;
  for (const RuleInfo& rule : all_rules()) {
    pad(out, rule.id, kIdWidth);
    pad(out, severity_name(rule.severity), kSeverityWidth);
    const auto requirement = catalog::find_requirement(requirement_part(rule.id));
    pad(out, requirement ? requirement->level : "-", kLevelWidth);
    out += requirement ? requirement->section : "-";
    out += '\n';
    served.emplace(requirement_part(rule.id));
  }
  out += "\nrequirements that bind the author of a configuration and have no rule:\n";
  for (const catalog::Reason& row : catalog::reasons()) {
    pad(out, row.requirement, kIdWidth);
    out += row.reason;
    out += '\n';
  }
  return out;
}

std::string rule_list_json() {
  std::string out;
  json::Writer writer(out, 2);
  writer.begin_object().key("rules").begin_array();
  for (const RuleInfo& rule : all_rules()) {
    writer.begin_object().member("rule", rule.id).member("severity", severity_name(rule.severity));
    if (const auto requirement = catalog::find_requirement(requirement_part(rule.id))) {
      writer.member("requirement", requirement->id).member("level", requirement->level);
      writer.member("clause", clause_of(rule.id));
    }
    writer.member("right", rule.right);
    if (!rule.gain.empty()) {
      writer.member("gain", rule.gain);
    }
    writer.end_object();
  }
  writer.end_array().key("withoutRule").begin_array();
  for (const catalog::Reason& row : catalog::reasons()) {
    writer.begin_object().member("requirement", row.requirement).member("reason", row.reason);
    writer.end_object();
  }
  writer.end_array().end_object();
  return out + "\n";
}

std::string explanation(std::string_view rule) {
  const RuleInfo info = find_rule(rule);
  const auto requirement = catalog::find_requirement(requirement_part(rule));
  std::string out;
  if (info.id.empty() && !requirement) {
    return out;
  }
  out += std::string(rule) + "\n";
  const auto line = [&](std::string_view name, std::string_view text) {
    if (!text.empty()) {
      pad(out, "  " + std::string(name) + ":", 14);
      out += std::string(text) + "\n";
    }
  };
  if (!info.id.empty()) {
    line("severity", severity_name(info.severity));
  }
  if (requirement) {
    line("requires", std::string(requirement->text) + " (" + std::string(requirement->level) + ")");
    line("clause", clause_of(rule));
    line("in text", "since " + std::string(requirement->since));
  }
  line("right", info.right);
  line("gain", info.gain.empty() ? "" : "an attacker gains " + std::string(info.gain));
  for (const catalog::Reason& row : catalog::reasons()) {
    if (row.requirement == rule) {
      line("no rule", row.reason);
    }
  }
  if (const auto examples = json::parse(catalog::examples_json())) {
    if (const json::Value* entry = example_of(*examples, rule)) {
      add_example(out, *entry, "bad");
      add_example(out, *entry, "badText");
      add_example(out, *entry, "good");
    }
  }
  return out;
}

}  // namespace plimsoll::validate
