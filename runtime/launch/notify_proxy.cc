// The proxy of sd_notify(3) between a container and the service manager outside. Runs in the
// runtime's own process, in `start` and `run`.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "runtime/base/log.h"
#include "runtime/base/text.h"
#include "runtime/launch/terminal.h"
#include "runtime/sys/abstract_socket.h"
#include "runtime/sys/file.h"
#include "runtime/sys/socket.h"

namespace plimsoll::launch {

namespace {

constexpr const char* kDir = "notify";
constexpr const char* kSocket = "notify.sock";
constexpr std::size_t kMaxMessage = 4096;
constexpr int kBarrierMilliseconds = 30'000;

Result<> connect_host(BorrowedFd socket, const std::string& address) {
  if (address.starts_with('@')) {
    return sys::connect_abstract(socket, std::string_view(address).substr(1));
  }
  return sys::connect_unix(socket, address);
}

bool says_ready(std::string_view message) {
  for (const std::string_view line : split(message, '\n')) {
    if (line == "READY=1") {
      return true;
    }
  }
  return false;
}

// sd_notify_barrier(3): the manager closes the pipe's end once it has handled all before it.
Result<> barrier(BorrowedFd host) {
  sys::Pipe pipe = TRY(sys::pipe());
  const int fds[] = {pipe.write.get()};
  if (const auto sent = sys::send_message(host, "BARRIER=1", fds); !sent) {
    // The container runs, and has been announced: who waits for that alone may be gone by now.
    log::warning(cat("ignoring that BARRIER=1 could not be sent: ", sent.error().message()));
    return {};
  }
  pipe.write.reset();
  std::array<pollfd, 1> entries = {{{.fd = pipe.read.get(), .events = POLLIN, .revents = 0}}};
  if (TRY(sys::poll_fds(entries, kBarrierMilliseconds)) == 0) {
    log::warning(
        "ignoring that the notify socket's owner did not answer BARRIER=1 within 30 seconds");
  }
  return {};
}

Result<UniqueFd> make_socket(BorrowedFd container_dir) {
  if (auto made = sys::mkdir_at(container_dir, kDir, 0755); !made && made.error().err() != EEXIST) {
    return fail(std::move(made).error());
  }
  const UniqueFd dir = TRY(sys::open_at(container_dir, kDir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  // Whatever the umask is: the container's user must get at the socket.
  TRY(sys::chmod_fd(dir, 0755));
  if (auto removed = sys::unlink_at(dir, kSocket); !removed && removed.error().err() != ENOENT) {
    return fail(std::move(removed).error());
  }
  UniqueFd socket = TRY(sys::unix_socket(SOCK_DGRAM));
  TRY(sys::bind_unix(socket, cat("/proc/self/fd/", dir.get(), "/", kSocket)));
  TRY(sys::chmod_at(dir, kSocket, 0777));
  return socket;
}

}  // namespace

Result<NotifyProxy> NotifyProxy::create(BorrowedFd container_dir,
                                        const std::string& container_path) {
  const std::string doing = cat("notify socket in '", container_path, "'");
  return NotifyProxy(TRY_DOING(doing, make_socket(container_dir)));
}

Result<> NotifyProxy::wait_and_forward(const std::string& host_socket, const sys::Process& init) {
  const UniqueFd host = TRY(sys::unix_socket(SOCK_DGRAM));
  TRY_DOING("notify socket", connect_host(host, host_socket));
  for (;;) {
    std::array<pollfd, 2> entries = {{
        {.fd = socket_.get(), .events = POLLIN, .revents = 0},
        {.fd = init.pidfd.get(), .events = POLLIN, .revents = 0},
    }};
    TRY(sys::poll_fds(entries, -1));
    if ((entries[0].revents & POLLIN) != 0) {
      // A message that is too long or carries too many fds is the container's own fault: dropped.
      const auto message = sys::receive_message(socket_, kMaxMessage);
      if (message && says_ready(message->data)) {
        break;
      }
      continue;
    }
    if (entries[1].revents != 0) {
      return {};
    }
  }
  // In this order, one datagram: the manager must not take the state change for another process's.
  TRY_DOING("notify socket", sys::send_message(host, cat("MAINPID=", init.pid, "\nREADY=1\n")));
  return barrier(host);
}

}  // namespace plimsoll::launch
