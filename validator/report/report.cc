// Parses a document, runs the rules and puts what both found in the order of the text.
// SPDX-License-Identifier: Apache-2.0
#include "validator/report/report.h"

#include <algorithm>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "validator/json/json.h"
#include "validator/rules/rules.h"
#include "validator/spec/parse.h"

namespace plimsoll::validate {
namespace {

using rules::Level;

// A finding with its place.
struct Fault {
  json::Position at;
  std::string_view severity;
  std::string_view id;
  std::string message;  // with the pointer
  bool error = false;
};

constexpr std::string_view kForm = "config.valid-values.error";
constexpr std::string_view kUnknown = "config.extensibility.ignore";

Fault of_error(const spec::ParseError& error) {
  const std::string where = error.pointer.empty() ? "" : error.pointer + ": ";
  return {.at = {.offset = error.offset, .line = error.line, .column = error.column},
          .severity = "error",
          .id = kForm,
          .message = where + error.message,
          .error = true};
}

std::string_view severity_of(Level level, bool strict) {
  switch (level) {
    case Level::must:
      return "error";
    case Level::should:
      return strict ? "error" : "warning";
    case Level::may:
      return "note";
    case Level::risk:
      break;
  }
  return "risk";
}

Fault of_finding(std::string_view bytes, const rules::Finding& finding, bool strict) {
  return {.at = json::locate(bytes, finding.pointer),
          .severity = severity_of(finding.level, strict),
          .id = finding.id,
          .message = rules::text(finding),
          .error = finding.level == Level::must || (strict && finding.level == Level::should)};
}

void add_observations(std::string_view bytes, const spec::Observations& seen,
                      std::vector<Fault>& faults) {
  for (const spec::Observations::Member& member : seen.missing) {
    faults.push_back({.at = json::position_at(bytes, member.offset),
                      .severity = "error",
                      .id = kForm,
                      .message = member.pointer + ": a required member is missing",
                      .error = true});
  }
  for (const spec::Observations::Member& member : seen.unknown) {
    faults.push_back({.at = json::position_at(bytes, member.offset),
                      .severity = "note",
                      .id = kUnknown,
                      .message = member.pointer + ": unknown member, which is ignored" +
                                 (member.meant.empty()
                                      ? std::string()
                                      : "; did you mean '" + std::string(member.meant) + "'?")});
  }
}

// Parses as `parse` does and checks as `check` does.
template <typename Value>
std::vector<Fault> find_faults(std::string_view bytes, bool strict,
                               std::expected<Value, spec::ParseError> (*parse)(std::string_view,
                                                                               const spec::Limits&,
                                                                               spec::Observations*),
                               rules::Report (*check)(const Value&)) {
  std::vector<Fault> faults;
  spec::Observations seen;
  const auto value = parse(bytes, {}, &seen);
  if (!value) {
    faults.push_back(of_error(value.error()));
    return faults;
  }
  add_observations(bytes, seen, faults);
  for (const rules::Finding& finding : check(*value)) {
    faults.push_back(of_finding(bytes, finding, strict));
  }
  std::ranges::stable_sort(faults, {}, [](const Fault& fault) { return fault.at.offset; });
  return faults;
}

// The line of `at` and a caret below its column. A long line is cut to what is around the place;
// bytes that a terminal would act on are shown as spaces.
void append_excerpt(std::string& out, std::string_view bytes, const json::Position& at) {
  constexpr std::size_t kBefore = 70;
  constexpr std::size_t kLongest = 120;
  const std::size_t offset = std::min<std::size_t>(at.offset, bytes.size());
  const std::size_t newline = bytes.substr(0, offset).rfind('\n');
  std::size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
  begin = offset - begin > kBefore ? offset - kBefore : begin;
  while (begin < offset && (bytes[begin] & 0xc0) == 0x80) {
    ++begin;
  }
  std::string line(bytes.substr(begin, kLongest));
  line.resize(std::min(line.size(), line.find('\n')));
  while (!line.empty() && (line.back() & 0x80) != 0) {
    line.pop_back();  // perhaps half a character
  }
  const auto caret = std::ranges::count_if(bytes.substr(begin, offset - begin),
                                           [](char c) { return (c & 0xc0) != 0x80; });
  for (char& c : line) {
    c = static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? ' ' : c;
  }
  out += "    " + line + "\n    " + std::string(static_cast<std::size_t>(caret), ' ') + "^\n";
}

// Control characters of the document must not reach the terminal.
void append_printable(std::string& out, std::string_view text) {
  for (const char c : text) {
    out += static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? '?' : c;
  }
}

std::vector<Fault> faults_of(std::string_view bytes, const Options& options) {
  switch (options.document) {
    case Document::process:
      return find_faults<spec::Process>(bytes, options.strict, spec::parse_process,
                                        rules::check_process);
    case Document::resources:
      return find_faults<spec::Resources>(bytes, options.strict, spec::parse_resources,
                                          rules::check_resources);
    case Document::config:
      break;
  }
  return find_faults<spec::Spec>(bytes, options.strict, spec::parse, rules::check);
}

}  // namespace

Outcome validate(std::string_view bytes, std::string_view name, const Options& options) {
  Outcome outcome;
  for (const Fault& fault : faults_of(bytes, options)) {
    ++(fault.error ? outcome.errors : outcome.others);
    outcome.text += name;
    outcome.text += ":" + std::to_string(fault.at.line) + ":" + std::to_string(fault.at.column) +
                    ": " + std::string(fault.severity) + ": ";
    append_printable(outcome.text, fault.message);
    outcome.text += " [" + std::string(fault.id) + "]\n";
    append_excerpt(outcome.text, bytes, fault.at);
  }
  return outcome;
}

}  // namespace plimsoll::validate
