// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/lookup.h"

#include "runtime/base/text.h"

namespace plimsoll::container {

namespace {

// The version whose state document this runtime writes; a record has its own.
constexpr const char* kStateVersion = "1.3.0";

bool is_frozen(const state::Record& record) {
  if (record.cgroup_paths.empty()) {
    return false;
  }
  const auto cgroup = cgroup_of(record);
  if (!cgroup) {
    return false;
  }
  const auto frozen = cgroup->frozen();
  return frozen && *frozen;
}

Result<state::View> view_of_loaded(const state::ContainerDir& dir, Result<state::Record> record) {
  if (!record) {
    return fail(std::move(record).error().wrap(cat("container ", dir.id())));
  }
  return state::view_of(*record, status_of(dir, *record));
}

Result<state::View> view_of_intent(const state::ContainerDir& dir) {
  const auto intent = dir.load_intent();
  if (!intent && intent.error().kind() == ErrorKind::not_found) {
    return fail(Error::invalid(
        cat("container ", dir.id(), ": not created completely; delete it with --force")));
  }
  if (!intent) {
    return fail(Error(intent.error()).wrap(cat("container ", dir.id())));
  }
  state::View view;
  view.oci_version = kStateVersion;
  view.id = dir.id();
  view.bundle = intent->bundle;
  if (state::liveness(intent->creator) != state::Liveness::alive) {
    // It may have completed the container since we looked, and ended.
    auto record = dir.load();
    if (record || record.error().kind() != ErrorKind::not_found) {
      return view_of_loaded(dir, std::move(record));
    }
    view.status = state::Status::stopped;
    return view;
  }
  view.status = state::Status::creating;
  if (const auto init = dir.load_init()) {
    view.pid = init->pid;
  }
  return view;
}

}  // namespace

Result<state::ContainerDir> open_container(const Globals& globals, const std::string& id,
                                           state::ContainerDir::Lock lock) {
  TRY(state::check_id(id));
  auto root = state::open_root(globals.root, false);
  if (!root) {
    if (root.error().kind() == ErrorKind::not_found) {
      return fail(Error::not_found("container does not exist"));
    }
    return fail(std::move(root).error());
  }
  return state::ContainerDir::open(*root, id, lock);
}

Result<state::Record> load_completed(const state::ContainerDir& dir) {
  auto record = dir.load();
  if (!record && record.error().kind() == ErrorKind::not_found) {
    return fail(Error::wrong_state("container not running"));
  }
  if (!record) {
    return fail(std::move(record).error().wrap(cat("container ", dir.id())));
  }
  return record;
}

state::Status status_of(const state::ContainerDir& dir, const state::Record& record) {
  if (state::liveness(record.init) != state::Liveness::alive) {
    return state::Status::stopped;
  }
  if (is_frozen(record)) {
    return state::Status::paused;
  }
  return dir.start_pending() ? state::Status::created : state::Status::running;
}

Result<state::View> look_up(const state::ContainerDir& dir) {
  auto record = dir.load();
  if (!record && record.error().kind() == ErrorKind::not_found) {
    return view_of_intent(dir);
  }
  return view_of_loaded(dir, std::move(record));
}

Result<cgroup::Cgroup> cgroup_of(const state::Record& record) {
  cgroup::Cgroup cgroup = TRY_DOING("cgroup", cgroup::Cgroup::open(record.cgroup_paths));
  if (record.systemd_cgroup) {
    cgroup.held_by_unit(record.rootless);
  }
  return cgroup;
}

}  // namespace plimsoll::container
