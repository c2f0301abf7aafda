// What was found, as text for people and as JSON, SARIF 2.1.0 and JUnit for programs.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "validator/report/finding.h"

namespace plimsoll::validate {

enum class Format : std::uint8_t { text, json, sarif, junit };
std::optional<Format> find_format(std::string_view name);

// A complete document of that format; text is empty where nothing was found.
std::string render(Format format, std::span<const Examined> documents);

// The parts, one file each.
std::string as_text(std::span<const Examined> documents);
std::string as_json(std::span<const Examined> documents);
std::string as_sarif(std::span<const Examined> documents);
std::string as_junit(std::span<const Examined> documents);

// "/process/cwd: Cwd must be an absolute path; did you mean …?"
std::string sentence(const Finding& finding);

}  // namespace plimsoll::validate
