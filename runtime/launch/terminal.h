// Terminals and the foreground: console socket, pty pairs, copying, window size, signals; and the
// small hand-over files (pid file, pidfd socket, notify socket). SPDX-License-Identifier:
// Apache-2.0
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"
#include "runtime/sys/process.h"

namespace plimsoll::launch {

struct Pty {
  UniqueFd master;
  UniqueFd peer;     // by TIOCGPTPEER: never by a path of the container
  std::string name;  // "/dev/pts/0", for the console socket's message
};
// Opens ptmx of the devpts at `devpts_dir` (the container's /dev/pts folder, O_PATH) and checks
// that it is one: devpts magic, ptmx inode 2, device 5:2. Runs in init. Sets the window size when
// given; the peer's owner is who own_standard_streams makes it.
Result<Pty> open_pty(BorrowedFd devpts_dir, std::uint16_t height, std::uint16_t width);
// Makes the peer the controlling terminal and fds 0-2. Runs in init, after setsid.
Result<> attach_terminal(BorrowedFd peer);
// One message with the master as SCM_RIGHTS; the payload is the pty's name.
Result<> send_console(BorrowedFd console_socket, BorrowedFd master, const std::string& name);
// Connects to --console-socket, before anything is done.
Result<UniqueFd> connect_console(const std::string& path);

// A decimal pid without newline, written to ".NAME" beside and renamed.
Result<> write_pid_file(const std::string& path, pid_t pid);
// One message with the pidfd; the payload is "standard" (init) or "setns" (exec).
Result<> send_pidfd(const std::string& socket_path, BorrowedFd pidfd, std::string_view kind);

// Makes a foreground container's terminal fit for copying to ours: no newline translation, our
// window size. To be called before the program runs, so that its first line is treated like the
// rest.
void prepare_foreground_master(BorrowedFd master);
// Waits in the foreground for `process`: forwards every signal this process gets (blocked by the
// caller beforehand) but SIGCHLD, SIGURG and SIGPIPE; passes window size changes on and copies
// between our terminal and `master` when there is one (raw mode, restored at the end); reaps other
// children when this process is a subreaper. Returns the exit status.
struct Foreground {
  const sys::Process* process = nullptr;
  UniqueFd master;  // invalid without a terminal
  bool subreaper = false;
};
Result<sys::ExitStatus> wait_in_foreground(Foreground foreground);
// Blocks the signals that wait_in_foreground will read: called before the clone, so that none is
// lost.
Result<> block_forwarded_signals();

// The proxy of NOTIFY_SOCKET: a socket in the container's state folder, bound into the container by
// the plan's mounts.
class NotifyProxy {
 public:
  // Makes `<container dir>/notify/notify.sock`.
  static Result<NotifyProxy> create(BorrowedFd container_dir, const std::string& container_path);
  // Waits for READY=1 from the container (or its end), forwards it with MAINPID to `host_socket`,
  // then BARRIER=1.
  Result<> wait_and_forward(const std::string& host_socket, const sys::Process& init);

 private:
  explicit NotifyProxy(UniqueFd socket) : socket_(std::move(socket)) {}
  UniqueFd socket_;
};

}  // namespace plimsoll::launch
