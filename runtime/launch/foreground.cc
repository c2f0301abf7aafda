// The runtime's own process while a container, or an exec, runs in the foreground: signals go in,
// the terminal's bytes both ways, the exit status comes out.
// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>

#include "runtime/base/log.h"
#include "runtime/base/text.h"
#include "runtime/launch/own_terminal.h"
#include "runtime/launch/terminal.h"
#include "runtime/launch/terminal_copy.h"
#include "runtime/sys/file.h"
#include "runtime/sys/raw.h"
#include "runtime/sys/socket.h"

namespace plimsoll::launch {

namespace {

constexpr std::uint64_t bit(int signal) { return std::uint64_t{1} << (signal - 1); }

// Faults of our own stay deadly: blocked, they would kill without a word of where.
constexpr std::uint64_t kOwnFaults =
    bit(SIGSEGV) | bit(SIGBUS) | bit(SIGILL) | bit(SIGFPE) | bit(SIGTRAP) | bit(SIGSYS);
constexpr std::uint64_t kRead = ~kOwnFaults;
constexpr std::uint64_t kNotForwarded = bit(SIGCHLD) | bit(SIGURG) | bit(SIGPIPE);
constexpr std::uint64_t kAskUsToEnd = bit(SIGTERM) | bit(SIGINT) | bit(SIGQUIT) | bit(SIGHUP);

class ForegroundLoop {
 public:
  ForegroundLoop(const Foreground& foreground, UniqueFd signals)
      : process_(*foreground.process),
        subreaper_(foreground.subreaper),
        signals_(std::move(signals)) {}

  Result<> use_terminal(UniqueFd master) {
    prepare_foreground_master(master);
    copy_.emplace(TRY_DOING("terminal", TerminalCopy::start(std::move(master))));
    terminal_.emplace(OwnTerminal::find());
    TRY_DOING("terminal", terminal_->set_raw());
    return {};
  }

  Result<sys::ExitStatus> run() {
    while (!status_ || copying()) {
      TRY(turn());
    }
    return *status_;
  }

 private:
  static constexpr std::size_t kSignalEntry = 0;
  static constexpr std::size_t kProcessEntry = 1;
  static constexpr std::size_t kFirstCopyEntry = 2;

  bool copying() const { return copy_ && !give_up_ && !copy_->drained(); }

  Result<> turn() {
    std::array<pollfd, kFirstCopyEntry + TerminalCopy::kEntries> entries = {};
    std::array<pollfd, TerminalCopy::kEntries> copies;
    copies.fill({.fd = -1, .events = 0, .revents = 0});
    if (copy_) {
      copy_->prepare(copies);
    }
    entries[kSignalEntry] = {.fd = signals_.get(), .events = POLLIN, .revents = 0};
    entries[kProcessEntry] = {
        .fd = status_ ? -1 : process_.pidfd.get(), .events = POLLIN, .revents = 0};
    std::copy(copies.begin(), copies.end(), entries.begin() + kFirstCopyEntry);
    TRY(sys::poll_fds(entries, -1));
    std::copy(entries.begin() + kFirstCopyEntry, entries.end(), copies.begin());
    if (entries[kSignalEntry].revents != 0) {
      TRY(read_signals());
    }
    if (copy_) {
      copy_->copy(copies);
    }
    if (entries[kProcessEntry].revents != 0) {
      status_ = TRY(sys::wait_for(process_.pidfd));
    }
    if (status_ && copy_) {
      copy_->end_of_process();
    }
    return {};
  }

  Result<> read_signals() {
    std::array<signalfd_siginfo, 32> infos;
    const auto size = sys::read_some(signals_, infos.data(), sizeof infos);
    if (!size) {
      if (size.error().err() == EAGAIN) {
        return {};
      }
      return fail(size.error());
    }
    for (std::size_t i = 0; i < *size / sizeof infos[0]; ++i) {
      handle(static_cast<int>(infos[i].ssi_signo));
    }
    return {};
  }

  void handle(int signal) {
    if (signal == SIGCHLD && subreaper_) {
      reap_others();
    }
    if (signal == SIGWINCH && copy_ && terminal_) {
      terminal_->copy_size(copy_->master());
      return;
    }
    if ((kNotForwarded & bit(signal)) != 0) {
      return;
    }
    if (status_) {
      // Only our reader keeps us: whoever asks us to end does not want to wait for it.
      give_up_ = give_up_ || (kAskUsToEnd & bit(signal)) != 0;
      return;
    }
    auto sent = sys::pidfd_send_signal(process_.pidfd, signal);
    if (!sent && sent.error().err() != ESRCH) {
      log::warning(cat("ignoring that signal ", signal,
                       " could not be forwarded: ", sent.error().message()));
    }
  }

  // Processes of the container whose own parent has ended. WNOWAIT shows which child it is before
  // it is taken: the one we wait for stays.
  void reap_others() {
    for (;;) {
      siginfo_t info = {};
      long result = sys::raw_retry(SYS_waitid, static_cast<int>(P_ALL), 0, &info,
                                   WEXITED | WNOHANG | WNOWAIT | __WALL, nullptr);
      if (result < 0 || info.si_pid == 0 || info.si_pid == process_.pid) {
        return;
      }
      result = sys::raw_retry(SYS_waitid, static_cast<int>(P_PID), info.si_pid, &info,
                              WEXITED | WNOHANG | __WALL, nullptr);
      if (result < 0) {
        return;
      }
    }
  }

  const sys::Process& process_;
  bool subreaper_;
  UniqueFd signals_;
  std::optional<TerminalCopy> copy_;
  std::optional<OwnTerminal> terminal_;
  std::optional<sys::ExitStatus> status_;
  bool give_up_ = false;
};

}  // namespace

Result<> block_forwarded_signals() {
  const std::uint64_t mask = kRead;
  const long result = sys::raw(SYS_rt_sigprocmask, SIG_BLOCK, &mask, nullptr, sizeof mask);
  if (result < 0) {
    return fail(Error::system(static_cast<int>(-result), "rt_sigprocmask"));
  }
  return {};
}

Result<sys::ExitStatus> wait_in_foreground(Foreground foreground) {
  ForegroundLoop loop(foreground, TRY(sys::signal_fd(kRead)));
  if (foreground.master) {
    TRY(loop.use_terminal(std::move(foreground.master)));
  }
  return loop.run();
}

}  // namespace plimsoll::launch
