// `ps`: the processes of a container, by its cgroup.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "runtime/container/lookup.h"

namespace plimsoll::container {

Result<std::vector<pid_t>> processes(const Globals& globals, const std::string& id) {
  const auto dir = TRY(open_container(globals, id, state::ContainerDir::Lock::none));
  const state::Record record = TRY(load_completed(dir));
  if (record.cgroup_paths.empty()) {
    // Rootless without a cgroup of its own: init is all that can be told.
    const bool alive = state::liveness(record.init) == state::Liveness::alive;
    return alive ? std::vector<pid_t>{record.init.pid} : std::vector<pid_t>{};
  }
  const cgroup::Cgroup cgroup = TRY(cgroup_of(record));
  std::vector<pid_t> pids = TRY_DOING("cgroup", cgroup.processes());
  std::sort(pids.begin(), pids.end());
  pids.erase(std::unique(pids.begin(), pids.end()), pids.end());
  return pids;
}

}  // namespace plimsoll::container
