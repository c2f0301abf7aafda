// config.json bytes -> Spec, straight from the reader's events, driven by one row per member.
// Types, ranges and the form of the JSON are checked here; what the values mean is validator/rules'
// part. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "validator/json/json.h"
#include "validator/spec/spec.h"

namespace plimsoll::spec {

using ParseError = json::SyntaxError;
using Limits = json::Limits;

// Members worth a word that do not stop the parsing. Collected only where a caller passes one in:
// `create` does not, and then a missing required member is a ParseError.
struct Observations {
  struct Member {
    std::string pointer;
    std::uint64_t offset = 0;
    std::string_view meant{};  // the known name that differs only in case, or empty
  };
  std::vector<Member> unknown;  // ignored, as config.md#extensibility demands
  std::vector<Member> missing;  // required ones whose absence Spec cannot show; the pointer names
                                // the absent member, the offset its object

  // With `collect`, what would end the parsing is put here instead, and the value left out: wrong
  // types and ranges, repeated names. Faults of the JSON itself still end it.
  struct Fault {
    std::string pointer;
    std::uint64_t offset = 0;
    std::string message;
    bool duplicate = false;
  };
  bool collect = false;
  std::vector<Fault> faults;
  std::size_t most = 1000;  // unknown members; those beyond are not kept
};

// The bytes of a value in its document, from its first to behind its last; empty: there is none.
struct Extent {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// A whole config.json. Strict JSON; unknown members are ignored, also one that differs from a known
// name only in case (the peers disagree on it, so the validator names it). null is the same as
// absent for optional members, lists, maps and objects. `seccomp` is told where linux.seccomp is, a
// null as well.
std::expected<Spec, ParseError> parse(std::string_view bytes, const Limits& limits = {},
                                      Observations* observations = nullptr,
                                      Extent* seccomp = nullptr);
// A bare `process` object, as `exec --process` takes it.
std::expected<Process, ParseError> parse_process(std::string_view bytes, const Limits& limits = {},
                                                 Observations* observations = nullptr);
// A bare `linux.resources` object, as `update --resources` takes it.
std::expected<Resources, ParseError> parse_resources(std::string_view bytes,
                                                     const Limits& limits = {},
                                                     Observations* observations = nullptr);

}  // namespace plimsoll::spec
