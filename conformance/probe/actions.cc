// What `probe` does for the conformance suite beside reporting: it stands for the container's
// program, for a hook and for a seccomp agent, and it waits for processes outside.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "conformance/probe/probe.h"

extern char** environ;

namespace plimsoll::probe {
namespace {

std::string link_of(const std::string& path) {
  std::array<char, PATH_MAX> target{};
  const ssize_t length = readlink(path.c_str(), target.data(), target.size());
  return length < 0 ? std::string("error ") + strerrorname_np(errno)
                    : std::string(target.data(), static_cast<std::size_t>(length));
}

std::string read_all(int fd) {
  std::string text;
  std::array<char, 4096> buffer{};
  for (ssize_t n = 0; (n = read(fd, buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(n));
  }
  return text;
}

// One write, so that records of several processes never mix.
int append_line(const std::string& path, const std::string& line) {
  const int fd = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) {
    std::fprintf(stderr, "probe: %s: %s\n", path.c_str(), std::strerror(errno));
    return 1;
  }
  const std::string text = line + "\n";
  const bool done = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(fd);
  return done ? 0 : 1;
}

// The number after "NAME": of a JSON text that the runtime wrote; 0 when there is none.
long number_member(const std::string& text, const std::string& name) {
  const std::size_t at = text.find('"' + name + '"');
  const std::size_t colon = at == std::string::npos ? at : text.find(':', at);
  return colon == std::string::npos ? 0 : std::strtol(text.c_str() + colon + 1, nullptr, 10);
}

void add_namespaces(Json& json, const char* name, const std::string& process) {
  json.key(name).open('{');
  for (const char* kind : {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"}) {
    json.key(kind).value(link_of("/proc/" + process + "/ns/" + kind));
  }
  json.close('}');
}

volatile std::sig_atomic_t last_signal = 0;

void note_signal(int signal) {
  std::array<char, 16> text{};
  const int length = std::snprintf(text.data(), text.size(), "%d\n", signal);
  [[maybe_unused]] const ssize_t n =
      write(STDOUT_FILENO, text.data(), static_cast<std::size_t>(length));
  last_signal = signal;
}

}  // namespace

long long monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<long long>(now.tv_sec) * 1000000000LL + now.tv_nsec;
}

int hook(const std::vector<std::string>& args) {
  // Outside a terminal a hook's input ends; inside a broken runtime it may not.
  alarm(30);
  Json json;
  const std::string state = read_all(STDIN_FILENO);
  const long pid = number_member(state, "pid");
  json.open('{').key("hook").value(args.at(1)).key("time").value(monotonic_ns());
  json.key("state").value(state);
  add_strings(json, "env", environ);
  json.key("argv").open('[');
  for (const std::string& word : arguments()) {
    json.value(word);
  }
  json.close(']');
  add_namespaces(json, "namespaces", "self");
  const std::string process = std::to_string(pid);
  add_namespaces(json, "container", process);
  json.key("pid").value(static_cast<long long>(getpid()));
  json.key("exe").value(link_of("/proc/" + process + "/exe"));
  answer(json, "list:/proc/" + process + "/root/");
  json.key("cgroup").value(read_file(("/proc/" + process + "/cgroup").c_str()));
  json.key("status").value(read_file(("/proc/" + process + "/status").c_str()));
  json.key("uts").value(read_file("/proc/sys/kernel/hostname"));
  json.key("try").open('{');
  for (std::size_t i = 2; i < args.size(); ++i) {
    answer(json, args[i]);
  }
  json.close('}').close('}');
  if (append_line(args.at(0), json.text()) != 0) {
    return 1;
  }
  for (std::size_t i = 2; i < args.size(); ++i) {
    if (args[i].starts_with("exit=")) {
      return std::atoi(args[i].c_str() + 5);
    }
    if (args[i].starts_with("sleep=")) {
      sleep(static_cast<unsigned>(std::atoi(args[i].c_str() + 6)));
      append_line(args.at(0), R"({"hook":"slept"})");
    }
    if (args[i].starts_with("gate=")) {
      // Opening a FIFO waits for its other end.
      close(open(args[i].c_str() + 5, O_WRONLY | O_CLOEXEC));
    }
  }
  return 0;
}

int pause_until_killed(const std::vector<std::string>& args) {
  if (!args.empty()) {
    append_line(args[0],
                "{\"program\":\"started\",\"time\":" + std::to_string(monotonic_ns()) + "}");
  }
  std::puts("started");
  std::fflush(stdout);
  while (true) {
    pause();
  }
}

int note_signals(const std::vector<std::string>& /*args*/) {
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    struct sigaction action{};
    action.sa_handler = note_signal;
    sigfillset(&action.sa_mask);
    sigaction(signal, &action, nullptr);
  }
  std::puts("ready");
  std::fflush(stdout);
  while (true) {
    pause();
  }
}

int end(const std::vector<std::string>& args) {
  if (args.at(0) == "crash") {
    raise(SIGSEGV);
  }
  return std::atoi(args.at(0).c_str());
}

int own_ids(const std::vector<std::string>& /*args*/) {
  std::printf("uid %u gid %u", geteuid(), getegid());
  return 0;
}

int await(const std::vector<std::string>& args) {
  const pid_t pid = std::atoi(args.at(0).c_str());
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (pidfd < 0) {
    return errno == ESRCH ? 0 : 1;
  }
  pollfd entry{.fd = pidfd, .events = POLLIN, .revents = 0};
  const int ready = poll(&entry, 1, std::atoi(args.at(1).c_str()) * 1000);
  return ready == 1 ? 0 : 124;
}

int await_line(const std::vector<std::string>& args) {
  const long long until = monotonic_ns() + std::atoll(args.at(2).c_str()) * 1000000000LL;
  while (monotonic_ns() < until) {
    if (read_file(args.at(0).c_str()).find(args.at(1)) != std::string::npos) {
      return 0;
    }
    // There is no event for "somebody wrote to this file" on every file system; the loop is short
    // and bounded.
    const timespec pause_time{.tv_sec = 0, .tv_nsec = 2000000};
    nanosleep(&pause_time, nullptr);
  }
  return 124;
}

int allowed_calls(const std::vector<std::string>& /*args*/) {
  // What a static program and the last steps of a runtime need; no list of an engine.
  std::puts(
      R"(["access","arch_prctl","brk","capget","capset","chdir","clone","clone3","close","close_range","dup","dup2","dup3",)"
      R"("epoll_create1","epoll_ctl","epoll_pwait","eventfd2","execve","execveat","exit","exit_group","faccessat",)"
      R"("faccessat2","fchdir","fchmod","fchmodat","fchown","fcntl","fstat","fstatfs","futex","getcwd","getdents64","getegid",)"
      R"("geteuid","getgid","getgroups","getpgid","getpid","getppid","getrandom","getresgid","getresuid","getrlimit","getsid",)"
      R"("gettid","getuid","ioctl","ioprio_get","keyctl","kill","lseek","lstat","madvise","membarrier","mmap","mount","mprotect",)"
      R"("munmap","nanosleep","newfstatat","open","openat","openat2","personality","pipe2","poll","ppoll","prctl","pread64",)"
      R"("prlimit64","pselect6","pwrite64","read","readlink","readlinkat","recvmsg","rseq","rt_sigaction","rt_sigprocmask",)"
      R"("rt_sigreturn","sched_getaffinity","sched_getattr","sched_getscheduler","sched_yield","seccomp","sendmsg","sendto",)"
      R"("set_robust_list","set_tid_address","setgid","setgroups","setresgid","setresuid","setsid","setuid","sigaltstack","socket",)"
      R"("stat","statfs","statx","symlink","tgkill","tkill","umask","umount2","uname","unlink","unlinkat","wait4","waitid","write",)"
      R"("writev","clock_gettime","clock_nanosleep","get_mempolicy","fsync","sync","restart_syscall","recvfrom","connect","bind",)"
      R"("getsockname","shutdown","socketpair","gettimeofday","time","sched_setaffinity","fgetxattr","getxattr","mkdir","mkdirat"])");
  return 0;
}

int leak_fd(const std::vector<std::string>& args) {
  const int fd = open(args.at(0).c_str(), O_RDWR | O_CREAT, 0600);
  const int high = fcntl(fd, F_DUPFD, 17);
  if (fd < 0 || high < 0) {
    return 1;
  }
  std::vector<char*> words;
  for (std::size_t i = 1; i < args.size(); ++i) {
    words.push_back(const_cast<char*>(args[i].c_str()));
  }
  words.push_back(nullptr);
  execvp(words[0], words.data());
  return 127;
}

}  // namespace plimsoll::probe
