// Runs the operations of the runtime under test. SPDX-License-Identifier: Apache-2.0
#include "conformance/driver/runtime.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "nlohmann/json.hpp"

namespace plimsoll::conformance {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

namespace {

std::vector<std::string> split(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), std::istream_iterator<std::string>()};
}

void replace_all(std::string& text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

[[noreturn]] void become(const std::vector<std::string>& words, const std::string& output,
                         const std::string& error) {
  const int in = open("/dev/null", O_RDONLY);
  const int out = open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const int err = open(error.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  // A runtime that mounts in its caller's namespace must not spoil the cases that follow.
  if (unshare(CLONE_NEWNS) == 0) {
    mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr);
  }
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (const std::string& word : words) {
    argv.push_back(const_cast<char*>(word.c_str()));
  }
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  _exit(127);
}

// Waits for a child of ours; kills it after the given time.
int wait_for(pid_t child, int seconds) {
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, child, 0));
  pollfd entry{.fd = pidfd, .events = POLLIN, .revents = 0};
  const bool ended = poll(&entry, 1, seconds * 1000) == 1;
  close(pidfd);
  if (!ended) {
    kill(child, SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (!ended) {
    return 124;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Runtime::Runtime(std::string folder)
    : bundle_(folder + "/main"), state_root_(folder + "/state/root"), folder_(std::move(folder)) {
  program_ = split(environment("RUNTIME") + " " + environment("RUNTIME_ARGS"));
  if (const std::string timeout = environment("TIMEOUT"); !timeout.empty()) {
    timeout_seconds_ = std::atoi(timeout.c_str());
  }
  std::ifstream adapter(environment("ADAPTER"));
  for (std::string line; std::getline(adapter, line);) {
    std::vector<std::string> words = split(line);
    if (words.empty() || words.front().starts_with("#")) {
      continue;
    }
    const std::string operation = words.front();
    words.erase(words.begin());
    templates_[operation] = std::move(words);
  }
}

std::vector<std::string> Runtime::words_for(const std::string& operation,
                                            const std::string& id) const {
  const auto found = templates_.find(operation);
  if (found == templates_.end()) {
    return {};
  }
  std::vector<std::string> words = program_;
  for (std::string word : found->second) {
    replace_all(word, "{root}", state_root_);
    replace_all(word, "{bundle}", bundle_);
    replace_all(word, "{id}", id);
    words.push_back(std::move(word));
  }
  return words;
}

Outcome Runtime::operate(const std::string& operation, const std::string& id) {
  const std::vector<std::string> words = words_for(operation, id);
  Outcome outcome;
  if (words.empty()) {
    outcome.status = 127;
    return outcome;
  }
  const std::string output = folder_ + "/driver.out";
  const std::string error = folder_ + "/driver.err";
  const pid_t child = fork();
  if (child == 0) {
    become(words, output, error);
  }
  outcome.status = wait_for(child, timeout_seconds_);
  outcome.output = read_text(output);
  outcome.error = read_text(error);
  return outcome;
}

void Runtime::discard(const std::string& id) {
  const Outcome state = operate("state", id);
  if (state.status == 0) {
    const nlohmann::json document = nlohmann::json::parse(state.output, nullptr, false);
    const pid_t pid = document.is_object() ? document.value("pid", 0) : 0;
    const int pidfd = pid > 1 ? static_cast<int>(syscall(SYS_pidfd_open, pid, 0)) : -1;
    if (pidfd >= 0) {
      syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0);
      pollfd entry{.fd = pidfd, .events = POLLIN, .revents = 0};
      poll(&entry, 1, 5000);
      close(pidfd);
    }
  }
  if (operate("delete", id).status != 0) {
    operate("delete-force", id);
  }
}

}  // namespace plimsoll::conformance
