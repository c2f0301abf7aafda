// For tests: runs code in a forked child, so that what it does to its process (ids, namespaces,
// limits) ends with it. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>

namespace plimsoll::linux::testing {

// What `body` returns, or "signal N" when the child died of one. A child that takes more than a
// minute is killed.
template <typename Body>
std::string in_child(Body body) {
  int ends[2];
  if (pipe(ends) != 0) {
    return "pipe failed";
  }
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    alarm(60);
    const std::string text = body();
    std::size_t done = 0;
    while (done < text.size()) {
      const ssize_t size = write(ends[1], text.data() + done, text.size() - done);
      if (size <= 0) {
        break;
      }
      done += static_cast<std::size_t>(size);
    }
    _exit(0);
  }
  close(ends[1]);
  std::string text;
  std::array<char, 4096> buffer;
  for (ssize_t size = 0; (size = read(ends[0], buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(size));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) {
    return "signal " + std::to_string(WTERMSIG(status)) + text;
  }
  return text;
}

inline std::string contents(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return std::move(out).str();
}

inline void put(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

// The value of a line of /proc/self/status.
inline std::string status_of(const std::string& key) {
  std::istringstream lines(contents("/proc/self/status"));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(key + ":")) {
      const std::size_t at = line.find_first_not_of(" \t", key.size() + 1);
      return at == std::string::npos ? "" : line.substr(at);
    }
  }
  return "absent";
}

// A mount namespace of its own, from which nothing reaches the machine's.
inline bool own_mounts(int more_namespaces = 0) {
  return unshare(CLONE_NEWNS | more_namespaces) == 0 &&
         mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

// From here on the system call answers `err`, as an old kernel or a filter around us would.
inline bool deny(long number, int err) {
  const std::array<sock_filter, 4> program = {{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(number), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(err)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  sock_fprog filter = {};
  filter.len = program.size();
  filter.filter = const_cast<sock_filter*>(program.data());
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

template <typename T>
std::string text_of(const T& result) {
  return result ? "ok" : result.error().message();
}

// A temporary folder, removed with what is in it.
class TempFolder {
 public:
  TempFolder() {
    char name[] = "/tmp/plimsoll-linux-test-XXXXXX";
    path_ = mkdtemp(name);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace plimsoll::linux::testing
