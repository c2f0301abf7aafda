// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/events.h"

#include <algorithm>

#include "runtime/base/text.h"
#include "runtime/container/init_process.h"
#include "runtime/container/lookup.h"
#include "runtime/sys/process.h"

namespace plimsoll::container {
namespace {

// OOM kills are counted by the kernel; looking at the count once a second needs neither v1's
// eventfd nor v2's inotify, and cannot miss one that falls between two reads.
constexpr std::int64_t kLookMs = 1000;

class Watch {
 public:
  Watch(const cgroup::Cgroup& cgroup, const std::function<Result<>(const Event&)>& emit)
      : cgroup_(cgroup), emit_(emit) {}

  // Emits the OOM kills since the last look, and the statistics when they are due.
  Result<> look(bool stats_due) {
    const cgroup::Stats stats = TRY(cgroup::read_stats(cgroup_));
    const std::uint64_t kills = cgroup::counter(stats.memory.events, "oom_kill");
    if (started_ && kills > kills_) {
      TRY(emit_({}));
    }
    kills_ = kills;
    started_ = true;
    return stats_due ? emit_({.stats = &stats}) : Result<>();
  }

 private:
  const cgroup::Cgroup& cgroup_;
  const std::function<Result<>(const Event&)>& emit_;
  std::uint64_t kills_ = 0;
  bool started_ = false;
};

Result<> follow(Watch& watch, BorrowedFd init, std::int64_t interval_ms) {
  TRY(watch.look(false));  // what was counted before is no event
  std::int64_t due = static_cast<std::int64_t>(sys::monotonic_milliseconds()) + interval_ms;
  for (;;) {
    const auto now = static_cast<std::int64_t>(sys::monotonic_milliseconds());
    const std::int64_t pause = std::clamp<std::int64_t>(due - now, 0, kLookMs);
    const bool ended = TRY(wait_for_end(init, static_cast<int>(pause)));
    if (ended) {
      // The cgroup may be gone by now, with what it counted.
      (void)watch.look(false);
      return {};
    }
    const bool stats_due = static_cast<std::int64_t>(sys::monotonic_milliseconds()) >= due;
    TRY(watch.look(stats_due));
    due += stats_due ? interval_ms : 0;
  }
}

}  // namespace

Result<> events(const Globals& globals, const EventsOptions& options,
                const std::function<Result<>(const Event&)>& emit) {
  if (options.interval_ms <= 0) {
    return fail(Error::invalid("duration interval must be greater than 0"));
  }
  const auto dir = TRY(open_container(globals, options.id, state::ContainerDir::Lock::none));
  const state::Record record = TRY(load_completed(dir));
  if (status_of(dir, record) == state::Status::stopped) {
    return fail(Error::wrong_state(cat("container with id ", options.id, " is not running")));
  }
  const cgroup::Cgroup cgroup = TRY(cgroup_of(record));
  Watch watch(cgroup, emit);
  if (options.once) {
    return watch.look(true);
  }
  const UniqueFd init = TRY(open_init(record.init));
  return follow(watch, init, options.interval_ms);
}

}  // namespace plimsoll::container
