// `wait`: the end of a container, seen by somebody who is not its parent.
// SPDX-License-Identifier: Apache-2.0
#include <poll.h>

#include <array>

#include "runtime/container/init_process.h"
#include "runtime/container/lookup.h"
#include "runtime/state/process_stat.h"
#include "runtime/sys/pidfd_info.h"
#include "runtime/sys/process.h"
#include "runtime/sys/socket.h"

namespace plimsoll::container {

namespace {

// Until its parent reaps it, the status is in its stat file; 0 there may also mean that this caller
// is not told.
std::optional<sys::ExitStatus> status_of_zombie(const state::ProcessIdentity& init) {
  const auto stat = state::read_process_stat(init.pid);
  if (!stat || stat->start_time != init.start_time ||
      state::liveness(init) != state::Liveness::zombie) {
    return std::nullopt;
  }
  if (stat->exit_code == 0 && sys::effective_user_id() != 0) {
    return std::nullopt;
  }
  return sys::decode_wait_status(static_cast<int>(stat->exit_code));
}

Result<int> status_after_end(BorrowedFd pidfd, const state::ProcessIdentity& init) {
  if (const auto status = status_of_zombie(init)) {
    return status->shell_status();
  }
  if (state::liveness(init) == state::Liveness::zombie) {
    // POLLHUP, which needs no event, comes when it is reaped.
    std::array<pollfd, 1> entries = {{{.fd = pidfd.get(), .events = 0, .revents = 0}}};
    TRY(sys::poll_fds(entries, -1));
  }
  if (const auto status = sys::exit_status_of(pidfd)) {
    return status->shell_status();
  }
  return fail(Error::unsupported(
      "container has ended; this kernel does not tell its exit status to others than its parent"));
}

}  // namespace

Result<int> wait(const Globals& globals, const std::string& id) {
  const auto dir = TRY(open_container(globals, id, state::ContainerDir::Lock::none));
  const state::Record record = TRY(load_completed(dir));
  const auto pidfd = open_init(record.init);
  if (!pidfd) {
    if (const auto status = status_of_zombie(record.init)) {
      return status->shell_status();
    }
    return fail(pidfd.error());
  }
  TRY(wait_for_end(*pidfd, -1));
  return status_after_end(*pidfd, record.init);
}

}  // namespace plimsoll::container
