// Tells a process from a later one with the same number by its start time, which the kernel counts
// in clock ticks since boot.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <array>
#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/state/process_stat.h"
#include "runtime/state/state.h"
#include "runtime/sys/file.h"

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
  const auto fields = split(trim(text.substr(command_end + 1)), ' ');
  if (fields.size() <= kStartTimeField - kFirstField || fields[0].size() != 1) {
    return std::nullopt;
  }
  const auto threads = parse_unsigned(fields[kThreadsField - kFirstField]);
  const auto start_time = parse_unsigned(fields[kStartTimeField - kFirstField]);
  if (!threads || !start_time) {
    return std::nullopt;
  }
  ProcessStat stat = {.state = fields[0][0], .threads = *threads, .start_time = *start_time};
  if (fields.size() > kExitCodeField - kFirstField) {
    stat.exit_code = parse_unsigned(fields[kExitCodeField - kFirstField]).value_or(0);
  }
  return stat;
}

Result<ProcessStat> read_process_stat(pid_t pid) {
  if (pid <= 0) {
    return fail(Error::system(ESRCH, cat("process ", pid)));
  }
  const std::string path = cat("/proc/", pid, "/stat");
  const UniqueFd file = TRY(sys::open_at(sys::cwd(), path.c_str(), O_RDONLY | O_NOCTTY));
  // The command's 64 bytes and 51 numbers of at most 20 digits fit; the kernel gives it in one
  // read.
  std::array<char, 2048> buffer;
  const std::size_t size =
      TRY_DOING(cat("'", path, "'"), sys::read_some(file, buffer.data(), buffer.size()));
  const auto stat = parse_process_stat(std::string_view(buffer.data(), size));
  if (!stat) {
    return fail(Error::invalid(cat("'", path, "': not in the form of a process's stat file")));
  }
  return *stat;
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
