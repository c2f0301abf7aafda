// Findings as JUnit's XML, which CI systems show as tests: a suite for each document, a failed case
// for each error, a passed one with its text for all that is less. SPDX-License-Identifier:
// Apache-2.0
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "validator/report/output.h"

namespace plimsoll::validate {
namespace {

// XML 1.0 has no control characters, not even escaped.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? '?' : c;
    }
  }
  return out;
}

std::string place(const Examined& document, const Finding& finding) {
  return document.name + ":" + std::to_string(finding.at.line) + ":" +
         std::to_string(finding.at.column);
}

void append_case(std::string& out, const Examined& document, const Finding& finding) {
  const std::string text = place(document, finding) + ": " +
                           std::string(severity_name(finding.severity)) + ": " + sentence(finding);
  out += "    <testcase classname=\"" + escaped(document.name) + "\" name=\"" +
         escaped(finding.rule + " " + finding.pointer) + "\">\n";
  if (finding.severity == Severity::error) {
    out += "      <failure type=\"" + escaped(finding.rule) + "\" message=\"" + escaped(text) +
           "\">" + escaped(finding.right.empty() ? text : "right: " + finding.right) +
           "</failure>\n";
  } else {
    out += "      <system-out>" + escaped(text) + "</system-out>\n";
  }
  out += "    </testcase>\n";
}

void append_suite(std::string& out, const Examined& document) {
  const bool unreadable = !document.unreadable.empty();
  const bool empty = document.findings.empty();
  out += "  <testsuite name=\"" + escaped(document.name) + "\" tests=\"" +
         std::to_string(empty ? 1 : document.findings.size()) + "\" failures=\"" +
         std::to_string(document.count(Severity::error)) + "\" errors=\"" +
         (unreadable ? "1" : "0") + "\">\n";
  for (const Finding& finding : document.findings) {
    append_case(out, document, finding);
  }
  if (unreadable) {
    out += "    <testcase classname=\"" + escaped(document.name) +
           "\" name=\"read\">\n      <error message=\"" + escaped(document.unreadable) +
           "\"/>\n    </testcase>\n";
  } else if (empty) {
    out += "    <testcase classname=\"" + escaped(document.name) + "\" name=\"valid\"/>\n";
  }
  out += "  </testsuite>\n";
}

}  // namespace

std::string as_junit(std::span<const Examined> documents) {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"plimsoll-validate\">\n";
  for (const Examined& document : documents) {
    append_suite(out, document);
  }
  return out + "</testsuites>\n";
}

std::optional<Format> find_format(std::string_view name) {
  if (name == "text") {
    return Format::text;
  }
  if (name == "json") {
    return Format::json;
  }
  if (name == "sarif") {
    return Format::sarif;
  }
  return name == "junit" ? std::optional(Format::junit) : std::nullopt;
}

std::string render(Format format, std::span<const Examined> documents) {
  switch (format) {
    case Format::json:
      return as_json(documents);
    case Format::sarif:
      return as_sarif(documents);
    case Format::junit:
      return as_junit(documents);
    case Format::text:
      break;
  }
  return as_text(documents);
}

}  // namespace plimsoll::validate
