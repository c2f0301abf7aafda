// The launcher's other side.
// SPDX-License-Identifier: Apache-2.0
#include "bench/measure/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <stdexcept>
#include <system_error>

#include "bench/measure/files.h"

namespace plimsoll::bench {
namespace {

volatile std::sig_atomic_t stop_signal = 0;

void note_signal(int signal) { stop_signal = signal; }

[[noreturn]] void fail(int error, const std::string& doing) {
  throw std::system_error(error, std::generic_category(), doing);
}

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    fail(errno, "pipe2");
  }
  return ends;
}

bool read_all(int file, void* target, std::size_t size) {
  auto* place = static_cast<char*>(target);
  while (size > 0) {
    const ssize_t got = read(file, place, size);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      return false;
    }
    place += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

// A null device of the measured programs' own: some runtimes give their standard streams to the
// container's user. The machine's where none can be made, or opened (a nodev file system).
std::string null_device(const std::string& folder) {
  constexpr mode_t kForAll = 0666;
  const std::string path = folder + "/null";
  if (mknod(path.c_str(), S_IFCHR | kForAll, makedev(1, 3)) == 0 || errno == EEXIST) {
    if (const int file = open(path.c_str(), O_RDWR | O_CLOEXEC); file >= 0) {
      close(file);
      return path;
    }
  }
  return "/dev/null";
}

double microseconds(long seconds, long micros) {
  return static_cast<double>(seconds) * 1e6 + static_cast<double>(micros);
}

}  // namespace

Launcher::Launcher(const std::string& folder)
    : error_(open((folder + "/stderr").c_str(), O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC,
                  0600)) {
  if (error_ < 0) {
    fail(errno, "open a file in '" + folder + "'");
  }
  const std::array<int, 2> requests = make_pipe();
  const std::array<int, 2> answers = make_pipe();
  requests_ = requests[1];
  answers_ = answers[0];
  const std::string null = null_device(folder);
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, null.c_str(), O_RDWR, 0);
  posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, error_, STDERR_FILENO);
  posix_spawn_file_actions_adddup2(&actions, requests[0], kRequestPipe);
  posix_spawn_file_actions_adddup2(&actions, answers[1], kAnswerPipe);
  std::string program = beside_program("plimsoll-bench-launcher");
  std::array<char*, 2> words{program.data(), nullptr};
  // A process group of its own: what a terminal sends is for the bench, which then takes its
  // containers away.
  posix_spawnattr_t attributes{};
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  const int error =
      posix_spawn(&pid_, program.c_str(), &actions, &attributes, words.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  close(requests[0]);
  close(answers[1]);
  if (error != 0) {
    fail(error, "start '" + program + "'");
  }
}

Launcher::~Launcher() {
  close(requests_);
  close(answers_);
  close(error_);
  waitpid(pid_, nullptr, 0);
}

LaunchAnswer Launcher::ask(const LaunchRequest& request, const std::string& text) {
  std::string message(reinterpret_cast<const char*>(&request), sizeof request);
  message += text;
  LaunchAnswer answer{};
  if (write(requests_, message.data(), message.size()) != static_cast<ssize_t>(message.size()) ||
      !read_all(answers_, &answer, sizeof answer)) {
    throw std::runtime_error("the launcher has ended");
  }
  return answer;
}

Usage Launcher::count(const KernelUsage& usage, std::int64_t wall_ns) {
  const Usage counted{.wall_ns = static_cast<double>(wall_ns),
                      .user_us = microseconds(usage.user_s, usage.user_us),
                      .system_us = microseconds(usage.system_s, usage.system_us),
                      .max_rss_kb = static_cast<double>(usage.max_rss),
                      .minor_faults = static_cast<double>(usage.minor_faults),
                      .major_faults = static_cast<double>(usage.major_faults),
                      .voluntary_switches = static_cast<double>(usage.voluntary_switches),
                      .involuntary_switches = static_cast<double>(usage.involuntary_switches)};
  processor_us_ += counted.user_us + counted.system_us;
  return counted;
}

Started Launcher::start(const Argv& argv) {
  if (stop_signal != 0) {
    stop_signal = 0;
    throw std::runtime_error("stopped by a signal");
  }
  std::string text;
  for (const std::string& word : argv) {
    text += word + '\0';
  }
  if (argv.size() > kMaxWords || text.size() > kMaxText) {
    throw std::runtime_error("the command line of '" + argv[0] + "' is too long");
  }
  const LaunchAnswer answer = ask({.ask = Ask::start,
                                   .pid = 0,
                                   .words = static_cast<unsigned>(argv.size()),
                                   .size = static_cast<unsigned>(text.size())},
                                  text);
  if (answer.pid < 0) {
    fail(-answer.pid, "start '" + argv[0] + "'");
  }
  return {.pid = answer.pid, .start_ns = answer.time_ns};
}

std::vector<Ended> Launcher::wait(std::span<const Started> started) {
  std::vector<Ended> ended(started.size());
  std::size_t left = started.size();
  // One is waited for by its number: an orphan's end must not pass for it.
  const pid_t wanted = started.size() == 1 ? started[0].pid : -1;
  while (left > 0) {
    const LaunchAnswer answer = ask({.ask = Ask::wait, .pid = wanted, .words = 0, .size = 0});
    if (answer.pid < 0) {
      fail(-answer.pid, "wait4");
    }
    const auto place = std::ranges::find(started, answer.pid, &Started::pid);
    if (place == started.end()) {
      count(answer.usage, 0);
      continue;
    }
    ended[static_cast<std::size_t>(place - started.begin())] = {
        .status = answer.status,
        .end_ns = answer.time_ns,
        .usage = count(answer.usage, answer.time_ns - place->start_ns)};
    --left;
  }
  return ended;
}

Ended Launcher::run(const Argv& argv) {
  clear();
  const Started started = start(argv);
  return wait({&started, 1}).front();
}

void Launcher::clear() {
  if (ftruncate(error_, 0) != 0) {
    fail(errno, "ftruncate");
  }
}

std::string Launcher::error_text() const {
  std::string text(4096, '\0');
  const ssize_t size = pread(error_, text.data(), text.size(), 0);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  while (!text.empty() && text.back() == '\n') {
    text.pop_back();
  }
  return text;
}

void Launcher::reap(pid_t pid) {
  const LaunchAnswer answer = ask({.ask = Ask::wait, .pid = pid, .words = 0, .size = 0});
  if (answer.pid > 0) {
    count(answer.usage, 0);
  }
}

void Launcher::reap_ended() { ask({.ask = Ask::reap, .pid = -1, .words = 0, .size = 0}); }

void stop_on_signals() {
  struct sigaction action{};
  action.sa_handler = note_signal;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    (void)sigaction(signal, &action, nullptr);
  }
}

std::int64_t monotonic_ns() {
  timespec now{};
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

std::string status_text(int status) {
  if (WIFSIGNALED(status)) {
    const char* name = sigdescr_np(WTERMSIG(status));
    return "killed by signal " + std::to_string(WTERMSIG(status)) + " (" +
           (name != nullptr ? name : "?") + ")";
  }
  return "exit status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace plimsoll::bench
