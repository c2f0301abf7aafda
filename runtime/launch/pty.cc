// Pseudo terminals: made in init from the container's own devpts, handed to whoever will use the
// master.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/launch/terminal.h"
#include "runtime/sys/file.h"
#include "runtime/sys/raw.h"
#include "runtime/sys/socket.h"

namespace plimsoll::launch {

namespace {

constexpr ino_t kPtmxInode = 2;  // fs/devpts: PTMX_MINOR's node is always the second inode
constexpr unsigned kPtmxMajor = 5;
constexpr unsigned kPtmxMinor = 2;
constexpr unsigned kFirstPeerMajor = 136;  // UNIX98_PTY_SLAVE_MAJOR, 8 of them
constexpr unsigned kLastPeerMajor = 143;

Result<> check_devpts(BorrowedFd fd, std::string_view what) {
  if (TRY(sys::filesystem_type(fd)) != DEVPTS_SUPER_MAGIC) {
    return fail(Error::invalid(cat(what, " is not on a devpts file system")));
  }
  return {};
}

bool is_ptmx(const struct stat& status, const struct stat& dir) {
  return S_ISCHR(status.st_mode) && major(status.st_rdev) == kPtmxMajor &&
         minor(status.st_rdev) == kPtmxMinor && status.st_ino == kPtmxInode &&
         status.st_dev == dir.st_dev;
}

// The kernel resolves the peer through the master itself, so that no name in the container is
// trusted (CVE-2025-52565).
Result<UniqueFd> open_peer(BorrowedFd master) {
  const long fd = sys::raw(SYS_ioctl, master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (fd < 0) {
    return fail(Error::system(static_cast<int>(-fd), "ioctl TIOCGPTPEER"));
  }
  UniqueFd peer(static_cast<int>(fd));
  TRY(check_devpts(peer, "terminal"));
  const struct stat status = TRY(sys::stat_fd(peer));
  if (!S_ISCHR(status.st_mode) || major(status.st_rdev) < kFirstPeerMajor ||
      major(status.st_rdev) > kLastPeerMajor) {
    return fail(Error::invalid("terminal is not a pseudo terminal"));
  }
  return peer;
}

}  // namespace

Result<Pty> open_pty(BorrowedFd devpts_dir, std::uint16_t height, std::uint16_t width) {
  TRY(check_devpts(devpts_dir, "'/dev/pts'"));
  const struct stat dir = TRY(sys::stat_fd(devpts_dir));
  const Error not_ptmx = Error::invalid("'/dev/pts/ptmx' is not the devpts file system's own");
  // Looked at before it is opened, because to open another device may do something; and after,
  // because it is the opened one that counts.
  if (!is_ptmx(TRY(sys::stat_at(devpts_dir, "ptmx", AT_SYMLINK_NOFOLLOW)), dir)) {
    return fail(not_ptmx);
  }
  Pty pty;
  pty.master = TRY(sys::open_at(devpts_dir, "ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK));
  if (!is_ptmx(TRY(sys::stat_fd(pty.master)), dir)) {
    return fail(not_ptmx);
  }
  TRY(sys::set_nonblocking(pty.master, false));
  int unlocked = 0;
  TRY(sys::io_control(pty.master, TIOCSPTLCK, &unlocked, "TIOCSPTLCK"));
  unsigned number = 0;
  TRY(sys::io_control(pty.master, TIOCGPTN, &number, "TIOCGPTN"));
  pty.name = cat("/dev/pts/", number);
  pty.peer = TRY(open_peer(pty.master));
  if (height != 0 || width != 0) {
    winsize size = {};
    size.ws_row = height;
    size.ws_col = width;
    TRY(sys::io_control(pty.master, TIOCSWINSZ, &size, "TIOCSWINSZ"));
  }
  return pty;
}

Result<> attach_terminal(BorrowedFd peer) {
  TRY(sys::io_control(peer, TIOCSCTTY, nullptr, "TIOCSCTTY"));
  for (int number = 0; number <= 2; ++number) {
    TRY(sys::duplicate_to(peer, number));
  }
  return {};
}

Result<UniqueFd> connect_console(const std::string& path) {
  UniqueFd socket = TRY(sys::unix_socket(SOCK_STREAM));
  TRY_DOING("console socket", sys::connect_unix(socket, path));
  return socket;
}

Result<> send_console(BorrowedFd console_socket, BorrowedFd master, const std::string& name) {
  const int fds[] = {master.get()};
  TRY_DOING("console socket", sys::send_message(console_socket, name, fds));
  return {};
}

Result<> send_pidfd(const std::string& socket_path, BorrowedFd pidfd, std::string_view kind) {
  const UniqueFd socket = TRY(sys::unix_socket(SOCK_STREAM));
  TRY_DOING("pidfd socket", sys::connect_unix(socket, socket_path));
  const int fds[] = {pidfd.get()};
  TRY_DOING("pidfd socket", sys::send_message(socket, kind, fds));
  return {};
}

}  // namespace plimsoll::launch
