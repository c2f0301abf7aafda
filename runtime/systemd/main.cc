// plimsoll-systemd: what `plimsoll --systemd-cgroup` asks of systemd, one request a call.
//
//   plimsoll-systemd system|user start UNIT           properties on stdin (see unit.h)
//   plimsoll-systemd system|user set UNIT             properties on stdin
//   plimsoll-systemd system|user stop UNIT
//   plimsoll-systemd system|user attach UNIT SUB-PATH PID
//   plimsoll-systemd system|user cgroup               prints the manager's own cgroup
//
// A failure is one line on stderr and exit status 1; wrong usage is 2.
// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <array>
#include <cerrno>
#include <span>

#include "runtime/base/text.h"
#include "runtime/systemd/unit.h"

namespace plimsoll::systemd {

namespace {

constexpr std::size_t kMaxInput = 16 << 20;

void write_out(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = write(fd, text.data(), text.size());
    if (size <= 0) {
      return;
    }
    text.remove_prefix(static_cast<std::size_t>(size));
  }
}

Result<std::string> read_input() {
  std::string input;
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t size = read(STDIN_FILENO, buffer.data(), buffer.size());
    if (size < 0) {
      return fail(Error::system(errno, "read stdin"));
    }
    if (size == 0) {
      return input;
    }
    input.append(buffer.data(), static_cast<std::size_t>(size));
    if (input.size() > kMaxInput) {
      return fail(Error::invalid("stdin has more than 16 MiB"));
    }
  }
}

using Words = std::span<char* const>;

Result<> start(const Connection& connection, Words words) {
  const std::string input = TRY(read_input());
  return start_unit(connection, words[0], TRY(parse_properties(input)));
}
Result<> set(const Connection& connection, Words words) {
  const std::string input = TRY(read_input());
  return set_properties(connection, words[0], TRY(parse_properties(input)));
}
Result<> stop(const Connection& connection, Words words) { return stop_unit(connection, words[0]); }
Result<> attach(const Connection& connection, Words words) {
  const auto pid = parse_unsigned(words[2]);
  if (!pid || *pid == 0 || *pid > 0x7fffffff) {
    return fail(Error::invalid(cat("bad pid '", words[2], "'")));
  }
  return attach_process(connection, words[0], words[1], static_cast<std::uint32_t>(*pid));
}
Result<> cgroup(const Connection& connection, Words /*words*/) {
  write_out(STDOUT_FILENO, cat(TRY(manager_cgroup(connection)), "\n"));
  return {};
}

struct Request {
  std::string_view name;
  std::size_t words;
  Result<> (*run)(const Connection&, Words);
};
constexpr auto kRequests = std::to_array<Request>({
    {.name = "start", .words = 1, .run = start},
    {.name = "set", .words = 1, .run = set},
    {.name = "stop", .words = 1, .run = stop},
    {.name = "attach", .words = 3, .run = attach},
    {.name = "cgroup", .words = 0, .run = cgroup},
});

int answer(const Request& request, std::string_view manager, Words words) {
  const auto connection = connect(manager == "user");
  const auto done = connection ? request.run(*connection, words) : fail(connection.error());
  if (!done) {
    write_out(STDERR_FILENO, cat(done.error().message(), "\n"));
  }
  return done ? 0 : 1;
}

int run(Words arguments) {
  const std::string_view manager = arguments.size() < 3 ? std::string_view() : arguments[1];
  if (manager == "system" || manager == "user") {
    for (const Request& request : kRequests) {
      if (request.name == arguments[2] && request.words == arguments.size() - 3) {
        return answer(request, manager, arguments.subspan(3));
      }
    }
  }
  write_out(STDERR_FILENO,
            "usage: plimsoll-systemd system|user start|set|stop|attach|cgroup ...: for plimsoll's "
            "own use\n");
  return 2;
}

}  // namespace

}  // namespace plimsoll::systemd

int main(int argc, char** argv) {
  return plimsoll::systemd::run({argv, static_cast<std::size_t>(argc)});
}
