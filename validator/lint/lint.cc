// Runs the tables of lint rules over a configuration. SPDX-License-Identifier: Apache-2.0
#include "validator/lint/lint.h"

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "validator/lint/row.h"

namespace plimsoll::lint {
namespace {

constexpr auto kTopics = std::to_array<std::span<const Row> (*)()>({
    advice_rows,
    annotation_rows,
    isolation_rows,
    capability_rows,
    seccomp_rows,
    mount_rows,
    resource_rows,
});

}  // namespace

std::string clean_path(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (!part.empty() && part != ".") {
      out += '/';
      out += part;
    }
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return out.empty() ? "/" : out;
}

rules::Report check(const spec::Spec& config) {
  rules::Report report;
  Findings found(report, "");
  for (const auto& topic : kTopics) {
    for (const Row& row : topic()) {
      found.begin(row.info.id, row.info.level, false);
      row.check(config, row, found);
    }
  }
  return report;
}

std::vector<Info> all() {
  std::vector<Info> out;
  for (const auto& topic : kTopics) {
    for (const Row& row : topic()) {
      out.push_back(row.info);
    }
  }
  return out;
}

}  // namespace plimsoll::lint
