// Findings for people: place, message, the line itself with a caret, what is right and which clause
// says so. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "validator/json/json.h"
#include "validator/report/output.h"
#include "validator/report/rule_list.h"

namespace plimsoll::validate {
namespace {

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

// Control characters of the document must not reach the terminal, and neither must halves of
// characters.
void append_printable(std::string& out, std::string_view text) {
  for (const char c : text) {
    out += static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? '?' : c;
  }
}

void append_finding(std::string& out, const Examined& document, const Finding& finding) {
  out += document.name + ":" + std::to_string(finding.at.line) + ":" +
         std::to_string(finding.at.column) + ": " + std::string(severity_name(finding.severity)) +
         ": ";
  append_printable(out, sentence(finding));
  out += " [" + finding.rule + "]\n";
  append_excerpt(out, document.bytes, finding.at);
  if (!finding.right.empty()) {
    out += "    right: " + finding.right + "\n";
  }
  if (!finding.gain.empty()) {
    out += "    an attacker gains: " + finding.gain + "\n";
  }
  if (const std::string level = level_of(finding.rule); !level.empty()) {
    out += "    clause: " + level + ", " + clause_of(finding.rule) + "\n";
  }
}

}  // namespace

std::string sentence(const Finding& finding) {
  std::string out =
      finding.pointer.empty() ? finding.message : finding.pointer + ": " + finding.message;
  if (!finding.meant.empty()) {
    out += "; did you mean '" + finding.meant + "'?";
  }
  return out;
}

std::string as_text(std::span<const Examined> documents) {
  std::string out;
  for (const Examined& document : documents) {
    for (const Finding& finding : document.findings) {
      append_finding(out, document, finding);
    }
    if (document.more != 0) {
      out += document.name + ": " + std::to_string(document.more) + " more findings\n";
    }
  }
  return out;
}

}  // namespace plimsoll::validate
