// The table of commands.
// SPDX-License-Identifier: Apache-2.0
#include "bench/cli/commands.h"

#include <array>

namespace plimsoll::bench {
namespace {
constexpr auto kCommands = std::to_array<Command>({
    {.name = "run", .summary = "measure runtimes side by side", .run = run_command},
    {.name = "memory",
     .summary = "the smallest memory limit that starts, and what init holds",
     .run = memory_command},
    {.name = "compare",
     .summary = "two sessions: 0 same or better, 1 worse, 2 not decided",
     .run = compare_command},
    {.name = "track", .summary = "append sessions to a history", .run = track_command},
    {.name = "report", .summary = "one HTML page of trends and runtimes", .run = report_command},
    {.name = "budget",
     .summary = "counted figures against their limits: 1 when one has grown",
     .run = budget_command},
});
}

std::span<const Command> commands() { return kCommands; }

}  // namespace plimsoll::bench
