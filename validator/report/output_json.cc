// Findings as JSON. docs/validator.md describes the members. SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "validator/json/json.h"
#include "validator/report/output.h"
#include "validator/report/rule_list.h"
#include "validator/rules/rules.h"

namespace plimsoll::validate {
namespace {

void write_counts(json::Writer& writer, std::span<const Examined> documents) {
  for (const Severity severity :
       {Severity::error, Severity::warning, Severity::risk, Severity::note}) {
    std::size_t count = 0;
    for (const Examined& document : documents) {
      count += document.count(severity);
    }
    writer.member(std::string(severity_name(severity)) + "s", count);
  }
}

void write_finding(json::Writer& writer, const Finding& finding) {
  writer.begin_object();
  writer.member("severity", severity_name(finding.severity)).member("rule", finding.rule);
  if (const std::string level = level_of(finding.rule); !level.empty()) {
    writer.member("requirement", rules::requirement_of(finding.rule)).member("level", level);
    writer.member("clause", clause_of(finding.rule));
  }
  writer.member("pointer", finding.pointer).member("line", finding.at.line);
  writer.member("column", finding.at.column).member("offset", finding.at.offset);
  writer.member("message", finding.message);
  const auto optional = [&](std::string_view name, const std::string& text) {
    if (!text.empty()) {
      writer.member(name, text);
    }
  };
  optional("didYouMean", finding.meant);
  optional("right", finding.right);
  optional("gain", finding.gain);
  writer.end_object();
}

}  // namespace

std::string as_json(std::span<const Examined> documents) {
  std::string out;
  json::Writer writer(out, 2);
  writer.begin_object().member("format", "plimsoll-validate/1");
  write_counts(writer, documents);
  writer.key("documents").begin_array();
  for (const Examined& document : documents) {
    writer.begin_object().member("name", document.name);
    if (!document.unreadable.empty()) {
      writer.member("unreadable", document.unreadable).end_object();
      continue;
    }
    write_counts(writer, std::span(&document, 1));
    if (document.more != 0) {
      writer.member("more", document.more);
    }
    writer.key("findings").begin_array();
    for (const Finding& finding : document.findings) {
      write_finding(writer, finding);
    }
    writer.end_array().end_object();
  }
  writer.end_array().end_object();
  return out + "\n";
}

}  // namespace plimsoll::validate
