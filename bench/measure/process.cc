// Starting, waiting and accounting of measured processes.
// SPDX-License-Identifier: Apache-2.0
#include "bench/measure/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <stdexcept>
#include <system_error>

extern char** environ;

namespace plimsoll::bench {
namespace {

[[noreturn]] void fail(int error, const std::string& doing) {
  throw std::system_error(error, std::generic_category(), doing);
}

double microseconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
}

Usage usage_of(const rusage& usage, std::int64_t wall_ns) {
  return {.wall_ns = static_cast<double>(wall_ns),
          .user_us = microseconds(usage.ru_utime),
          .system_us = microseconds(usage.ru_stime),
          .max_rss_kb = static_cast<double>(usage.ru_maxrss),
          .minor_faults = static_cast<double>(usage.ru_minflt),
          .major_faults = static_cast<double>(usage.ru_majflt),
          .voluntary_switches = static_cast<double>(usage.ru_nvcsw),
          .involuntary_switches = static_cast<double>(usage.ru_nivcsw)};
}

// The attributes and file actions of posix_spawn, freed whatever happens.
struct SpawnSetup {
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
  SpawnSetup() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  ~SpawnSetup() {
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;
};

}  // namespace

Streams::Streams(const std::string& folder)
    : null_(open("/dev/null", O_RDWR | O_CLOEXEC)),
      error_(open((folder + "/stderr").c_str(), O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC,
                  0600)) {
  if (null_ < 0 || error_ < 0) {
    fail(errno, "open the streams in '" + folder + "'");
  }
}

Streams::~Streams() {
  close(null_);
  close(error_);
}

void Streams::clear() const {
  if (ftruncate(error_, 0) != 0) {
    fail(errno, "ftruncate");
  }
}

std::string Streams::error_text() const {
  std::string text(4096, '\0');
  const ssize_t size = pread(error_, text.data(), text.size(), 0);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  while (!text.empty() && text.back() == '\n') {
    text.pop_back();
  }
  return text;
}

std::int64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

Started start_process(const Argv& argv, const Streams& streams) {
  std::vector<char*> words;
  words.reserve(argv.size() + 1);
  for (const std::string& word : argv) {
    words.push_back(const_cast<char*>(word.c_str()));
  }
  words.push_back(nullptr);
  SpawnSetup setup;
  posix_spawn_file_actions_adddup2(&setup.actions, streams.null(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&setup.actions, streams.null(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&setup.actions, streams.error(), STDERR_FILENO);
  // glibc starts by clone(CLONE_VM | CLONE_VFORK): the size of this process does not count.
  Started started;
  started.start_ns = monotonic_ns();
  const int error =
      posix_spawn(&started.pid, words[0], &setup.actions, &setup.attributes, words.data(), environ);
  if (error != 0) {
    fail(error, "start '" + argv[0] + "'");
  }
  return started;
}

Ended wait_process(const Started& started) {
  Ended ended;
  rusage usage{};
  while (wait4(started.pid, &ended.status, 0, &usage) < 0) {
    if (errno != EINTR) {
      fail(errno, "wait4");
    }
  }
  ended.end_ns = monotonic_ns();
  ended.usage = usage_of(usage, ended.end_ns - started.start_ns);
  return ended;
}

std::vector<Ended> wait_processes(std::span<const Started> started) {
  std::vector<Ended> ended(started.size());
  std::size_t left = started.size();
  while (left > 0) {
    int status = 0;
    rusage usage{};
    const pid_t pid = wait4(-1, &status, 0, &usage);
    if (pid < 0) {
      if (errno == EINTR) {
        continue;
      }
      fail(errno, "wait4");
    }
    const std::int64_t now = monotonic_ns();
    for (std::size_t i = 0; i < started.size(); ++i) {
      if (started[i].pid == pid) {
        ended[i] = {
            .status = status, .end_ns = now, .usage = usage_of(usage, now - started[i].start_ns)};
        --left;
      }
    }
  }
  return ended;
}

Ended run_process(const Argv& argv, const Streams& streams) {
  streams.clear();
  return wait_process(start_process(argv, streams));
}

std::string status_text(int status) {
  if (WIFSIGNALED(status)) {
    const char* name = sigdescr_np(WTERMSIG(status));
    return "killed by signal " + std::to_string(WTERMSIG(status)) + " (" +
           (name != nullptr ? name : "?") + ")";
  }
  return "exit status " + std::to_string(WEXITSTATUS(status));
}

void become_subreaper() {
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) {
    fail(errno, "prctl PR_SET_CHILD_SUBREAPER");
  }
}

void reap(pid_t pid) {
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void reap_ended() {
  while (waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

}  // namespace plimsoll::bench
