// "Did you mean …?" for names of members and for words of the vocabulary.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "validator/spec/members.h"

namespace plimsoll::validate {

// The member that an unknown one at `pointer` may stand for: of the same object by its letters, or
// of another object by its exact name, then as a pointer ("/linux/resources/memory"). "" for none.
std::string nearest_member(spec::DocumentKind kind, std::string_view pointer);

// The word that a value which `rule` finds unknown may stand for, or "".
std::string nearest_word(std::string_view rule, std::string_view value);

}  // namespace plimsoll::validate
