// Findings as SARIF 2.1.0 (OASIS), which code hosting sites show beside the lines.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "validator/json/json.h"
#include "validator/report/output.h"
#include "validator/report/rule_list.h"

namespace plimsoll::validate {
namespace {

// SARIF knows three levels; what is a risk keeps its name in the properties.
std::string_view level_word(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
    case Severity::risk:
      return "warning";
    case Severity::note:
    case Severity::off:
      break;
  }
  return "note";
}

// RFC 3986: what is not allowed in a URI's path is written as %XX.
std::string as_uri(std::string_view path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "-._~/+@,=:";
  std::string out;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool alphanumeric =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (alphanumeric || kPlain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

std::vector<std::string> rules_used(std::span<const Examined> documents) {
  std::vector<std::string> rules;
  for (const Examined& document : documents) {
    for (const Finding& finding : document.findings) {
      rules.push_back(finding.rule);
    }
  }
  std::ranges::sort(rules);
  const auto rest = std::ranges::unique(rules);
  rules.erase(rest.begin(), rest.end());
  return rules;
}

void write_rule(json::Writer& writer, const std::string& rule) {
  const RuleInfo info = find_rule(rule);
  writer.begin_object().member("id", rule);
  writer.key("shortDescription").begin_object();
  writer.member("text", info.right.empty() ? rule : "Right: " + std::string(info.right))
      .end_object();
  if (!info.gain.empty()) {
    writer.key("fullDescription").begin_object();
    writer.member("text", "An attacker gains: " + std::string(info.gain)).end_object();
  }
  if (const std::string clause = clause_of(rule); !clause.empty()) {
    writer.member("helpUri", clause);
  }
  writer.key("defaultConfiguration").begin_object();
  writer.member("level", level_word(info.severity)).end_object().end_object();
}

void write_result(json::Writer& writer, const Examined& document, const Finding& finding,
                  std::size_t index) {
  writer.begin_object().member("ruleId", finding.rule).member("ruleIndex", index);
  writer.member("level", level_word(finding.severity));
  writer.key("message").begin_object();
  std::string text = sentence(finding);
  if (!finding.right.empty()) {
    text += ". Right: " + finding.right;
  }
  writer.member("text", text).end_object();
  writer.key("locations").begin_array().begin_object();
  writer.key("physicalLocation").begin_object();
  writer.key("artifactLocation").begin_object().member("uri", as_uri(document.name)).end_object();
  writer.key("region").begin_object();
  writer.member("startLine", finding.at.line).member("startColumn", finding.at.column);
  writer.end_object().end_object();
  writer.key("logicalLocations").begin_array().begin_object();
  writer.member("fullyQualifiedName", finding.pointer).member("kind", "member").end_object();
  writer.end_array().end_object().end_array();
  writer.key("properties").begin_object();
  writer.member("severity", severity_name(finding.severity));
  writer.member("pointer", finding.pointer).end_object().end_object();
}

void write_invocation(json::Writer& writer, std::span<const Examined> documents) {
  const bool all_read = std::ranges::all_of(
      documents, [](const Examined& document) { return document.unreadable.empty(); });
  writer.key("invocations").begin_array().begin_object();
  writer.member("executionSuccessful", all_read);
  writer.key("toolExecutionNotifications").begin_array();
  for (const Examined& document : documents) {
    if (!document.unreadable.empty()) {
      writer.begin_object().member("level", "error").key("message").begin_object();
      writer.member("text", document.name + ": " + document.unreadable).end_object().end_object();
    }
  }
  writer.end_array().end_object().end_array();
}

}  // namespace

std::string as_sarif(std::span<const Examined> documents) {
  const std::vector<std::string> rules = rules_used(documents);
  std::string out;
  json::Writer writer(out, 2);
  writer.begin_object();
  writer.member("$schema", "https://json.schemastore.org/sarif-2.1.0.json");
  writer.member("version", "2.1.0").key("runs").begin_array().begin_object();
  writer.key("tool").begin_object().key("driver").begin_object();
  writer.member("name", "plimsoll-validate").member("version", PLIMSOLL_VERSION);
  writer.key("rules").begin_array();
  for (const std::string& rule : rules) {
    write_rule(writer, rule);
  }
  writer.end_array().end_object().end_object();
  writer.member("columnKind", "unicodeCodePoints");
  write_invocation(writer, documents);
  writer.key("results").begin_array();
  for (const Examined& document : documents) {
    for (const Finding& finding : document.findings) {
      const auto row = std::ranges::lower_bound(rules, finding.rule);
      write_result(writer, document, finding, static_cast<std::size_t>(row - rules.begin()));
    }
  }
  writer.end_array().end_object().end_array().end_object();
  return out + "\n";
}

}  // namespace plimsoll::validate
