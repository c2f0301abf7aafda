// The list of requirements, read from the table that is built in. SPDX-License-Identifier:
// Apache-2.0
#include "validator/catalog/catalog.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace plimsoll::embedded {
extern const std::string_view kRequirements;
extern const std::string_view kExamples;
}  // namespace plimsoll::embedded

namespace plimsoll::catalog {
namespace {

// id level binds testable since section paraphrase
Requirement parse_line(std::string_view line) {
  std::array<std::string_view, 7> field;
  for (std::string_view& text : field) {
    const std::size_t tab = line.find('\t');
    text = line.substr(0, tab);
    line.remove_prefix(tab == std::string_view::npos ? line.size() : tab + 1);
  }
  return {.id = field[0],
          .level = field[1],
          .binds = field[2],
          .since = field[4],
          .section = field[5],
          .text = field[6]};
}

std::vector<Requirement> parse_table() {
  constexpr std::size_t kAbout = 700;
  std::vector<Requirement> out;
  out.reserve(kAbout);
  std::string_view rest = embedded::kRequirements;
  rest.remove_prefix(rest.find('\n') + 1);
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    if (end != 0) {
      out.push_back(parse_line(rest.substr(0, end)));
    }
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return out;
}

}  // namespace

const std::vector<Requirement>& all_requirements() {
  static const std::vector<Requirement> kTable = parse_table();
  return kTable;
}

std::optional<Requirement> find_requirement(std::string_view id) {
  const auto row = std::ranges::find(all_requirements(), id, &Requirement::id);
  return row != all_requirements().end() ? std::optional(*row) : std::nullopt;
}

std::string_view right_of(std::string_view rule) {
  for (const Right& row : all_rights()) {
    if (row.rule == rule) {
      return row.right;
    }
  }
  return {};
}

std::string_view examples_json() { return embedded::kExamples; }

}  // namespace plimsoll::catalog
