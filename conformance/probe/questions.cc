// The questions that `probe report` answers beside its fixed report: each argument "verb:object" is
// tried once, and what came of it is reported. The probe does not know which answer is wanted.
// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "conformance/probe/probe.h"

namespace plimsoll::probe {
namespace {

constexpr std::size_t kMaxRead = 65536;

std::string outcome(long result) { return result < 0 ? strerrorname_np(errno) : "ok"; }

// Opens without waiting for the other end of a FIFO or a terminal.
int open_now(const std::string& path, int flags) {
  return open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0644);
}

std::string try_open(const std::string& path, int flags) {
  const int fd = open_now(path, flags);
  const std::string result = outcome(fd);
  if (fd >= 0) {
    close(fd);
  }
  return result;
}

std::string ask_read(const std::string& path) {
  const int fd = open_now(path, O_RDONLY);
  if (fd < 0) {
    return std::string("error ") + strerrorname_np(errno);
  }
  std::string text(kMaxRead, '\0');
  const ssize_t length = read(fd, text.data(), text.size());
  const int error = errno;
  close(fd);
  if (length < 0) {
    return std::string("error ") + strerrorname_np(error);
  }
  text.resize(static_cast<std::size_t>(length));
  return text;
}

// Some bytes are enough of a device that never ends.
std::string ask_bytes(const std::string& path) {
  const int fd = open_now(path, O_RDONLY);
  std::array<unsigned char, 8> bytes{};
  const ssize_t length = fd < 0 ? -1 : read(fd, bytes.data(), bytes.size());
  const std::string error = outcome(length);
  if (fd >= 0) {
    close(fd);
  }
  if (length < 0) {
    return error;
  }
  const bool zeros =
      std::all_of(bytes.begin(), bytes.end(), [](unsigned char c) { return c == 0; });
  return std::to_string(length) + (zeros ? " zeros" : " mixed");
}

std::string ask_write(const std::string& path) {
  const int fd = open_now(path, O_WRONLY | O_APPEND);
  const std::string result = outcome(fd < 0 ? -1 : write(fd, "x", 1));
  if (fd >= 0) {
    close(fd);
  }
  return result;
}

// "PATH=TEXT": in one write, as /proc and cgroup files want it.
std::string ask_put(const std::string& object) {
  const std::size_t equals = object.find('=');
  const std::string text = equals == std::string::npos ? "" : object.substr(equals + 1);
  const int fd = open_now(object.substr(0, equals), O_WRONLY);
  const std::string result = outcome(fd < 0 ? -1 : write(fd, text.data(), text.size()));
  if (fd >= 0) {
    close(fd);
  }
  return result;
}

std::string ask_open(const std::string& path) { return try_open(path, O_RDONLY); }
std::string ask_open_write(const std::string& path) { return try_open(path, O_WRONLY); }
std::string ask_create(const std::string& path) {
  return try_open(path, O_WRONLY | O_CREAT | O_EXCL);
}
std::string ask_mkdir(const std::string& path) { return outcome(mkdir(path.c_str(), 0755)); }

std::string ask_list(const std::string& path) {
  DIR* dir = opendir(path.c_str());
  if (dir == nullptr) {
    return std::string("error ") + strerrorname_np(errno);
  }
  std::vector<std::string> names;
  while (const dirent* entry = readdir(dir)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") {
      names.push_back(name);
    }
  }
  closedir(dir);
  std::sort(names.begin(), names.end());
  std::string text;
  for (const std::string& name : names) {
    text += (text.empty() ? "" : " ") + name;
  }
  return text;
}

std::string ask_filesystem(const std::string& path) {
  struct statfs info{};
  if (statfs(path.c_str(), &info) != 0) {
    return strerrorname_np(errno);
  }
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "0x%lx", static_cast<unsigned long>(info.f_type));
  return text.data();
}

// Numbers and colons "c:1:3:/path", as mknod(1) wants them.
std::string ask_mknod(const std::string& object) {
  std::array<char, 256> path{};
  char type = 0;
  unsigned device_major = 0;
  unsigned device_minor = 0;
  if (std::sscanf(object.c_str(), "%c:%u:%u:%255s", &type, &device_major, &device_minor,
                  path.data()) != 4) {
    return "?";
  }
  const mode_t mode = (type == 'b' ? S_IFBLK : S_IFCHR) | 0666U;
  return outcome(mknod(path.data(), mode, makedev(device_major, device_minor)));
}

// Runs `PATH own-ids` in a child: what the image's set-id bits and noexec make of it.
std::string ask_exec(const std::string& path) {
  std::array<int, 2> pipe_ends{};
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) {
    return outcome(-1);
  }
  const pid_t child = fork();
  if (child == 0) {
    dup2(pipe_ends[1], STDOUT_FILENO);
    const std::array<const char*, 3> argv{path.c_str(), "own-ids", nullptr};
    execv(path.c_str(), const_cast<char**>(argv.data()));
    const std::string error = strerrorname_np(errno);
    [[maybe_unused]] const ssize_t n = write(pipe_ends[1], error.data(), error.size());
    _exit(1);
  }
  close(pipe_ends[1]);
  std::array<char, 256> text{};
  const ssize_t length = read(pipe_ends[0], text.data(), text.size());
  close(pipe_ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return length > 0 ? std::string(text.data(), static_cast<std::size_t>(length))
                    : "status " + std::to_string(status);
}

// "NUMBER[,ARGUMENT...]"; in a child, because a filter may kill the caller.
std::string ask_call(const std::string& object) {
  std::array<long, 7> words{};
  const char* next = object.c_str();
  for (long& word : words) {
    char* end = nullptr;
    word = static_cast<long>(std::strtoul(next, &end, 0));
    if (*end != ',') {
      break;
    }
    next = end + 1;
  }
  std::array<int, 2> pipe_ends{};
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) {
    return outcome(-1);
  }
  const pid_t child = fork();
  if (child == 0) {
    const long result =
        syscall(words[0], words[1], words[2], words[3], words[4], words[5], words[6]);
    const int error = result < 0 ? errno : 0;
    [[maybe_unused]] const ssize_t n = write(pipe_ends[1], &error, sizeof(error));
    _exit(0);
  }
  close(pipe_ends[1]);
  int error = 0;
  const ssize_t length = read(pipe_ends[0], &error, sizeof(error));
  close(pipe_ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (length == sizeof(error)) {
    const char* name = strerrorname_np(error);
    return error == 0 ? "ok" : name != nullptr ? name : "errno " + std::to_string(error);
  }
  return WIFSIGNALED(status) ? std::string("killed by ") + sigabbrev_np(WTERMSIG(status)) : "?";
}

#if defined(__x86_64__)
// The i386 entry: getpid by int 0x80.
std::string ask_i386(const std::string& /*object*/) {
  const pid_t child = fork();
  if (child == 0) {
    constexpr long kGetpid = 20;
    long result = 0;
    asm volatile("int $0x80" : "=a"(result) : "a"(kGetpid) : "memory", "r8", "r9", "r10", "r11");
    const int answer = static_cast<int>(result);
    _exit(answer > 0 ? 0 : std::min(255, -answer));
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) {
    return std::string("killed by ") + sigabbrev_np(WTERMSIG(status));
  }
  return WEXITSTATUS(status) == 0 ? "ok" : strerrorname_np(WEXITSTATUS(status));
}
#else
std::string ask_i386(const std::string& /*object*/) { return "unknown architecture"; }
#endif

std::string ask_pty(const std::string& /*object*/) {
  const int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (fd < 0) {
    return strerrorname_np(errno);
  }
  if (grantpt(fd) != 0 || unlockpt(fd) != 0) {
    return strerrorname_np(errno);
  }
  std::array<char, 64> name{};
  if (ptsname_r(fd, name.data(), name.size()) != 0) {
    return strerrorname_np(errno);
  }
  return try_open(name.data(), O_RDWR | O_NOCTTY);
}

// "SOURCE=TARGET": a bind mount, to see whether the source may be bound at all.
std::string ask_bind(const std::string& object) {
  const std::size_t equals = object.find('=');
  return outcome(mount(object.substr(0, equals).c_str(), object.substr(equals + 1).c_str(), nullptr,
                       MS_BIND, nullptr));
}
std::string ask_tmpfs(const std::string& path) {
  return outcome(mount("inside", path.c_str(), "tmpfs", 0, nullptr));
}
std::string ask_unlink(const std::string& path) { return outcome(unlink(path.c_str())); }

// Reading a file whose access time lies in the past: does the time move?
std::string ask_atime(const std::string& path) {
  struct stat before{};
  struct stat after{};
  if (lstat(path.c_str(), &before) != 0) {
    return strerrorname_np(errno);
  }
  if (S_ISDIR(before.st_mode)) {
    ask_list(path);
  } else {
    ask_read(path);
  }
  lstat(path.c_str(), &after);
  return before.st_atim.tv_sec == after.st_atim.tv_sec &&
                 before.st_atim.tv_nsec == after.st_atim.tv_nsec
             ? "kept"
             : "moved";
}

struct Question {
  std::string_view name;
  std::string (*ask)(const std::string&);
};

constexpr std::array<Question, 19> kQuestions{{
    {"read", ask_read},     {"bytes", ask_bytes}, {"write", ask_write},
    {"put", ask_put},       {"open", ask_open},   {"open-write", ask_open_write},
    {"create", ask_create}, {"mkdir", ask_mkdir}, {"list", ask_list},
    {"fs", ask_filesystem}, {"mknod", ask_mknod}, {"exec", ask_exec},
    {"call", ask_call},     {"i386", ask_i386},   {"pty", ask_pty},
    {"bind", ask_bind},     {"tmpfs", ask_tmpfs}, {"unlink", ask_unlink},
    {"atime", ask_atime},
}};

}  // namespace

bool answer(Json& json, const std::string& question) {
  const std::size_t colon = question.find(':');
  if (colon == std::string::npos) {
    return false;
  }
  const std::string verb = question.substr(0, colon);
  for (const Question& row : kQuestions) {
    if (row.name == verb) {
      json.key(question).value(row.ask(question.substr(colon + 1)));
      return true;
    }
  }
  return false;
}

}  // namespace plimsoll::probe
