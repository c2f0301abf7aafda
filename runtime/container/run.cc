// run: create and start in one process; in the foreground it stays, forwards signals and terminal,
// and deletes at the end. SPDX-License-Identifier: Apache-2.0
#include <sys/file.h>
#include <sys/prctl.h>

#include <csignal>
#include <optional>

#include "runtime/base/log.h"
#include "runtime/base/text.h"
#include "runtime/container/create.h"
#include "runtime/launch/terminal.h"
#include "runtime/linux/hooks.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"

namespace plimsoll::container {

namespace {

Result<> start_made(const Globals& globals, const CreateOptions& options, Made& made,
                    std::optional<launch::NotifyProxy>& notify) {
  if (!options.notify_socket.empty()) {
    notify = TRY(launch::NotifyProxy::create(made.dir.fd(), cat(globals.root, "/", options.id)));
  }
  TRY(launch::drive_start(made.creation.channel,
                          state::view_of(made.record, state::Status::created),
                          made.creation.process.pidfd, &made.creation.init->executing));
  made.creation.oom_score.take_back();
  if (!made.plan.hooks.poststart.empty()) {
    TRY(linux::run_hooks("poststart", made.plan.hooks.poststart,
                         state::hook_json(state::view_of(made.record, state::Status::running))));
  }
  return {};
}

}  // namespace

Result<int> wait_and_remove(const Globals& globals, const CreateOptions& options, Made& made) {
  launch::Foreground foreground;
  foreground.process = &made.creation.process;
  foreground.master = std::move(made.creation.master);
  foreground.subreaper = !options.no_subreaper;
  const sys::ExitStatus status = TRY(launch::wait_in_foreground(std::move(foreground)));
  if (!options.keep) {
    TRY(remove(globals, {.id = options.id, .force = true}));
  }
  return status.shell_status();
}

Result<int> run(const Globals& globals, const CreateOptions& options) {
  const bool foreground = !options.detach;
  if (foreground) {
    if (!options.no_subreaper) {
      TRY(sys::process_control(PR_SET_CHILD_SUBREAPER, 1));
    }
    // Before the clone: a signal that comes in between waits until it can be passed on.
    TRY(launch::block_forwarded_signals());
  }
  Made* made = TRY(make_container(globals, options, true));
  std::optional<launch::NotifyProxy> notify;
  auto started = start_made(globals, options, *made, notify);
  if (!started) {
    unmake_container(*made);
    return fail(std::move(started).error());
  }
  (void)sys::lock_fd(made->dir.fd(), LOCK_UN);
  if (notify) {
    TRY(notify->wait_and_forward(options.notify_socket, made->creation.process));
  }
  if (!foreground) {
    return 0;
  }
  return wait_and_remove(globals, options, *made);
}

}  // namespace plimsoll::container
