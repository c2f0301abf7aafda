// `kill`: a signal for init, or the end of everything in a container without a pid namespace. Takes
// no lock: it changes no file, and must work while another command waits for the container.
// SPDX-License-Identifier: Apache-2.0
#include <csignal>

#include "runtime/base/log.h"
#include "runtime/base/text.h"
#include "runtime/container/init_process.h"
#include "runtime/container/lookup.h"

namespace plimsoll::container {

namespace {

Result<> signal_running_init(const state::Record& record, int signal) {
  const UniqueFd pidfd = TRY(open_init(record.init));
  TRY(signal_init(pidfd, signal));
  if (signal == SIGKILL && !record.cgroup_paths.empty()) {
    // The v1 freezer holds a killed process until it is thawed.
    auto cgroup = cgroup_of(record);
    if (cgroup && cgroup->frozen().value_or(false)) {
      (void)cgroup->thaw();
    }
  }
  return {};
}

// Without a pid namespace of its own, the end of init is not the end of the others.
Result<> kill_all(const state::Record& record) {
  const bool alive = state::liveness(record.init) == state::Liveness::alive;
  Result<> killed = {};
  bool any = false;
  if (!record.cgroup_paths.empty()) {
    auto cgroup = TRY(cgroup_of(record));
    const auto pids = cgroup.processes();
    any = pids && !pids->empty();
    killed = cgroup.signal_all(SIGKILL);
  }
  if (alive) {
    // Also an init that has left its cgroup, or that never had one.
    if (record.cgroup_paths.empty() || !killed) {
      log::warning(
          "processes that the container's init has left behind may survive: no cgroup to "
          "find them by");
      killed = {};
    }
    auto sent = signal_running_init(record, SIGKILL);
    // An init in the cgroup is dead by now, as asked: then it is not running, which is no error.
    if (!sent && !(any && sent.error().kind() == ErrorKind::wrong_state)) {
      return sent;
    }
    return {};
  }
  if (!any) {
    return fail(Error::wrong_state("container not running"));
  }
  if (!killed) {
    return fail(std::move(killed).error().wrap("unable to kill all processes"));
  }
  return {};
}

}  // namespace

Result<> kill(const Globals& globals, const KillOptions& options) {
  const auto dir = TRY(open_container(globals, options.id, state::ContainerDir::Lock::none));
  const auto record = load_completed(dir);
  Result<> sent = {};
  if (!record) {
    sent = fail(record.error());
  } else if (options.signal == SIGKILL && record->shares_pid_namespace) {
    sent = kill_all(*record);
  } else {
    sent = signal_running_init(*record, options.signal);
  }
  // runc: all that is left of --all is that a stopped container is no error.
  if (!sent && options.all && sent.error().kind() == ErrorKind::wrong_state) {
    return {};
  }
  return sent;
}

}  // namespace plimsoll::container
