// The table of commands.
// SPDX-License-Identifier: Apache-2.0
#include "bench/cli/commands.h"

#include <array>

namespace plimsoll::bench {
namespace {
constexpr auto kCommands = std::to_array<Command>({
    {.name = "run", .summary = "measure runtimes side by side", .run = run_command},
});
}

std::span<const Command> commands() { return kCommands; }

}  // namespace plimsoll::bench
