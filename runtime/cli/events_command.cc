// `events`: from its options to container::events, one line an event.
// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "runtime/base/text.h"
#include "runtime/cli/events_output.h"
#include "runtime/cli/invocation.h"
#include "runtime/cli/units.h"

namespace plimsoll::cli {

Result<int> run_events(const Invocation& invocation) {
  constexpr std::int64_t kNanosecondsPerMs = 1000000;
  const Arguments& arguments = invocation.arguments;
  container::EventsOptions options;
  options.id = arguments.operand(0);
  options.once = arguments.flag("stats");
  if (const std::string interval = arguments.text("interval"); !interval.empty()) {
    const std::optional<std::int64_t> nanoseconds = parse_duration(interval);
    if (!nanoseconds) {
      return fail(
          Error::invalid(cat("option --interval: '", interval, "' is not a duration such as 5s")));
    }
    // Up to the next millisecond: less than one is still more than nothing.
    options.interval_ms = *nanoseconds <= 0 ? 0 : (*nanoseconds - 1) / kNanosecondsPerMs + 1;
  }
  TRY(container::events(invocation.globals, options, [&](const container::Event& event) {
    return print(event_line(options.id, event));
  }));
  return 0;
}

}  // namespace plimsoll::cli
