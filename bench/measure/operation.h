// The operations of a runtime that can be measured.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace plimsoll::bench {

// In the order of a container's life; `list` and `run` stand alone.
enum class Operation : std::uint8_t { run, create, start, state, exec, pause, kill, remove, list };
inline constexpr unsigned kOperations = 9;
// "run", …; `remove` is spelled "delete".
std::string_view operation_name(Operation operation);
// Throws std::runtime_error for a name that is none.
Operation operation_of(std::string_view name);
// Whether it is measured on a container that is created, started, killed and deleted.
bool in_lifecycle(Operation operation);

}  // namespace plimsoll::bench
