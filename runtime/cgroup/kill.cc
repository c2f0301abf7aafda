// Signals to every process of a cgroup, and its removal.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cerrno>
#include <csignal>

#include "runtime/base/log.h"
#include "runtime/base/text.h"
#include "runtime/cgroup/cgroup.h"
#include "runtime/cgroup/processes.h"
#include "runtime/sys/process.h"

namespace plimsoll::cgroup {

namespace {

constexpr std::uint64_t kRemoveMilliseconds = 10000;
constexpr std::uint32_t kLongestWait = 64;

// Hierarchies that list the processes of a container on v1, best first: a process can hardly leave
// "devices", which runc relies on too.
constexpr std::string_view kListing[] = {"devices", "pids", "freezer", "memory", "name=systemd"};

Result<> send(const std::vector<pid_t>& pids, int signal) {
  Result<> result = {};
  for (const pid_t pid : pids) {
    auto sent = sys::kill(pid, signal);
    if (!sent && sent.error().err() != ESRCH) {
      result = std::move(sent);  // the others get theirs all the same
    }
  }
  return result;
}

}  // namespace

Result<std::vector<pid_t>> Cgroup::processes() const {
  std::vector<pid_t> pids;
  if (unified() != nullptr) {
    pids = TRY(processes_below(tree_, unified()->path));
    if (!pids.empty()) {
      return pids;
    }
  }
  for (const std::string_view controller : kListing) {
    if (const Hierarchy* hierarchy = find(controller)) {
      return processes_below(tree_, hierarchy->path);
    }
  }
  if (!hierarchies_.empty() && !hierarchies_.front().v2()) {
    return processes_below(tree_, hierarchies_.front().path);
  }
  return pids;
}

// Without cgroup.kill a process can fork faster than its list is read, so it is frozen meanwhile.
// Where that fails the list is read again until it is empty.
Result<> Cgroup::kill_frozen() const {
  const Hierarchy* freezer = find("freezer");
  const bool by_v2 = unified() != nullptr;
  const bool frozen = by_v2 ? freeze_v2(*unified()).has_value()
                            : freezer != nullptr && freeze_v1(*freezer).has_value();
  Result<> result = {};
  for (int round = 0; round < (frozen ? 1 : 50); ++round) {
    auto pids = processes();
    if (!pids) {
      result = fail(std::move(pids).error());
      break;
    }
    if (pids->empty()) {
      break;
    }
    result = send(*pids, SIGKILL);
    if (!frozen) {
      sys::sleep_milliseconds(1);
    }
  }
  // A frozen process dies only when it is thawed: always, however the above went.
  if (by_v2) {
    (void)tree_.write(cat(unified()->path, "/cgroup.freeze"), "0");
  }
  if (freezer != nullptr) {
    auto thawed = tree_.write(cat(freezer->path, "/freezer.state"), "THAWED");
    if (!thawed && frozen && !by_v2 && result) {
      return thawed;
    }
  }
  return result;
}

Result<> Cgroup::signal_all(int signal) {
  if (signal != SIGKILL) {
    return send(TRY(processes()), signal);
  }
  if (unified() != nullptr) {
    auto killed = tree_.write(cat(unified()->path, "/cgroup.kill"), "1");
    if (killed && mode_ == plan::CgroupMode::v2) {
      return {};
    }
    const bool gone = !killed && !tree_.open_dir(unified()->path);
    if (gone && mode_ == plan::CgroupMode::v2) {
      return {};
    }
    if (killed) {
      // A hybrid: what another tool put into the v1 cgroups only, or froze there.
      const Hierarchy* freezer = find("freezer");
      if (freezer != nullptr &&
          tree_.read_word(cat(freezer->path, "/freezer.self_freezing")) == "1") {
        return kill_frozen();
      }
      return send(TRY(processes()), SIGKILL);
    }
  }
  // Nobody there: no reason to touch the freezer.
  if (TRY(processes()).empty()) {
    return {};
  }
  return kill_frozen();
}

Result<> Cgroup::remove() {
  v1_tasks_.clear();
  v2_dir_.reset();
  if (unit_) {
    (void)signal_all(SIGKILL);  // else stopping would give each process time to end on SIGTERM
    if (auto stopped = stop_unit(*unit_); !stopped) {
      // The unit ends by itself when its cgroup is gone.
      log::warning(cat("ignoring a failure: ", stopped.error().message()));
    }
  }
  std::vector<const Hierarchy*> busy;
  Result<> failed = {};
  for (const Hierarchy& hierarchy : hierarchies_) {
    auto removed = tree_.remove_dir(hierarchy.path);
    if (removed || removed.error().err() == ENOENT) {
      continue;
    }
    if (removed.error().err() == EBUSY || removed.error().err() == ENOTEMPTY) {
      busy.push_back(&hierarchy);
    } else {
      failed = std::move(removed);  // the others go all the same
    }
  }
  const std::uint64_t deadline = sys::monotonic_milliseconds() + kRemoveMilliseconds;
  for (std::uint32_t wait = 1; !busy.empty(); wait = std::min(wait * 2, kLongestWait)) {
    (void)signal_all(SIGKILL);
    Result<> last = {};
    std::erase_if(busy, [&](const Hierarchy* hierarchy) {
      auto removed = remove_below(tree_, hierarchy->path);
      if (!removed) {
        last = std::move(removed);
        return false;
      }
      return true;
    });
    if (busy.empty()) {
      break;
    }
    if (sys::monotonic_milliseconds() > deadline) {
      return last;
    }
    sys::sleep_milliseconds(wait);
  }
  return failed;
}

}  // namespace plimsoll::cgroup
