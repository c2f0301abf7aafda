// The list of requirements, read from the table that is built in. SPDX-License-Identifier:
// Apache-2.0
#include "validator/catalog/catalog.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace plimsoll::embedded {
extern const std::string_view requirements;
extern const std::string_view examples;
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

// Calls `use` with each line after the heading until it gives true.
template <typename Use>
void each_line(Use use) {
  std::string_view rest = embedded::requirements;
  rest.remove_prefix(rest.find('\n') + 1);
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    if (use(rest.substr(0, end))) {
      return;
    }
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
}

}  // namespace

std::optional<Requirement> find_requirement(std::string_view id) {
  std::optional<Requirement> found;
  each_line([&](std::string_view line) {
    if (line.size() > id.size() && line.starts_with(id) && line[id.size()] == '\t') {
      found = parse_line(line);
    }
    return found.has_value();
  });
  return found;
}

std::vector<Requirement> all_requirements() {
  std::vector<Requirement> out;
  each_line([&](std::string_view line) {
    if (!line.empty()) {
      out.push_back(parse_line(line));
    }
    return false;
  });
  return out;
}

std::string_view right_of(std::string_view rule) {
  for (const Right& row : all_rights()) {
    if (row.rule == rule) {
      return row.right;
    }
  }
  return {};
}

std::string_view examples_json() { return embedded::examples; }

}  // namespace plimsoll::catalog
