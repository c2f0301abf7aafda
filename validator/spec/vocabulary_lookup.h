// Search in the tables of names. They are short: a linear search beats a hash. Private to this
// module. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

namespace plimsoll::spec {

template <typename Table>
auto find_row(const Table& table, std::string_view name) -> decltype(&*table.begin()) {
  for (const auto& row : table) {
    if (row.name == name) {
      return &row;
    }
  }
  return nullptr;
}

template <typename Table>
auto find_value(const Table& table, std::string_view name)
    -> std::optional<decltype(table.begin()->value)> {
  const auto* row = find_row(table, name);
  if (row == nullptr) {
    return std::nullopt;
  }
  return row->value;
}

}  // namespace plimsoll::spec
