// `pause` and `resume`: the cgroup's freezer.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/lookup.h"

namespace plimsoll::container {

namespace {

struct Paused {
  state::Status status;
  cgroup::Cgroup cgroup;
};

Result<Paused> open_with_cgroup(const state::ContainerDir& dir) {
  const state::Record record = TRY(load_completed(dir));
  const state::Status status = status_of(dir, record);
  if (record.cgroup_paths.empty()) {
    return fail(Error::unsupported("container has no cgroup of its own: it cannot be paused"));
  }
  return Paused{.status = status, .cgroup = TRY(cgroup_of(record))};
}

}  // namespace

Result<> pause(const Globals& globals, const std::string& id) {
  const auto dir = TRY(open_container(globals, id, state::ContainerDir::Lock::exclusive));
  Paused container = TRY(open_with_cgroup(dir));
  if (container.status != state::Status::running && container.status != state::Status::created) {
    return fail(Error::wrong_state("container not running"));
  }
  return container.cgroup.freeze();
}

Result<> resume(const Globals& globals, const std::string& id) {
  const auto dir = TRY(open_container(globals, id, state::ContainerDir::Lock::exclusive));
  Paused container = TRY(open_with_cgroup(dir));
  if (container.status != state::Status::paused) {
    return fail(Error::wrong_state("container not paused"));
  }
  return container.cgroup.thaw();
}

}  // namespace plimsoll::container
