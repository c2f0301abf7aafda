// Which findings of rules only follow from a fault of form elsewhere: one cause, one finding.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace plimsoll::validate {

// A rule that asks for a namespace, which whoever completes a template may add.
bool asks_for_namespace(std::string_view rule);

// True where what `rule` finds at `pointer` may be due to the wrong or missing member at `fault`.
bool follows(std::string_view rule, std::string_view pointer, std::string_view fault);

// `pointer` itself, or something in it.
bool is_at_or_below(std::string_view pointer, std::string_view parent);

}  // namespace plimsoll::validate
