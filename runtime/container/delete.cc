// `delete`: undoes what create made, poststop hooks last. With --force also what a create or a
// delete left that was killed at any point, or whose files are damaged: see docs/state-folder.md.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <cerrno>
#include <csignal>

#include "runtime/base/log.h"
#include "runtime/base/text.h"
#include "runtime/container/init_process.h"
#include "runtime/container/load.h"
#include "runtime/container/lookup.h"
#include "runtime/linux/hooks.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"

namespace plimsoll::container {

namespace {

constexpr int kEndMilliseconds = 10'000;
constexpr std::uint32_t kNapMilliseconds = 2;

// What is to be taken down.
struct Remains {
  state::ProcessIdentity init;
  cgroup::Paths cgroup_paths;
  std::string intel_rdt_path;
  state::View view;  // for the hooks
  bool hooks = false;
  bool systemd = false;  // a unit holds the cgroup, of the user's own manager when rootless
  bool rootless = false;
};

Result<> end_init(const state::ProcessIdentity& init, const cgroup::Paths& cgroup_paths) {
  const auto pidfd = open_init(init);
  if (!pidfd) {
    return {};
  }
  if (auto sent = signal_init(*pidfd, SIGKILL); !sent) {
    return sent.error().kind() == ErrorKind::wrong_state ? Result<>() : sent;
  }
  auto cgroup = cgroup::Cgroup::open(cgroup_paths);
  if (cgroup && cgroup->frozen().value_or(false)) {
    (void)cgroup->thaw();
  }
  if (!TRY(wait_for_end(*pidfd, kEndMilliseconds))) {
    return fail(Error::wrong_state("container init still running"));
  }
  return {};
}

void run_poststop_hooks(const state::ContainerDir& dir, const state::View& view) {
  const auto config = load_saved_config(dir);
  if (!config) {
    log::warning(cat("ignoring that poststop hooks cannot be known: ", config.error().message()));
    return;
  }
  const std::string json = state::hook_json(view);
  for (const plan::Hook& hook : config->hooks.poststop) {
    // config.md#poststop: a failing one is logged; the others and the deletion go on.
    if (auto run = linux::run_hooks("poststop", {&hook, 1}, json); !run) {
      log::warning(cat("ignoring a failure: ", run.error().message()));
    }
  }
}

Result<> take_down(state::ContainerDir& dir, const Remains& remains) {
  TRY(end_init(remains.init, remains.cgroup_paths));
  auto cgroup = TRY_DOING("cgroup", cgroup::Cgroup::open(remains.cgroup_paths));
  if (remains.systemd) {
    cgroup.held_by_unit(remains.rootless);
  }
  TRY_DOING("unable to remove container's cgroup", cgroup.remove());
  if (!remains.intel_rdt_path.empty()) {
    auto removed = sys::unlink_at(sys::cwd(), remains.intel_rdt_path.c_str(), AT_REMOVEDIR);
    if (!removed && removed.error().err() != ENOENT) {
      return fail(std::move(removed).error().wrap("unable to remove container's IntelRDT group"));
    }
  }
  if (remains.hooks) {
    run_poststop_hooks(dir, remains.view);
  }
  return dir.remove();
}

Result<> remove_recorded(state::ContainerDir& dir, const state::Record& record, bool force) {
  const state::Status status = status_of(dir, record);
  // docs/runc-differences.md: a created container is deleted, as callers expect.
  const bool removable =
      force || status == state::Status::stopped || status == state::Status::created;
  if (!removable) {
    return fail(Error::wrong_state(cat("cannot delete container ", dir.id(),
                                       " that is not stopped: ", state::status_name(status))));
  }
  return take_down(dir, {.init = record.init,
                         .cgroup_paths = record.cgroup_paths,
                         .intel_rdt_path = record.intel_rdt_path,
                         .view = state::view_of(record, state::Status::stopped),
                         .hooks = record.has_poststop,
                         .systemd = record.systemd_cgroup,
                         .rootless = record.rootless});
}

// The key under which a cgroup's record would have this path.
std::string controller_of(plan::CgroupMode mode, std::string_view path) {
  constexpr std::string_view kRoot = "/sys/fs/cgroup/";
  if (mode == plan::CgroupMode::v2 || !path.starts_with(kRoot)) {
    return "";
  }
  const std::string_view hierarchy =
      path.substr(kRoot.size(), path.find('/', kRoot.size()) - kRoot.size());
  if (hierarchy == "unified") {
    return "";
  }
  return hierarchy == "systemd" ? "name=systemd" : std::string(hierarchy);
}

// All processes of a container are younger than the create that made it. A cgroup with an older one
// was there before: that create was killed before it could refuse it.
bool has_foreign_process(const cgroup::Paths& paths, const state::ProcessIdentity& creator) {
  const auto cgroup = cgroup::Cgroup::open(paths);
  const auto pids = cgroup ? cgroup->processes() : fail(cgroup.error());
  if (!pids) {
    return false;
  }
  for (const pid_t pid : *pids) {
    const auto process = state::identify_process(pid);
    if (pid == sys::process_id() || (process && process->start_time < creator.start_time)) {
      return true;
    }
  }
  return false;
}

// Without a usable record: by what create wrote before it did anything, and by init's own link.
Result<> remove_unrecorded(state::ContainerDir& dir) {
  Remains remains;
  remains.view.oci_version = "1.3.0";
  remains.view.id = dir.id();
  if (const auto init = dir.load_init()) {
    remains.init = *init;
    // Create saves it before the first hook may run; killed before that, it owes none.
    const auto config = dir.load_config();
    remains.hooks = config ? !config->empty() : config.error().kind() != ErrorKind::not_found;
  }
  const auto intent = dir.load_intent();
  if (!intent) {
    if (intent.error().kind() != ErrorKind::not_found) {
      log::warning(
          cat("ignoring that the container's cgroups cannot be known: ", intent.error().message()));
    }
    return take_down(dir, remains);
  }
  remains.view.bundle = intent->bundle;
  remains.intel_rdt_path = intent->intel_rdt_path;
  remains.systemd = intent->systemd_cgroup;
  remains.rootless = intent->rootless;
  const plan::CgroupMode mode = cgroup::detect_mode();
  for (const std::string& path : intent->cgroup_paths) {
    remains.cgroup_paths.emplace_back(controller_of(mode, path), path);
  }
  if (has_foreign_process(remains.cgroup_paths, intent->creator)) {
    log::warning(
        "ignoring the container's cgroup: it has processes that are older than the container");
    remains.cgroup_paths.clear();
  }
  return take_down(dir, remains);
}

// Somebody who has died may have left the lock to an init that waits; only its end frees it.
void end_orphan(const state::ContainerDir& dir) {
  const auto intent = dir.load_intent();
  const auto init = dir.load_init();
  if (intent && init && state::liveness(intent->creator) != state::Liveness::alive) {
    (void)end_init(*init, {});
  }
}

Result<state::ContainerDir> open_forced(const Globals& globals, const std::string& id) {
  auto dir = TRY(open_container(globals, id, state::ContainerDir::Lock::later));
  const std::uint64_t start = sys::monotonic_milliseconds();
  while (!TRY(dir.try_lock())) {
    if (sys::monotonic_milliseconds() - start >= kEndMilliseconds) {
      return fail(Error::wrong_state(
          cat("container ", id, " is in use: another command has held its lock for 10 seconds")));
    }
    end_orphan(dir);
    sys::sleep_milliseconds(kNapMilliseconds);
  }
  return dir;
}

}  // namespace

Result<> remove(const Globals& globals, const DeleteOptions& options) {
  auto dir = options.force
                 ? open_forced(globals, options.id)
                 : open_container(globals, options.id, state::ContainerDir::Lock::exclusive);
  if (!dir) {
    if (options.force && dir.error().kind() == ErrorKind::not_found) {
      return {};
    }
    return fail(std::move(dir).error());
  }
  auto record = dir->load();
  if (record) {
    return remove_recorded(*dir, *record, options.force);
  }
  if (options.force) {
    return remove_unrecorded(*dir);
  }
  if (record.error().kind() == ErrorKind::not_found) {
    return fail(Error::wrong_state(
        cat("container ", options.id, ": not created completely; delete it with --force")));
  }
  return fail(std::move(record).error().wrap(cat("container ", options.id)));
}

}  // namespace plimsoll::container
