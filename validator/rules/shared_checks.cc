// Checks that rules of several topics share. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <system_error>
#include <vector>

#include "validator/rules/rule.h"

namespace plimsoll::rules {
namespace {

// Takes a number off the front of `text`.
bool take_number(std::string_view& text, std::uint32_t& number) {
  const char* end = text.data() + text.size();
  const std::from_chars_result result = std::from_chars(text.data(), end, number);
  text.remove_prefix(static_cast<std::size_t>(result.ptr - text.data()));
  return result.ec == std::errc();
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

bool overlap(std::uint64_t a, std::uint64_t b, std::uint64_t size_a, std::uint64_t size_b) {
  return a < b + size_b && b < a + size_a;
}

}  // namespace

bool has_dot_dot(std::string_view path) {
  while (true) {
    const std::size_t slash = path.find('/');
    if (path.substr(0, slash) == "..") {
      return true;
    }
    if (slash == std::string_view::npos) {
      return false;
    }
    path.remove_prefix(slash + 1);
  }
}

const spec::Namespace* find_namespace(const spec::Spec& config, std::string_view type) {
  if (config.linux) {
    for (const spec::Namespace& ns : config.linux->namespaces) {
      if (ns.type == type) {
        return &ns;
      }
    }
  }
  return nullptr;
}

bool is_number_list(std::string_view text, std::uint64_t* count) {
  std::uint64_t numbers = 0;
  do {
    std::uint32_t first = 0;
    if (!take_number(text, first)) {
      return false;
    }
    std::uint32_t last = first;
    if (take(text, '-') && (!take_number(text, last) || last < first)) {
      return false;
    }
    numbers += std::uint64_t{last} - first + 1;
  } while (take(text, ','));
  if (count != nullptr) {
    *count = numbers;
  }
  return text.empty();
}

bool is_interface_name(std::string_view name) {
  constexpr std::size_t kLongest = 15;  // IFNAMSIZ with its NUL
  return !name.empty() && name.size() <= kLongest && name != "." && name != ".." &&
         name.find_first_of("/: \t\n\v\f\r") == std::string_view::npos;
}

void check_id_mappings(const std::vector<spec::IdMapping>& mappings, std::string_view pointer,
                       Findings& found) {
  constexpr std::uint64_t kIds = std::uint64_t{1} << 32;
  // UID_GID_MAP_MAX_EXTENTS; it also keeps the comparison of all pairs small.
  constexpr std::size_t kMaxMappings = 340;
  if (mappings.size() > kMaxMappings) {
    found.add(pointer, cat("the kernel takes no more than ", kMaxMappings, " mappings"));
    return;
  }
  for (std::size_t i = 0; i < mappings.size(); ++i) {
    const spec::IdMapping& mapping = mappings[i];
    if (mapping.size == 0) {
      found.add(cat(pointer, "/", i, "/size"), "a mapping of no ids");
    }
    if (mapping.container_id + std::uint64_t{mapping.size} > kIds ||
        mapping.host_id + std::uint64_t{mapping.size} > kIds) {
      found.add(cat(pointer, "/", i, "/size"), "the mapping goes beyond the last id");
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (overlap(mapping.container_id, mappings[j].container_id, mapping.size, mappings[j].size)) {
        found.add(cat(pointer, "/", i, "/containerID"), cat("overlaps with mapping ", j));
      } else if (overlap(mapping.host_id, mappings[j].host_id, mapping.size, mappings[j].size)) {
        found.add(cat(pointer, "/", i, "/hostID"), cat("overlaps with mapping ", j));
      }
    }
  }
}

}  // namespace plimsoll::rules
