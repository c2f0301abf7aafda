// What the validator asks of the tables of members, and how it reads each kind of document: with
// all faults collected, and another handler that sees the same events. Not part of the runtime.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "validator/json/json.h"
#include "validator/spec/documents.h"
#include "validator/spec/parse.h"
#include "validator/spec/spec.h"

namespace plimsoll::spec {

enum class DocumentKind : std::uint8_t { config, process, resources, state, features };

// The names of the members that an object at `pointer` may have; none where it is no object.
std::vector<std::string_view> members_at(DocumentKind kind, std::string_view pointer);
// `pointer` with '*' for indices and free keys, from the top of a config.json for its parts:
// "/linux/resources/devices/*/type". "" for what is not known.
std::string pattern_of(DocumentKind kind, std::string_view pointer);
// The patterns of all members, but for those of other platforms.
std::vector<std::string> all_patterns(DocumentKind kind);

// Reads with `seen` collecting, and tells `other` every event first.
std::expected<Spec, ParseError> read_config(std::string_view bytes, const Limits& limits,
                                            Observations& seen, json::Handler& other);
std::expected<Process, ParseError> read_process(std::string_view bytes, const Limits& limits,
                                                Observations& seen, json::Handler& other);
std::expected<Resources, ParseError> read_resources(std::string_view bytes, const Limits& limits,
                                                    Observations& seen, json::Handler& other);
std::expected<State, ParseError> read_state(std::string_view bytes, const Limits& limits,
                                            Observations& seen, json::Handler& other);
std::expected<Features, ParseError> read_features(std::string_view bytes, const Limits& limits,
                                                  Observations& seen, json::Handler& other);

}  // namespace plimsoll::spec
