// Where the validator is milder than `create`: documents that are good by the specification and yet
// not for this runtime, or not yet whole. docs/decisions/0006-milder-than-create.md tells why.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "validator/json/document.h"

namespace plimsoll::validate {

// True where a config.json breaks `rule` for `create` only: a warning is enough.
bool is_for_create_only(std::string_view rule, const json::Document& document);
// A document for another platform than Linux.
bool is_foreign(const json::Document& document);

}  // namespace plimsoll::validate
