// SPDX-License-Identifier: Apache-2.0
#include "runtime/launch/terminal_copy.h"

#include <asm/ioctls.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"
#include "runtime/sys/raw.h"

namespace plimsoll::launch {

namespace {

constexpr int kInput = 0;
constexpr int kOutput = 1;
constexpr std::size_t kInputEntry = 0;
constexpr std::size_t kMasterEntry = 1;
constexpr std::size_t kOutputEntry = 2;
// A write of this size to a pipe that poll(2) calls writable does not block (man 7 pipe).
constexpr std::size_t kNeverBlocks = 4096;
// tty_buffer's 64 KiB and the line discipline's 4 KiB, with room.
constexpr std::size_t kMaxKernelBuffer = std::size_t{128} * 1024;

bool is_pipe_or_terminal(BorrowedFd fd) {
  const auto status = sys::stat_fd(fd);
  return status && (S_ISFIFO(status->st_mode) || S_ISCHR(status->st_mode));
}

// Our streams are shared with the caller, who must not find them non-blocking: so they are opened
// again. Not files, whose position would be another one; sockets cannot be.
Result<UniqueFd> open_again(int number) {
  if (!is_pipe_or_terminal(BorrowedFd::of(number))) {
    return fail(Error::system(ENXIO, "open"));
  }
  return sys::open_at(sys::cwd(), cat("/proc/self/fd/", number).c_str(),
                      O_WRONLY | O_NONBLOCK | O_NOCTTY);
}

bool is_again(const Error& error) { return error.err() == EAGAIN; }

}  // namespace

Result<TerminalCopy> TerminalCopy::start(UniqueFd master) {
  TerminalCopy copy;
  TRY(sys::set_nonblocking(master, true));
  const long peer = sys::raw(SYS_ioctl, master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (peer >= 0) {
    copy.peer_ = UniqueFd(static_cast<int>(peer));
  }
  copy.master_ = std::move(master);
  if (auto output = open_again(kOutput)) {
    copy.own_output_ = *std::move(output);
  } else {
    copy.output_blocks_ = true;
  }
  return copy;
}

void TerminalCopy::prepare(std::array<pollfd, kEntries>& entries) const {
  const bool read_input = input_open_ && input_.empty() && !ended_;
  entries[kInputEntry] = {.fd = read_input ? kInput : -1, .events = POLLIN, .revents = 0};

  short events = 0;
  if (output_.empty()) {
    events |= POLLIN;
  }
  if (!input_.empty()) {
    events |= POLLOUT;
  }
  const bool use_master = master_open_ && events != 0;
  entries[kMasterEntry] = {.fd = use_master ? master_.get() : -1, .events = events, .revents = 0};

  const int output = own_output_ ? own_output_.get() : kOutput;
  const bool write_output = output_open_ && !output_.empty();
  entries[kOutputEntry] = {.fd = write_output ? output : -1, .events = POLLOUT, .revents = 0};
}

void TerminalCopy::copy(const std::array<pollfd, kEntries>& entries) {
  if (entries[kInputEntry].fd >= 0 && entries[kInputEntry].revents != 0) {
    read_input();
  }
  if (!input_.empty() && master_open_) {
    write_input();
  }
  if (entries[kMasterEntry].fd >= 0 &&
      (entries[kMasterEntry].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
    (void)read_master();
  }
  const bool output_ready = entries[kOutputEntry].fd >= 0 && entries[kOutputEntry].revents != 0;
  if (!output_.empty() && (output_ready || !output_blocks_)) {
    write_output();
  }
}

void TerminalCopy::end_of_process() {
  if (!ended_) {
    ended_ = true;
    input_.begin = input_.end = 0;
    master_is_empty_ = !master_open_;
  }
  // The program's last bytes are read until there are none: a read of an empty master first waits
  // for what is still on its way inside the kernel, so EAGAIN is the truth. Other processes may
  // have the terminal and go on writing; what the ended one wrote is within the kernel's own limit.
  while (output_.empty() && !master_is_empty_) {
    read_after_end_ += read_master();
    master_is_empty_ = master_is_empty_ || read_after_end_ >= kMaxKernelBuffer;
    if (!output_.empty() && !output_blocks_) {
      write_output();
    }
  }
}

void TerminalCopy::read_input() {
  const auto count =
      sys::read_some(BorrowedFd::of(kInput), input_.bytes.data(), input_.bytes.size());
  if (!count) {
    input_open_ = is_again(count.error());
    return;
  }
  if (*count == 0) {
    // The end of a pipe is no end for a terminal: the program goes on, as with other runtimes.
    input_open_ = false;
    return;
  }
  input_.begin = 0;
  input_.end = *count;
}

void TerminalCopy::write_input() {
  const auto count =
      sys::write_some(master_, input_.bytes.data() + input_.begin, input_.end - input_.begin);
  if (count) {
    input_.begin += *count;
  } else if (!is_again(count.error())) {
    input_.begin = input_.end = 0;
  }
}

std::size_t TerminalCopy::read_master() {
  if (!output_.empty() || !master_open_) {
    return 0;
  }
  const auto count = sys::read_some(master_, output_.bytes.data(), output_.bytes.size());
  if (!count || *count == 0) {
    master_is_empty_ = true;
    // EIO: nobody has the terminal open, which cannot be while we hold its peer.
    master_open_ = !count && is_again(count.error());
    return 0;
  }
  master_is_empty_ = false;
  output_.begin = 0;
  // Without a reader the program must not come to a stand: what it writes is dropped.
  output_.end = output_open_ ? *count : 0;
  return *count;
}

void TerminalCopy::write_output() {
  if (output_open_) {
    const BorrowedFd out = own_output_ ? BorrowedFd(own_output_) : BorrowedFd::of(kOutput);
    std::size_t size = output_.end - output_.begin;
    if (output_blocks_) {
      size = std::min(size, kNeverBlocks);
    }
    const auto count = sys::write_some(out, output_.bytes.data() + output_.begin, size);
    if (count) {
      output_.begin += *count;
      return;
    }
    if (is_again(count.error())) {
      return;
    }
    output_open_ = false;
  }
  output_.begin = output_.end = 0;
}

}  // namespace plimsoll::launch
