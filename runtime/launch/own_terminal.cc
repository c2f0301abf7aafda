// SPDX-License-Identifier: Apache-2.0
#include "runtime/launch/own_terminal.h"

#include <asm/ioctls.h>
#include <fcntl.h>
#include <sys/ioctl.h>

#include <utility>

#include "runtime/launch/terminal.h"
#include "runtime/sys/file.h"

namespace plimsoll::launch {

namespace {

// The kernel's struct termios is a prefix of the C library's.
std::optional<struct termios> settings_of(BorrowedFd fd) {
  struct termios settings = {};
  if (!sys::io_control(fd, TCGETS, &settings, "TCGETS")) {
    return std::nullopt;
  }
  return settings;
}

}  // namespace

OwnTerminal OwnTerminal::find() {
  OwnTerminal terminal;
  for (const int number : {2, 1, 0}) {
    const BorrowedFd stream = BorrowedFd::of(number);
    if (!settings_of(stream)) {
      continue;
    }
    if (auto copy = sys::duplicate(stream)) {
      terminal.fd_ = *std::move(copy);
      return terminal;
    }
  }
  if (auto tty = sys::open_at(sys::cwd(), "/dev/tty", O_RDWR | O_NOCTTY)) {
    terminal.fd_ = *std::move(tty);
  }
  return terminal;
}

OwnTerminal::OwnTerminal(OwnTerminal&& other) noexcept
    : fd_(std::move(other.fd_)), saved_(std::exchange(other.saved_, std::nullopt)) {}

OwnTerminal::~OwnTerminal() {
  if (saved_) {
    (void)sys::io_control(fd_, TCSETS, &*saved_, "TCSETS");
  }
}

Result<> OwnTerminal::set_raw() {
  if (!fd_) {
    return {};
  }
  const auto settings = settings_of(fd_);
  if (!settings) {
    return {};
  }
  struct termios raw = *settings;
  cfmakeraw(&raw);
  TRY(sys::io_control(fd_, TCSETS, &raw, "TCSETS"));
  saved_ = settings;
  return {};
}

void OwnTerminal::copy_size(BorrowedFd master) const {
  winsize size = {};
  if (fd_ && sys::io_control(fd_, TIOCGWINSZ, &size, "TIOCGWINSZ")) {
    (void)sys::io_control(master, TIOCSWINSZ, &size, "TIOCSWINSZ");
  }
}

// Our own terminal translates newlines itself: output must reach it as the program wrote it.
void prepare_foreground_master(BorrowedFd master) {
  if (auto settings = settings_of(master)) {
    settings->c_oflag &= ~static_cast<tcflag_t>(ONLCR);
    (void)sys::io_control(master, TCSETS, &*settings, "TCSETS");
  }
  OwnTerminal::find().copy_size(master);
}

}  // namespace plimsoll::launch
