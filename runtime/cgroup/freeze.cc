// Freezing and thawing: cgroup.freeze where there is a v2 hierarchy, else the v1 freezer.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <poll.h>

#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/cgroup/cgroup.h"
#include "runtime/sys/kernfs.h"
#include "runtime/sys/process.h"
#include "runtime/sys/socket.h"

namespace plimsoll::cgroup {

namespace {

constexpr std::uint64_t kFreezeMilliseconds = 10000;

std::string freezer_state(const Hierarchy& freezer) { return cat(freezer.path, "/freezer.state"); }

bool has_frozen(std::string_view events) {
  for (const std::string_view line : split(events, '\n')) {
    if (line == "frozen 1") {
      return true;
    }
  }
  return false;
}

}  // namespace

// A fork that races with the freezer leaves the cgroup FREEZING: writing FROZEN again catches the
// newcomers, and a short thaw now and then lets go what waits for a frozen process.
Result<> Cgroup::freeze_v1(const Hierarchy& freezer) const {
  const std::uint64_t deadline = sys::monotonic_milliseconds() + kFreezeMilliseconds;
  for (unsigned round = 0;; ++round) {
    if (round % 50 == 49) {
      TRY(tree_.write(freezer_state(freezer), "THAWED"));
      sys::sleep_milliseconds(1);
    }
    auto written = tree_.write(freezer_state(freezer), "FROZEN");
    auto state = written ? tree_.read(freezer_state(freezer))
                         : Result<std::string>(fail(std::move(written).error()));
    if (state && trim(*state) == "FROZEN") {
      return {};
    }
    if (!state || sys::monotonic_milliseconds() > deadline) {
      (void)tree_.write(freezer_state(freezer), "THAWED");
      return state ? fail(Error::system(ETIMEDOUT, cat("freeze '", freezer.path, "'")))
                   : Result<>(fail(std::move(state).error()));
    }
    if (round > 10) {
      sys::sleep_milliseconds(1);
    }
  }
}

Result<> Cgroup::freeze_v2(const Hierarchy& unified) const {
  const UniqueFd events = TRY(tree_.open_file(cat(unified.path, "/cgroup.events"), O_RDONLY));
  const std::string file = cat(unified.path, "/cgroup.freeze");
  TRY(tree_.write(file, "1"));
  const std::uint64_t deadline = sys::monotonic_milliseconds() + kFreezeMilliseconds;
  const auto waited = [&]() -> Result<> {
    while (!has_frozen(TRY(sys::read_from_start(events, 4096)))) {
      const std::uint64_t now = sys::monotonic_milliseconds();
      if (now >= deadline) {
        return fail(Error::system(ETIMEDOUT, cat("freeze '", unified.path, "'")));
      }
      pollfd entry = {.fd = events.get(), .events = POLLPRI, .revents = 0};
      // Bounded, so that a notice that came before the read cannot be missed for long.
      const std::uint64_t left = deadline - now;
      TRY(sys::poll_fds({&entry, 1}, static_cast<int>(left < 100 ? left : 100)));
    }
    return {};
  }();
  if (!waited) {
    (void)tree_.write(file, "0");
  }
  return waited;
}

Result<> Cgroup::freeze() {
  if (unified() != nullptr) {
    auto frozen = freeze_v2(*unified());
    // Kernels before 5.2 have no cgroup.freeze.
    if (frozen || frozen.error().err() != ENOENT || find("freezer") == nullptr) {
      return frozen;
    }
  }
  if (const Hierarchy* freezer = find("freezer")) {
    return freeze_v1(*freezer);
  }
  return fail(Error::unsupported("cannot toggle freezer: cgroups not configured for container"));
}

Result<> Cgroup::thaw() {
  Result<> v2 = {};
  if (unified() != nullptr) {
    v2 = tree_.write(cat(unified()->path, "/cgroup.freeze"), "0");
  }
  const Hierarchy* freezer = find("freezer");
  if (freezer == nullptr) {
    if (unified() == nullptr) {
      return fail(
          Error::unsupported("cannot toggle freezer: cgroups not configured for container"));
    }
    return v2;
  }
  if (unified() != nullptr && v2 &&
      tree_.read_word(cat(freezer->path, "/freezer.self_freezing")) != "1") {
    return {};
  }
  return tree_.write(freezer_state(*freezer), "THAWED");
}

// By the cgroup's own wish: one that is frozen with its parent is not paused.
Result<bool> Cgroup::frozen() const {
  if (unified() != nullptr && tree_.read_word(cat(unified()->path, "/cgroup.freeze")) == "1") {
    return true;
  }
  const Hierarchy* freezer = find("freezer");
  return freezer != nullptr && tree_.read_word(cat(freezer->path, "/freezer.self_freezing")) == "1";
}

}  // namespace plimsoll::cgroup
