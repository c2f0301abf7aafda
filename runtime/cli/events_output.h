// Events as runc prints them: one JSON object a line, with "type", "id" and "data".
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "runtime/container/events.h"

namespace plimsoll::cli {

// The line, with its newline. Members that runc lacks (memory.events, rdma, misc, bursts) are added
// beside its own; its lists are left out when empty, as it does.
std::string event_line(std::string_view id, const container::Event& event);

}  // namespace plimsoll::cli
