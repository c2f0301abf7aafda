// A container's state in the forms that `state` and `list` print.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "runtime/container/verbs.h"

namespace plimsoll::cli {

// runtime.md#state and runc's members, indented by two, without a newline at the end. The owner is
// always empty here, as in runc.
std::string state_json(const state::View& view);
// One line: an array of states with the owner's name; "null" for no container, as in runc.
std::string list_json(std::span<const container::ListEntry> entries);
std::string list_table(std::span<const container::ListEntry> entries);

// The name of a user in the text of /etc/passwd, or "#UID".
std::string owner_name(std::string_view passwd, uid_t uid);

}  // namespace plimsoll::cli
