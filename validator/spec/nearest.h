// "Did you mean …?": the known word nearest to a misspelt one. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace plimsoll::spec {

// How many letters must be added, removed, changed or swapped with their neighbour to get from one
// word to the other. Words longer than 64 bytes are not compared.
std::size_t edit_distance(std::string_view a, std::string_view b);

// Offered words one by one, keeps the nearest that is near enough to be what was meant.
class Nearest {
 public:
  explicit Nearest(std::string_view misspelt);
  void offer(std::string_view word);
  std::string_view word() const { return word_; }  // "" when nothing is near

 private:
  std::string_view misspelt_;
  std::string_view word_;
  std::size_t limit_;  // a word must be nearer than this
};

}  // namespace plimsoll::spec
