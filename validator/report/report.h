// One document -> everything that is wrong with it, as text for people: with line and column, the
// line itself and a caret. Bytes in, text out. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace plimsoll::validate {

enum class Document : std::uint8_t { config, process, resources };

struct Options {
  Document document = Document::config;
  bool strict = false;  // findings of level SHOULD count as errors
};

struct Outcome {
  std::string text;  // one block per finding, by place
  std::size_t errors = 0;
  std::size_t others = 0;
};

Outcome validate(std::string_view bytes, std::string_view name, const Options& options);

}  // namespace plimsoll::validate
