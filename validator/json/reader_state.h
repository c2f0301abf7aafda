// What read() and its Handler share while a document is read. Private to this module.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace plimsoll::json {

struct ReaderState {
  std::string_view bytes;
  const char* current = nullptr;  // the next byte that the lexer will take
  bool number = false;            // the current event is a number, which the lexer ends by
                                  // reading one byte more than it has
  std::size_t depth = 0;

  struct Failure {
    std::string message;
    std::uint64_t offset = 0;
    std::optional<std::string> pointer;
  };
  std::optional<Failure> failure;

  std::uint64_t end() const { return static_cast<std::uint64_t>(current - bytes.data()); }
  // The first byte of the current token. Worked out backwards from its end, so that a document
  // without faults pays nothing for it.
  std::uint64_t token_start() const;
};

}  // namespace plimsoll::json
