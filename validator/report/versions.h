// Members and values that are newer than the version of the specification which a document names.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "validator/json/document.h"
#include "validator/spec/members.h"

namespace plimsoll::validate {

struct Newer {
  std::string pointer;
  std::string_view since;
};
// `release` is a version of three numbers; what is no version gives nothing.
std::vector<Newer> newer_than(const json::Document& document, spec::DocumentKind kind,
                              std::string_view release);

}  // namespace plimsoll::validate
