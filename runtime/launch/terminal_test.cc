// Terminals, the foreground loop and the hand-over files, against real pseudo terminals, processes
// and sockets.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/launch/terminal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <system_error>
#include <thread>

#include "runtime/base/text.h"
#include "runtime/sys/abstract_socket.h"
#include "runtime/sys/file.h"
#include "runtime/sys/forked_child_test.h"
#include "runtime/sys/process.h"
#include "runtime/sys/socket.h"

namespace plimsoll::launch {
namespace {

using namespace std::chrono_literals;
using sys::testing::status_of_child;

class Folder {
 public:
  Folder() {
    char name[] = "/tmp/plimsoll-launch-XXXXXX";
    path_ = mkdtemp(name);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string read_all(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

UniqueFd host_devpts() {
  auto dir = sys::open_at(sys::cwd(), "/dev/pts", O_PATH | O_DIRECTORY);
  return dir ? *std::move(dir) : UniqueFd();
}

#define NEED_ROOT()                        \
  if (geteuid() != 0) {                    \
    GTEST_SKIP() << "mounting needs root"; \
  }

// -- open_pty --

TEST(OpenPty, FolderThatIsNoDevptsIsRefused) {
  const Folder folder;
  ASSERT_EQ(mknod((folder.path() + "/ptmx").c_str(), S_IFIFO | 0600, 0), 0);
  const UniqueFd dir = *sys::open_at(sys::cwd(), folder.path().c_str(), O_PATH | O_DIRECTORY);
  EXPECT_EQ(open_pty(dir, 0, 0).error().message(), "'/dev/pts' is not on a devpts file system");
}

TEST(OpenPty, SomethingMountedOverPtmxIsRefused) {
  NEED_ROOT();
  EXPECT_EQ(
      status_of_child([] {
        const Folder folder;
        if (unshare(CLONE_NEWNS) != 0 || mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr)) {
          return 10;
        }
        if (mount("devpts", folder.path().c_str(), "devpts", 0, "ptmxmode=666") != 0) {
          return 11;
        }
        const std::string ptmx = folder.path() + "/ptmx";
        const UniqueFd dir = *sys::open_at(sys::cwd(), folder.path().c_str(), O_PATH | O_DIRECTORY);
        if (!open_pty(dir, 0, 0)) {
          return 12;
        }
        for (const char* source : {"/dev/null", "/dev/tty", "/dev/pts/ptmx"}) {
          if (mount(source, ptmx.c_str(), nullptr, MS_BIND, nullptr) != 0) {
            return 13;
          }
          const auto pty = open_pty(dir, 0, 0);
          if (pty ||
              pty.error().message() != "'/dev/pts/ptmx' is not the devpts file system's own") {
            return 14;
          }
          umount2(ptmx.c_str(), MNT_DETACH);
        }
        umount2(folder.path().c_str(), MNT_DETACH);
        return 0;
      }),
      0);
}

TEST(OpenPty, GivesAnUnlockedPairOfTheWantedSize) {
  const UniqueFd dir = host_devpts();
  auto pty = open_pty(dir, 33, 99);
  if (!pty) {
    GTEST_SKIP() << "no pseudo terminal from /dev/pts: " << pty.error().message();
  }
  EXPECT_EQ(pty->name, ptsname(pty->master.get()));
  winsize size = {};
  ASSERT_EQ(ioctl(pty->peer.get(), TIOCGWINSZ, &size), 0);
  EXPECT_EQ(size.ws_row, 33);
  EXPECT_EQ(size.ws_col, 99);
  EXPECT_EQ(fcntl(pty->master.get(), F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(fcntl(pty->peer.get(), F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(fcntl(pty->master.get(), F_GETFL) & O_NONBLOCK, 0);
  const int again = open(pty->name.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
  EXPECT_GE(again, 0) << "unlocked";
  close(again);
}

TEST(AttachTerminal, BecomesTheControllingTerminalAndStreams) {
  const UniqueFd dir = host_devpts();
  auto pty = open_pty(dir, 0, 0);
  if (!pty) {
    GTEST_SKIP() << "no pseudo terminal from /dev/pts: " << pty.error().message();
  }
  EXPECT_EQ(status_of_child([&] {
              if (!sys::new_session() || !attach_terminal(pty->peer)) {
                return 1;
              }
              if (isatty(0) != 1 || isatty(1) != 1 || isatty(2) != 1) {
                return 2;
              }
              const int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
              return tty >= 0 && tcgetsid(tty) == getpid() ? 0 : 3;
            }),
            0);
}

// -- console and pidfd sockets --

class Listener {
 public:
  explicit Listener(const std::string& path) : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    EXPECT_TRUE(sys::bind_unix(fd_, path));
    EXPECT_EQ(listen(fd_.get(), 1), 0);
  }
  sys::Message receive() {
    const UniqueFd peer(accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    auto message = sys::receive_message(peer, 256);
    EXPECT_TRUE(message);
    return message ? *std::move(message) : sys::Message{};
  }

 private:
  UniqueFd fd_;
};

TEST(ConsoleSocket, CarriesTheMasterAndItsName) {
  const Folder folder;
  const std::string path = folder.path() + "/console.sock";
  EXPECT_EQ(connect_console(path).error().message(),
            cat("console socket: connect '", path, "': no such file or directory"));
  Listener listener(path);
  int master = -1;
  int peer = -1;
  ASSERT_EQ(openpty(&master, &peer, nullptr, nullptr, nullptr), 0);
  const UniqueFd own_master(master);
  const UniqueFd own_peer(peer);
  {
    const UniqueFd socket = *connect_console(path);
    ASSERT_TRUE(send_console(socket, own_master, "/dev/pts/0"));
  }
  const sys::Message message = listener.receive();
  EXPECT_EQ(message.data, "/dev/pts/0");
  ASSERT_EQ(message.fds.size(), 1U);
  ASSERT_EQ(write(own_peer.get(), "x", 1), 1);
  char byte = 0;
  EXPECT_EQ(::read(message.fds[0].get(), &byte, 1), 1);
}

TEST(PidfdSocket, CarriesThePidfd) {
  const Folder folder;
  const std::string path = folder.path() + "/pidfd.sock";
  const UniqueFd self = *sys::pidfd_open(getpid());
  EXPECT_EQ(send_pidfd(path, self, "standard").error().err(), ENOENT);
  Listener listener(path);
  ASSERT_TRUE(send_pidfd(path, self, "setns"));
  const sys::Message message = listener.receive();
  EXPECT_EQ(message.data, "setns");
  ASSERT_EQ(message.fds.size(), 1U);
  EXPECT_TRUE(sys::pidfd_send_signal(message.fds[0], 0));
}

// -- pid file --

TEST(PidFile, IsWholeAndReplacesWhatIsThere) {
  const Folder folder;
  const std::string path = folder.path() + "/init.pid";
  const std::string outside = folder.path() + "/outside";
  std::ofstream(outside) << "stays";
  ASSERT_EQ(symlink(outside.c_str(), path.c_str()), 0);
  ASSERT_EQ(symlink(outside.c_str(), (folder.path() + "/.init.pid").c_str()), 0);
  ASSERT_TRUE(write_pid_file(path, 4711));
  EXPECT_EQ(read_all(path), "4711") << "no newline";
  EXPECT_EQ(read_all(outside), "stays");
  struct stat status = {};
  ASSERT_EQ(lstat(path.c_str(), &status), 0);
  EXPECT_TRUE(S_ISREG(status.st_mode));
  EXPECT_NE(access((folder.path() + "/.init.pid").c_str(), F_OK), 0);
}

TEST(PidFile, FailureLeavesNothing) {
  const Folder folder;
  ASSERT_EQ(mkdir((folder.path() + "/init.pid").c_str(), 0700), 0);
  EXPECT_FALSE(write_pid_file(folder.path() + "/init.pid", 1));
  EXPECT_NE(access((folder.path() + "/.init.pid").c_str(), F_OK), 0);
  EXPECT_EQ(write_pid_file(folder.path() + "/none/pid", 1).error().err(), ENOENT);
  for (const char* path : {"", "/", "/tmp/", "..", "/tmp/."}) {
    EXPECT_EQ(write_pid_file(path, 1).error().kind(), ErrorKind::invalid) << path;
  }
}

TEST(PidFile, RelativePathIsTheCallers) {
  const Folder folder;
  EXPECT_EQ(status_of_child([&] {
              return chdir(folder.path().c_str()) == 0 && write_pid_file("p", 7) &&
                             read_all("p") == "7"
                         ? 0
                         : 1;
            }),
            0);
}

// -- the foreground --

sys::Process spawn(const std::function<int()>& body) {
  const pid_t pid = fork();
  if (pid == 0) {
    (void)sys::reset_signals();
    _exit(body());
  }
  return {.pid = pid, .pidfd = *sys::pidfd_open(pid)};
}

// A runtime in the foreground: a child whose streams are the given fds, which runs `program` as the
// container and exits with its status. With a terminal, `program` runs on a new pseudo terminal.
struct Runtime {
  pid_t pid = 0;
  int exit_code() {
    int status = 0;
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  bool ends_within(std::chrono::milliseconds time) const {
    const UniqueFd fd = *sys::pidfd_open(pid);
    pollfd entry = {.fd = fd.get(), .events = POLLIN, .revents = 0};
    return poll(&entry, 1, static_cast<int>(time.count())) == 1;
  }
};

struct Streams {
  int in = -1;
  int out = -1;
};

Runtime run_foreground(Streams streams, bool terminal, const std::function<int()>& program) {
  Runtime runtime;
  runtime.pid = fork();
  if (runtime.pid != 0) {
    return runtime;
  }
  setsid();
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  dup2(streams.in >= 0 ? streams.in : null, 0);
  dup2(streams.out >= 0 ? streams.out : null, 1);
  close_range(3, ~0U, 0);
  (void)block_forwarded_signals();
  Foreground foreground;
  Pty pty;
  if (terminal) {
    const UniqueFd dir = host_devpts();
    auto made = open_pty(dir, 0, 0);
    if (!made) {
      _exit(99);
    }
    pty = *std::move(made);
    prepare_foreground_master(pty.master);
  }
  const sys::Process process = spawn([&] {
    if (terminal) {
      setsid();
      if (!attach_terminal(pty.peer)) {
        return 98;
      }
    }
    pty = {};
    close_range(3, ~0U, 0);
    return program();
  });
  pty.peer.reset();
  foreground.process = &process;
  foreground.master = std::move(pty.master);
  foreground.subreaper = true;
  const auto status = wait_in_foreground(std::move(foreground));
  _exit(status ? status->shell_status() : 97);
}

struct TestPipe {
  int read = -1;
  int write = -1;
  TestPipe() {
    int fds[2];
    EXPECT_EQ(pipe2(fds, O_CLOEXEC), 0);
    read = fds[0];
    write = fds[1];
  }
  ~TestPipe() {
    close_read();
    close_write();
  }
  void close_read() { close_one(read); }
  void close_write() { close_one(write); }
  static void close_one(int& fd) {
    if (fd >= 0) {
      close(fd);
      fd = -1;
    }
  }
  std::string drain() {
    close_write();
    std::string out;
    char buffer[65536];
    ssize_t count = 0;
    while ((count = ::read(read, buffer, sizeof buffer)) > 0) {
      out.append(buffer, static_cast<std::size_t>(count));
    }
    return out;
  }
};

int write_fully(int fd, std::string_view data) {
  while (!data.empty()) {
    const ssize_t count = ::write(fd, data.data(), data.size());
    if (count <= 0) {
      return 1;
    }
    data.remove_prefix(static_cast<std::size_t>(count));
  }
  return 0;
}

// Byte i of a stream that any loss, doubling or swap shows in.
std::string pattern(std::size_t size) {
  std::string data(size, '\0');
  for (std::size_t i = 0; i < size; ++i) {
    data[i] = static_cast<char>('!' + (i * 7 + i / 90) % 90);
  }
  return data;
}

TEST(WaitInForeground, GivesTheStatusOfTheProcess) {
  EXPECT_EQ(run_foreground({}, false, [] { return 0; }).exit_code(), 0);
  EXPECT_EQ(run_foreground({}, false, [] { return 42; }).exit_code(), 42);
  EXPECT_EQ(run_foreground({}, false, [] { return raise(SIGKILL); }).exit_code(), 128 + SIGKILL);
}

TEST(WaitInForeground, ForwardsEverySignalThatMayBeForwarded) {
  for (int signal = 1; signal <= 64; ++signal) {
    const bool own_fault = signal == SIGSEGV || signal == SIGBUS || signal == SIGILL ||
                           signal == SIGFPE || signal == SIGTRAP || signal == SIGSYS;
    const bool reserved = signal == 32 || signal == 33;  // the C library's: sigaction refuses them
    if (signal == SIGKILL || signal == SIGSTOP || signal == SIGCHLD || signal == SIGURG ||
        signal == SIGPIPE || own_fault || reserved) {
      continue;
    }
    TestPipe ready;
    Runtime runtime = run_foreground({.in = -1, .out = ready.write}, false, [&] {
      sigset_t set;
      sigemptyset(&set);
      sigaddset(&set, signal);
      sigprocmask(SIG_BLOCK, &set, nullptr);
      (void)write_fully(1, "r");
      int got = 0;
      sigwait(&set, &got);
      return got;
    });
    char byte = 0;
    ASSERT_EQ(::read(ready.read, &byte, 1), 1);
    ASSERT_EQ(kill(runtime.pid, signal), 0);
    ASSERT_TRUE(runtime.ends_within(5s)) << signal;
    EXPECT_EQ(runtime.exit_code(), signal);
  }
}

TEST(WaitInForeground, KeepsChildUrgAndPipeSignalsToItself) {
  TestPipe ready;
  Runtime runtime = run_foreground({.in = -1, .out = ready.write}, false, [] {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGCHLD, SIGURG, SIGPIPE, SIGUSR1}) {
      sigaddset(&set, signal);
    }
    sigprocmask(SIG_BLOCK, &set, nullptr);
    (void)write_fully(1, "r");
    int got = 0;
    sigwait(&set, &got);
    return got;
  });
  char byte = 0;
  ASSERT_EQ(::read(ready.read, &byte, 1), 1);
  for (const int signal : {SIGCHLD, SIGURG, SIGPIPE}) {
    ASSERT_EQ(kill(runtime.pid, signal), 0);
  }
  EXPECT_FALSE(runtime.ends_within(200ms));
  ASSERT_EQ(kill(runtime.pid, SIGUSR1), 0);
  ASSERT_TRUE(runtime.ends_within(5s));
  EXPECT_EQ(runtime.exit_code(), SIGUSR1);
}

TEST(WaitInForeground, SignalStormCostsNoStatus) {
  TestPipe ready;
  Runtime runtime = run_foreground({.in = -1, .out = ready.write}, false, [] {
    signal(SIGUSR1, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    (void)write_fully(1, "r");
    std::this_thread::sleep_for(300ms);
    return 7;
  });
  char byte = 0;
  ASSERT_EQ(::read(ready.read, &byte, 1), 1);
  while (!runtime.ends_within(0ms)) {
    for (const int signal : {SIGUSR1, SIGHUP, SIGWINCH, SIGCHLD, SIGCONT, SIGURG}) {
      (void)kill(runtime.pid, signal);
    }
  }
  EXPECT_EQ(runtime.exit_code(), 7);
}

TEST(WaitInForeground, ReapsTheOrphansOfASubreaper) {
  EXPECT_EQ(status_of_child([] {
              (void)block_forwarded_signals();
              prctl(PR_SET_CHILD_SUBREAPER, 1);
              const sys::Process process = spawn([] {
                for (int i = 0; i < 20; ++i) {
                  if (fork() == 0) {
                    if (fork() == 0) {
                      _exit(1);
                    }
                    _exit(0);
                  }
                }
                std::this_thread::sleep_for(200ms);
                // Children of ours are not the runtime's to reap; grandchildren are.
                while (waitpid(-1, nullptr, 0) > 0) {
                }
                return 5;
              });
              Foreground foreground;
              foreground.process = &process;
              foreground.subreaper = true;
              const auto status = wait_in_foreground(std::move(foreground));
              if (!status || status->code != 5) {
                return 1;
              }
              return waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD ? 0 : 2;
            }),
            0);
}

TEST(WaitInForeground, ThousandShortCommandsLoseNoByte) {
  for (int i = 0; i < 1000; ++i) {
    const std::string text = cat("line ", i, "\nno newline at the end ", i);
    TestPipe out;
    Runtime runtime =
        run_foreground({.in = -1, .out = out.write}, true, [&] { return write_fully(1, text); });
    ASSERT_EQ(out.drain(), text) << i;
    ASSERT_EQ(runtime.exit_code(), 0) << i;
  }
}

TEST(WaitInForeground, MuchOutputToASlowReaderArrivesWhole) {
  const std::string data = pattern(std::size_t{4} << 20);
  TestPipe out;
  Runtime runtime =
      run_foreground({.in = -1, .out = out.write}, true, [&] { return write_fully(1, data); });
  std::this_thread::sleep_for(300ms);  // everything fills up
  EXPECT_EQ(out.drain() == data, true);
  EXPECT_EQ(runtime.exit_code(), 0);
}

TEST(WaitInForeground, LastBytesWaitForAReaderThatComesLate) {
  const std::string data = pattern(40'000);
  TestPipe out;
  ASSERT_EQ(fcntl(out.write, F_SETPIPE_SZ, 4096), 4096);
  Runtime runtime =
      run_foreground({.in = -1, .out = out.write}, true, [&] { return write_fully(1, data); });
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(out.drain() == data, true);
  EXPECT_EQ(runtime.exit_code(), 0);
}

TEST(WaitInForeground, ClosedReaderDoesNotHangTheProgram) {
  TestPipe out;
  Runtime runtime = run_foreground({.in = -1, .out = out.write}, true,
                                   [] { return write_fully(1, pattern(std::size_t{1} << 20)); });
  out.close_read();
  ASSERT_TRUE(runtime.ends_within(10s));
  EXPECT_EQ(runtime.exit_code(), 0);
}

TEST(WaitInForeground, AbsentReaderCanBeGivenUpBySignal) {
  TestPipe out;
  ASSERT_EQ(fcntl(out.write, F_SETPIPE_SZ, 4096), 4096);
  Runtime runtime = run_foreground({.in = -1, .out = out.write}, true,
                                   [] { return write_fully(1, pattern(6'000)) == 0 ? 3 : 4; });
  // The program can end although nobody reads: its output fits in the terminal and our buffer. A
  // signal that comes before its end would go to the program.
  EXPECT_FALSE(runtime.ends_within(2s));
  ASSERT_EQ(kill(runtime.pid, SIGTERM), 0);
  ASSERT_TRUE(runtime.ends_within(5s));
  EXPECT_EQ(runtime.exit_code(), 3);
}

TEST(WaitInForeground, BackgroundWriterDoesNotKeepUs) {
  TestPipe out;
  TestPipe pids;
  Runtime runtime = run_foreground({.in = pids.write, .out = out.write}, true, [] {
    const pid_t child = fork();
    if (child == 0) {
      signal(SIGHUP, SIG_IGN);
      for (;;) {
        if (write_fully(1, "noise\n") != 0) {
          _exit(0);
        }
      }
    }
    return 6;
  });
  std::thread reader([&] { (void)out.drain(); });
  EXPECT_TRUE(runtime.ends_within(10s));
  EXPECT_EQ(runtime.exit_code(), 6);
  reader.join();
}

TEST(WaitInForeground, InputReachesTheProgramAndItsEndDoesNotEndIt) {
  TestPipe in;
  TestPipe out;
  Runtime runtime = run_foreground({.in = in.read, .out = out.write}, true, [] {
    char line[64];
    std::string got;
    while (got.find("two\n") == std::string::npos) {
      const ssize_t count = ::read(0, line, sizeof line);
      if (count <= 0) {
        return 1;
      }
      got.append(line, static_cast<std::size_t>(count));
    }
    return got == "one\ntwo\n" ? 0 : 2;
  });
  ASSERT_EQ(write_fully(in.write, "one\n"), 0);
  std::this_thread::sleep_for(20ms);
  ASSERT_EQ(write_fully(in.write, "two\n"), 0);
  in.close_write();
  ASSERT_TRUE(runtime.ends_within(10s));
  EXPECT_EQ(runtime.exit_code(), 0);
}

// CPU time of an idle process, in clock ticks.
unsigned long long cpu_ticks(pid_t pid) {
  const std::string stat = read_all(cat("/proc/", pid, "/stat"));
  const auto fields = split(std::string_view(stat).substr(stat.rfind(')') + 2), ' ');
  return *parse_unsigned(fields[11]) + *parse_unsigned(fields[12]);
}

TEST(WaitInForeground, DoesNotSpinOnClosedInputOrTerminal) {
  TestPipe in;
  in.close_write();
  TestPipe out;
  Runtime runtime = run_foreground({.in = in.read, .out = out.write}, true, [] {
    close_range(0, 2, 0);
    std::this_thread::sleep_for(1s);
    return 0;
  });
  std::this_thread::sleep_for(800ms);
  EXPECT_LE(cpu_ticks(runtime.pid), 5U);
  EXPECT_EQ(runtime.exit_code(), 0);
}

TEST(WaitInForeground, ProgramMayReopenItsTerminal) {
  TestPipe out;
  Runtime runtime = run_foreground({.in = -1, .out = out.write}, true, [] {
    const std::string name = ttyname(0);
    close_range(0, 2, 0);
    std::this_thread::sleep_for(100ms);
    const int again = open(name.c_str(), O_RDWR | O_CLOEXEC);
    return write_fully(again, "after");
  });
  EXPECT_EQ(out.drain(), "after");
  EXPECT_EQ(runtime.exit_code(), 0);
}

TEST(WaitInForeground, OwnTerminalIsRawMeanwhileResizedAndRestored) {
  int master = -1;
  int peer = -1;
  winsize size = {};
  size.ws_row = 11;
  size.ws_col = 22;
  ASSERT_EQ(openpty(&master, &peer, nullptr, nullptr, &size), 0);
  termios before = {};
  ASSERT_EQ(tcgetattr(peer, &before), 0);
  TestPipe sizes;
  Runtime runtime;
  runtime.pid = fork();
  if (runtime.pid == 0) {
    dup2(peer, 0);
    dup2(peer, 2);
    Runtime inner = run_foreground({.in = peer, .out = sizes.write}, true, [] {
      sigset_t set;
      sigemptyset(&set);
      sigaddset(&set, SIGWINCH);
      sigprocmask(SIG_BLOCK, &set, nullptr);
      for (int i = 0; i < 2; ++i) {
        winsize seen = {};
        ioctl(0, TIOCGWINSZ, &seen);
        while (i == 0 && seen.ws_row != 11) {
          ioctl(0, TIOCGWINSZ, &seen);
        }
        (void)write_fully(1, cat(seen.ws_row, "x", seen.ws_col, "\n"));
        int got = 0;
        if (i == 0) {
          sigwait(&set, &got);
        }
      }
      raise(SIGKILL);
      return 0;
    });
    // The resize below is for the runtime, which is not the leader of the terminal's session here.
    signal(SIGTERM, SIG_IGN);
    _exit(inner.exit_code());
  }
  char line[16] = {};
  ASSERT_EQ(::read(sizes.read, line, sizeof line), 6);
  EXPECT_STREQ(line, "11x22\n");
  termios during = {};
  ASSERT_EQ(tcgetattr(peer, &during), 0);
  EXPECT_EQ(during.c_lflag & static_cast<tcflag_t>(ICANON | ECHO | ISIG), 0U);
  size.ws_row = 44;
  ASSERT_EQ(ioctl(peer, TIOCSWINSZ, &size), 0);
  // The runtime is the only child of the child.
  const std::string children =
      read_all(cat("/proc/", runtime.pid, "/task/", runtime.pid, "/children"));
  const auto inner = parse_unsigned(trim(children));
  ASSERT_TRUE(inner) << children;
  ASSERT_EQ(kill(static_cast<pid_t>(*inner), SIGWINCH), 0);
  std::memset(line, 0, sizeof line);
  ASSERT_EQ(::read(sizes.read, line, sizeof line), 6);
  EXPECT_STREQ(line, "44x22\n");
  EXPECT_EQ(runtime.exit_code(), 128 + SIGKILL);
  termios after = {};
  ASSERT_EQ(tcgetattr(peer, &after), 0);
  EXPECT_EQ(after.c_lflag, before.c_lflag);
  EXPECT_EQ(after.c_iflag, before.c_iflag);
  EXPECT_EQ(after.c_oflag, before.c_oflag);
  close(master);
  close(peer);
}

// -- the notify proxy --

class NotifyTest : public testing::Test {
 protected:
  void SetUp() override {
    host_ = *sys::unix_socket(SOCK_DGRAM);
    ASSERT_TRUE(sys::bind_unix(host_, folder_.path() + "/host.sock"));
    dir_ = *sys::open_at(sys::cwd(), folder_.path().c_str(), O_RDONLY | O_DIRECTORY);
  }
  void say(std::string_view text) {
    const UniqueFd socket = *sys::unix_socket(SOCK_DGRAM);
    ASSERT_TRUE(sys::connect_unix(socket, folder_.path() + "/notify/notify.sock"));
    ASSERT_TRUE(sys::send_message(socket, text));
  }
  Folder folder_;
  UniqueFd host_;
  UniqueFd dir_;
};

TEST_F(NotifyTest, ForwardsReadinessThenWaitsForTheBarrier) {
  auto proxy = NotifyProxy::create(dir_, folder_.path());
  ASSERT_TRUE(proxy) << proxy.error().message();
  const sys::Process init = {.pid = getpid(), .pidfd = *sys::pidfd_open(getpid())};
  struct stat status = {};
  ASSERT_EQ(stat((folder_.path() + "/notify/notify.sock").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0777U);
  std::atomic<bool> done = false;
  std::thread forwarder([&] {
    EXPECT_TRUE(proxy->wait_and_forward(folder_.path() + "/host.sock", init));
    done = true;
  });
  say("STATUS=not yet");
  say(std::string(5000, 'x'));  // longer than is read
  say("XREADY=1\nREADY=0");
  say("STATUS=now\nREADY=1\nMAINPID=1");
  const auto ready = sys::receive_message(host_, 4096);
  ASSERT_TRUE(ready);
  EXPECT_EQ(ready->data, cat("MAINPID=", getpid(), "\nREADY=1\n"));
  auto barrier = sys::receive_message(host_, 4096);
  ASSERT_TRUE(barrier);
  EXPECT_EQ(barrier->data, "BARRIER=1");
  ASSERT_EQ(barrier->fds.size(), 1U);
  std::this_thread::sleep_for(50ms);
  EXPECT_FALSE(done);
  barrier->fds.clear();
  forwarder.join();
}

TEST_F(NotifyTest, AnOwnerThatEndsOnceItIsReadyIsNoFailure) {
  auto proxy = NotifyProxy::create(dir_, folder_.path());
  ASSERT_TRUE(proxy);
  const sys::Process init = {.pid = getpid(), .pidfd = *sys::pidfd_open(getpid())};
  say("READY=1");
  // Room for one message: the barrier waits for more, until the owner is gone.
  const UniqueFd filler = *sys::unix_socket(SOCK_DGRAM | SOCK_NONBLOCK);
  ASSERT_TRUE(sys::connect_unix(filler, folder_.path() + "/host.sock"));
  while (sys::send_message(filler, "x")) {
  }
  ASSERT_TRUE(sys::receive_message(host_, 4096));
  Result<> outcome;
  std::thread forwarder(
      [&] { outcome = proxy->wait_and_forward(folder_.path() + "/host.sock", init); });
  pollfd full = {.fd = filler.get(), .events = POLLOUT, .revents = 0};
  while (poll(&full, 1, 0) != 0) {
    std::this_thread::sleep_for(1ms);
  }
  host_.reset();
  forwarder.join();
  EXPECT_TRUE(outcome) << outcome.error().message();
}

TEST_F(NotifyTest, EndOfTheContainerEndsTheWait) {
  auto proxy = NotifyProxy::create(dir_, folder_.path());
  ASSERT_TRUE(proxy);
  const sys::Process init = spawn([] { return 0; });
  EXPECT_TRUE(proxy->wait_and_forward(folder_.path() + "/host.sock", init));
  (void)sys::wait_for(init.pidfd);
}

TEST_F(NotifyTest, IsMadeAgainWhereACommandWasKilled) {
  ASSERT_TRUE(NotifyProxy::create(dir_, folder_.path()));
  EXPECT_TRUE(NotifyProxy::create(dir_, folder_.path()));
}

TEST_F(NotifyTest, AbstractHostSocketIsReached) {
  const std::string name = cat("plimsoll-test-", getpid());
  const UniqueFd host = *sys::unix_socket(SOCK_DGRAM);
  ASSERT_TRUE(sys::bind_abstract(host, name));
  auto proxy = NotifyProxy::create(dir_, folder_.path());
  ASSERT_TRUE(proxy);
  const sys::Process init = {.pid = getpid(), .pidfd = *sys::pidfd_open(getpid())};
  say("READY=1");
  std::thread reader([&] {
    EXPECT_EQ(sys::receive_message(host, 4096)->data, cat("MAINPID=", getpid(), "\nREADY=1\n"));
    (void)sys::receive_message(host, 4096);
  });
  EXPECT_TRUE(proxy->wait_and_forward("@" + name, init));
  reader.join();
}

TEST_F(NotifyTest, MissingHostSocketIsTold) {
  auto proxy = NotifyProxy::create(dir_, folder_.path());
  ASSERT_TRUE(proxy);
  const sys::Process init = {.pid = getpid(), .pidfd = *sys::pidfd_open(getpid())};
  EXPECT_EQ(proxy->wait_and_forward("/nonexistent/sock", init).error().message(),
            "notify socket: connect '/nonexistent/sock': no such file or directory");
}

}  // namespace
}  // namespace plimsoll::launch
