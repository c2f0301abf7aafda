// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/init_process.h"

#include <poll.h>

#include <array>
#include <cerrno>

#include "runtime/sys/process.h"
#include "runtime/sys/socket.h"

namespace plimsoll::container {

namespace {

Error not_running() { return Error::wrong_state("container not running"); }

}  // namespace

Result<UniqueFd> open_init(const state::ProcessIdentity& init) {
  if (init.pid <= 0) {
    return fail(not_running());
  }
  auto pidfd = sys::pidfd_open(init.pid);
  if (!pidfd) {
    // EINVAL: the number is a thread's by now.
    if (pidfd.error().err() == ESRCH || pidfd.error().err() == EINVAL) {
      return fail(not_running());
    }
    return pidfd;
  }
  if (state::liveness(init) != state::Liveness::alive) {
    return fail(not_running());
  }
  return pidfd;
}

Result<> signal_init(BorrowedFd pidfd, int signal) {
  auto sent = sys::pidfd_send_signal(pidfd, signal);
  if (!sent && sent.error().err() == ESRCH) {
    return fail(not_running());
  }
  return sent;
}

Result<bool> wait_for_end(BorrowedFd pidfd, int timeout_milliseconds) {
  std::array<pollfd, 1> entries = {{{.fd = pidfd.get(), .events = POLLIN, .revents = 0}}};
  return TRY(sys::poll_fds(entries, timeout_milliseconds)) > 0;
}

}  // namespace plimsoll::container
