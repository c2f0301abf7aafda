// SPDX-License-Identifier: Apache-2.0
#include "validator/spec/nearest.h"

#include <algorithm>
#include <array>

namespace plimsoll::spec {
namespace {
constexpr std::size_t kLongest = 64;
}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  if (a.size() > kLongest || b.size() > kLongest) {
    return std::max(a.size(), b.size());
  }
  // Three rows of the usual table: two back for swaps, the last, and the one being filled.
  std::array<std::array<std::size_t, kLongest + 1>, 3> rows{};
  auto* before = &rows[0];
  auto* last = &rows[1];
  auto* row = &rows[2];
  for (std::size_t j = 0; j <= b.size(); ++j) {
    (*last)[j] = j;
  }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    (*row)[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = (*last)[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      std::size_t best = std::min({change, (*last)[j] + 1, (*row)[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        best = std::min(best, (*before)[j - 2] + 1);
      }
      (*row)[j] = best;
    }
    auto* free = before;
    before = last;
    last = row;
    row = free;
  }
  return (*last)[b.size()];
}

Nearest::Nearest(std::string_view misspelt)
    : misspelt_(misspelt), limit_(std::max<std::size_t>(2, misspelt.size() / 3 + 1)) {}

void Nearest::offer(std::string_view word) {
  const std::size_t distance = edit_distance(misspelt_, word);
  // Nothing in common is no likeness, however short the word.
  if (distance < limit_ && distance < std::max(misspelt_.size(), word.size())) {
    limit_ = distance;
    word_ = word;
  }
}

}  // namespace plimsoll::spec
