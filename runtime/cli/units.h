// Sizes and times as people and Go programs write them. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace plimsoll::cli {

// "512", "64M", "1.5g", "1 GiB": binary units whatever their spelling, as runc's options have it.
// Fractions of a byte are cut off. nullopt for anything else, negative numbers included.
std::optional<std::int64_t> parse_size(std::string_view text);

// Go's durations, "5s", "1m30s", "1.5h", "500ms", "-2us", and "0": in nanoseconds.
std::optional<std::int64_t> parse_duration(std::string_view text);

}  // namespace plimsoll::cli
