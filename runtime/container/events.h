// `events`: statistics and out-of-memory events of a container, for as long as it runs.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "runtime/cgroup/stats.h"
#include "runtime/container/verbs.h"

namespace plimsoll::container {

struct EventsOptions {
  std::string id;
  std::int64_t interval_ms = 5000;  // between statistics; at least 1
  bool once = false;                // the statistics of now, and no more
};

struct Event {
  const cgroup::Stats* stats = nullptr;  // nullptr: the kernel killed a process for want of memory
};

// Calls `emit` for each event until init ends; an Error of its own ends it at once.
Result<> events(const Globals& globals, const EventsOptions& options,
                const std::function<Result<>(const Event&)>& emit);

}  // namespace plimsoll::container
