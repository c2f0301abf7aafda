// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>

#include <cerrno>
#include <csignal>
#include <optional>

#include "runtime/base/log.h"
#include "runtime/base/text.h"
#include "runtime/container/create.h"
#include "runtime/container/load.h"
#include "runtime/launch/parent.h"
#include "runtime/launch/terminal.h"
#include "runtime/linux/hooks.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"
#include "runtime/sys/socket.h"

namespace plimsoll::container {

namespace {

// Connects to init, which listens; nobody listens any more when it has been started or has died.
Result<UniqueFd> connect_to_init(const state::ContainerDir& dir, const state::Record& record) {
  const bool alive = state::liveness(record.init) == state::Liveness::alive;
  if (!alive) {
    return fail(Error::wrong_state("cannot start a container that has stopped"));
  }
  if (!dir.start_pending()) {
    return fail(Error::wrong_state("cannot start an already running container"));
  }
  UniqueFd socket = TRY(sys::unix_socket(SOCK_SEQPACKET));
  TRY(sys::connect_unix(socket, cat("/proc/self/fd/", dir.fd().get(), "/", state::kStartSocket)));
  return socket;
}

// A hook of start that fails takes the container with it (runtime.md#lifecycle, steps 7 and 9).
void destroy(const Globals& globals, const std::string& id) {
  if (auto removed = remove(globals, {.id = id, .force = true}); !removed) {
    log::warning(
        cat("ignoring that the container could not be removed: ", removed.error().message()));
  }
}

}  // namespace

Result<> start(const Globals& globals, const std::string& id, const std::string& notify_socket) {
  TRY(state::check_id(id));
  const UniqueFd root = TRY(state::open_root(globals.root, false));
  auto dir = TRY(state::ContainerDir::open(root, id, state::ContainerDir::Lock::exclusive));
  const state::Record record = TRY(dir.load());
  const UniqueFd channel = TRY(connect_to_init(dir, record));
  const UniqueFd pidfd = TRY(sys::pidfd_open(record.init.pid));
  std::optional<launch::NotifyProxy> notify;
  if (!notify_socket.empty()) {
    notify = TRY(launch::NotifyProxy::create(dir.fd(), cat(globals.root, "/", id)));
  }
  std::optional<spec::Spec> config;
  if (record.has_poststart) {
    config = TRY(load_saved_config(dir));
  }
  auto started =
      launch::drive_start(channel, state::view_of(record, state::Status::created), pidfd);
  // Removed only now: until then a start that is killed leaves a container that can still be
  // started.
  (void)sys::unlink_at(dir.fd(), state::kStartSocket);
  if (started && config) {
    started = linux::run_hooks("poststart", config->hooks.poststart,
                               state::hook_json(state::view_of(record, state::Status::running)));
    if (!started) {
      (void)sys::lock_fd(dir.fd(), LOCK_UN);
      destroy(globals, id);
      return started;
    }
  }
  if (!started) {
    if (started.error().text().starts_with("startContainer hooks")) {
      (void)sys::lock_fd(dir.fd(), LOCK_UN);
      destroy(globals, id);
    }
    return started;
  }
  if (notify) {
    const sys::Process process = {.pid = record.init.pid,
                                  .pidfd = TRY(sys::pidfd_open(record.init.pid))};
    (void)sys::lock_fd(dir.fd(), LOCK_UN);
    TRY(notify->wait_and_forward(notify_socket, process));
  }
  return {};
}

}  // namespace plimsoll::container
