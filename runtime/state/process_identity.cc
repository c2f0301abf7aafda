// Tells a process from a later one with the same number by its start time, which the kernel counts
// in clock ticks since boot.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <limits>

#include "runtime/base/text.h"
#include "runtime/state/process_stat.h"
#include "runtime/state/state.h"
#include "runtime/sys/raw.h"

namespace plimsoll::state {

namespace {

constexpr std::size_t kFirstField = 3;  // of the text after the command
constexpr std::size_t kThreadsField = 20;
constexpr std::size_t kStartTimeField = 22;
constexpr std::size_t kExitCodeField = 52;

bool is_dead(char state) { return state == 'Z' || state == 'X' || state == 'x'; }

}  // namespace

std::optional<ProcessStat> parse_process_stat(std::string_view text) {
  const std::size_t command_end = text.rfind(')');
  if (command_end == std::string_view::npos) {
    return std::nullopt;
  }
  std::string_view rest = trim(text.substr(command_end + 1));
  const std::string_view state = rest.substr(0, rest.find(' '));
  if (state.size() != 1) {
    return std::nullopt;
  }
  ProcessStat stat = {.state = state[0]};
  std::optional<std::uint64_t> threads;
  std::optional<std::uint64_t> start_time;
  for (std::size_t number = kFirstField; number <= kExitCodeField; ++number) {
    const std::size_t end = rest.find(' ');
    const std::string_view field = rest.substr(0, end);
    if (number == kThreadsField) {
      threads = parse_unsigned(field);
    } else if (number == kStartTimeField) {
      start_time = parse_unsigned(field);
    } else if (number == kExitCodeField) {
      stat.exit_code = parse_unsigned(field).value_or(0);
    }
    if (end == std::string_view::npos) {
      break;
    }
    rest.remove_prefix(end + 1);
  }
  if (!threads || !start_time) {
    return std::nullopt;
  }
  stat.threads = *threads;
  stat.start_time = *start_time;
  return stat;
}

int try_read_process_stat(pid_t pid, ProcessStat& stat) {
  if (pid <= 0) {
    return ESRCH;
  }
  std::array<char, sizeof "/proc//stat" + std::numeric_limits<pid_t>::digits10 + 1> path = {};
  constexpr std::string_view kFolder = "/proc/";
  constexpr std::string_view kFile = "/stat";
  char* at = std::ranges::copy(kFolder, path.data()).out;
  at = std::to_chars(at, path.data() + path.size(), pid).ptr;
  std::ranges::copy(kFile, at);
  const long opened =
      sys::raw_retry(SYS_openat, AT_FDCWD, path.data(), O_RDONLY | O_NOCTTY | O_CLOEXEC);
  if (opened < 0) {
    return static_cast<int>(-opened);
  }
  const UniqueFd file(static_cast<int>(opened));
  // The command's 64 bytes and 51 numbers of at most 20 digits fit; the kernel gives it in one
  // read.
  std::array<char, 2048> buffer;
  const long size = sys::raw_retry(SYS_read, file.get(), buffer.data(), buffer.size());
  if (size < 0) {
    return static_cast<int>(-size);
  }
  const auto parsed =
      parse_process_stat(std::string_view(buffer.data(), static_cast<std::size_t>(size)));
  if (!parsed) {
    return EBADMSG;
  }
  stat = *parsed;
  return 0;
}

Result<ProcessStat> read_process_stat(pid_t pid) {
  ProcessStat stat;
  const int error = try_read_process_stat(pid, stat);
  if (error == EBADMSG) {
    return fail(
        Error::invalid(cat("'/proc/", pid, "/stat': not in the form of a process's stat file")));
  }
  if (error != 0) {
    return fail(Error::system(error, cat("'/proc/", pid, "/stat'")));
  }
  return stat;
}

int try_identify_process(pid_t pid, ProcessIdentity& identity) {
  ProcessStat stat;
  const int error = try_read_process_stat(pid, stat);
  if (error == 0) {
    identity = {.pid = pid, .start_time = stat.start_time};
  }
  return error;
}

Result<ProcessIdentity> identify_process(pid_t pid) {
  const ProcessStat stat = TRY(read_process_stat(pid));
  return ProcessIdentity{.pid = pid, .start_time = stat.start_time};
}

Liveness liveness(const ProcessIdentity& process) {
  const auto stat = read_process_stat(process.pid);
  if (!stat || stat->start_time != process.start_time) {
    return Liveness::gone;
  }
  // A first thread that has ended is shown as a zombie while the process's other threads still run.
  return is_dead(stat->state) && stat->threads <= 1 ? Liveness::zombie : Liveness::alive;
}

}  // namespace plimsoll::state
