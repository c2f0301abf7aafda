// SPDX-License-Identifier: Apache-2.0
#include "runtime/sys/spawn_program.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <string_view>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"
#include "runtime/sys/raw.h"
#include "runtime/sys/socket.h"

namespace plimsoll::sys {

namespace {

constexpr std::size_t kSignalSetSize = 8;
constexpr std::size_t kChildStackSize = std::size_t{64} * 1024;
// What is read, at most, of a stream whose program has ended: a daemon may go on writing for ever.
constexpr std::size_t kMaxDrain = std::size_t{1024} * 1024;

// Holds all signals back: a handler that ran in the child would run on the parent's memory.
class BlockedSignals {
 public:
  BlockedSignals() {
    const std::uint64_t all = ~0ULL;
    (void)raw(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before_, kSignalSetSize);
  }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;
  ~BlockedSignals() {
    (void)raw(SYS_rt_sigprocmask, SIG_SETMASK, &before_, nullptr, kSignalSetSize);
  }

 private:
  std::uint64_t before_ = 0;
};

// A child's end must not be one of 0-2 (when the caller runs with closed standard streams), or the
// dup3 of one stream would close another.
Result<UniqueFd> above_standard(UniqueFd fd) {
  if (fd.get() > 2) {
    return fd;
  }
  return duplicate(fd);
}

// Larger than a pipe's buffer: an unnamed file, so that nobody has to feed it while the program
// runs.
Result<UniqueFd> file_with(std::string_view text) {
  constexpr unsigned kNoExecSeal = 8;  // MFD_NOEXEC_SEAL, Linux 6.3
  long fd = raw(SYS_memfd_create, "stdin", MFD_CLOEXEC | kNoExecSeal);
  if (fd == -EINVAL) {
    fd = raw(SYS_memfd_create, "stdin", MFD_CLOEXEC);
  }
  if (fd < 0) {
    return fail(Error::system(static_cast<int>(-fd), "memfd_create"));
  }
  UniqueFd file(static_cast<int>(fd));
  TRY(write_all(file, text));
  const long at = raw(SYS_lseek, file.get(), 0, SEEK_SET);
  if (at < 0) {
    return fail(Error::system(static_cast<int>(-at), "lseek"));
  }
  return file;
}

// An fd from which `text` can be read, then end of file. All is written before the program exists:
// no SIGPIPE when it does not read, no deadlock when it writes first.
Result<UniqueFd> input_with(std::string_view text) {
  Pipe ends = TRY(pipe());
  if (!text.empty()) {
    TRY(set_nonblocking(ends.write, true));
    const Result<std::size_t> written = write_some(ends.write, text.data(), text.size());
    if (!written || *written != text.size()) {
      return file_with(text);
    }
  }
  return above_standard(std::move(ends.read));
}

struct Child {
  const char* path = nullptr;
  char* const* argv = nullptr;
  char* const* envp = nullptr;
  std::array<int, 3> standard = {};
  int error = 0;  // written by the child: its memory is ours
  const char* failed_call = nullptr;
};

// Runs in the child, in the parent's memory, while CLONE_VFORK holds the parent.
int child_main(void* argument) {
  auto& child = *static_cast<Child*>(argument);
  for (int number = 0; number < 3; ++number) {
    const long result = raw(SYS_dup3, child.standard[static_cast<std::size_t>(number)], number, 0);
    if (result < 0) {
      child.error = static_cast<int>(-result);
      child.failed_call = "dup3";
      return 127;
    }
  }
  if (const Result<> closed = cloexec_from(3); !closed) {
    child.error = closed.error().err();
    child.failed_call = "close_range";
    return 127;
  }
  (void)reset_signals();
  const long result = raw(SYS_execve, child.path, child.argv, child.envp);
  child.error = static_cast<int>(-result);
  child.failed_call = "exec";
  return 127;
}

struct Running {
  Process process;
  UniqueFd output;
  UniqueFd error_output;
};

Result<Running> spawn(const ProgramRun& run) {
  const UniqueFd input = TRY(input_with(run.stdin_text));
  Pipe output = TRY(pipe());
  Pipe error_output = TRY(pipe());
  TRY(set_nonblocking(output.read, true));
  TRY(set_nonblocking(error_output.read, true));
  const UniqueFd output_end = TRY(above_standard(std::move(output.write)));
  const UniqueFd error_end = TRY(above_standard(std::move(error_output.write)));

  const std::vector<std::string> only_path = {run.path};
  const std::vector<char*> argv = exec_pointers(run.argv.empty() ? only_path : run.argv);
  const std::vector<char*> envp = exec_pointers(run.envp);
  Child child = {.path = run.path.c_str(),
                 .argv = argv.data(),
                 .envp = envp.data(),
                 .standard = {input.get(), output_end.get(), error_end.get()}};
  const ChildStack stack = TRY(ChildStack::create(kChildStackSize));
  stop_ignoring_children();
  Result<Process> process = [&] {
    const BlockedSignals blocked;
    return spawn_shared(CLONE_VFORK, -1, stack, child_main, &child);
  }();
  if (!process) {
    return fail(std::move(process).error().wrap(cat("run '", run.path, "'")));
  }
  if (child.failed_call != nullptr) {
    (void)wait_for(process->pidfd);
    return fail(Error::system(child.error, cat(child.failed_call, " '", run.path, "'")));
  }
  return Running{.process = std::move(*process),
                 .output = std::move(output.read),
                 .error_output = std::move(error_output.read)};
}

// Reads what is there and keeps the last `keep` bytes. False at end of file (or an error).
bool read_available(BorrowedFd fd, std::string& text, std::size_t keep, std::size_t limit) {
  std::array<char, 4096> buffer;
  std::size_t total = 0;
  while (total < limit) {
    const Result<std::size_t> size = read_some(fd, buffer.data(), buffer.size());
    if (!size) {
      return size.error().err() == EAGAIN;
    }
    if (*size == 0) {
      return false;
    }
    total += *size;
    text.append(buffer.data(), *size);
    if (text.size() > keep) {
      text.erase(0, text.size() - keep);
    }
  }
  return true;
}

int time_left(std::uint64_t start, int timeout_ms) {
  if (timeout_ms < 0) {
    return -1;
  }
  const std::uint64_t spent = monotonic_milliseconds() - start;
  const auto limit = static_cast<std::uint64_t>(timeout_ms);
  return spent >= limit ? 0 : static_cast<int>(limit - spent);
}

// Collects output until the program has ended; kills it when its time is up.
Result<> watch(const ProgramRun& run, const Running& running, ProgramResult& result) {
  const std::uint64_t start = monotonic_milliseconds();
  std::array<pollfd, 3> entries = {
      {{.fd = running.process.pidfd.get(), .events = POLLIN, .revents = 0},
       {.fd = running.output.get(), .events = POLLIN, .revents = 0},
       {.fd = running.error_output.get(), .events = POLLIN, .revents = 0}}};
  constexpr std::size_t kRound = std::size_t{64} * 1024;
  for (;;) {
    const int ready =
        TRY(poll_fds(entries, result.timed_out ? -1 : time_left(start, run.timeout_ms)));
    if (entries[0].revents != 0) {
      return {};
    }
    if (ready == 0 || (!result.timed_out && time_left(start, run.timeout_ms) == 0)) {
      result.timed_out = true;
      TRY(pidfd_send_signal(running.process.pidfd, SIGKILL));
      continue;
    }
    // ppoll ignores an entry with a negative fd.
    if (entries[1].revents != 0 &&
        !read_available(running.output, result.output, run.max_output, kRound)) {
      entries[1].fd = -1;
    }
    if (entries[2].revents != 0 &&
        !read_available(running.error_output, result.error_output, run.max_output, kRound)) {
      entries[2].fd = -1;
    }
  }
}

}  // namespace

Result<ProgramResult> run_program(const ProgramRun& run) {
  const Running running = TRY(spawn(run));
  ProgramResult result;
  const Result<> watched = watch(run, running, result);
  if (!watched) {
    (void)pidfd_send_signal(running.process.pidfd, SIGKILL);
  }
  const Result<ExitStatus> status = wait_for(running.process.pidfd);
  if (!watched) {
    return fail(Error(watched.error()).wrap(cat("run '", run.path, "'")));
  }
  if (!status) {
    return fail(Error(status.error()).wrap(cat("run '", run.path, "'")));
  }
  result.status = *status;
  (void)read_available(running.output, result.output, run.max_output, kMaxDrain);
  (void)read_available(running.error_output, result.error_output, run.max_output, kMaxDrain);
  return result;
}

}  // namespace plimsoll::sys
