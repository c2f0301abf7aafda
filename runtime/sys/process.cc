// SPDX-License-Identifier: Apache-2.0
#include "runtime/sys/process.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <ctime>
#include <string>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"
#include "runtime/sys/populate.h"
#include "runtime/sys/raw.h"

#ifdef PLIMSOLL_COVERAGE
extern "C" void __gcov_dump(void);
#endif
#ifdef __SANITIZE_ADDRESS__
extern "C" void __asan_unpoison_memory_region(void const volatile*, std::size_t);
#endif

namespace plimsoll::sys {

namespace {

constexpr std::size_t kPage = 4096;

Result<> done(long result, std::string_view call) {
  if (result < 0) {
    return fail(Error::system(static_cast<int>(-result), std::string(call)));
  }
  return {};
}

// The kernel's own struct sigaction (man 2 rt_sigaction); glibc's differs.
struct KernelSigaction {
  void (*handler)(int);
  unsigned long flags;
  void (*restorer)();
  std::uint64_t mask;
};
constexpr std::size_t kSignalSetSize = 8;

}  // namespace

Result<ChildStack> ChildStack::create(std::size_t size) {
  const long base = raw(SYS_mmap, nullptr, size + kPage, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
  if (base < 0 && base > -4096) {
    return fail(Error::system(static_cast<int>(-base), "mmap of a child's stack"));
  }
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel gives an address as a number
  void* memory = reinterpret_cast<void*>(base);
  TRY(done(raw(SYS_mprotect, memory, kPage, PROT_NONE), "mprotect of a guard page"));
#ifdef __SANITIZE_ADDRESS__
  // An earlier child left its frames marked: execve never returned from them, and our munmap is not
  // the one that AddressSanitizer watches.
  __asan_unpoison_memory_region(memory, size + kPage);
#endif
  constexpr std::size_t kSureToBeUsed = 5 * kPage;  // by init and by exec's child
  populate_for_writing(reinterpret_cast<std::uintptr_t>(memory) + kPage + size - kSureToBeUsed,
                       kSureToBeUsed);
  return ChildStack(memory, size + kPage, /*mapped=*/true);
}

ChildStack::ChildStack(ChildStack&& other) noexcept
    : base_(other.base_), size_(other.size_), mapped_(other.mapped_) {
  other.base_ = nullptr;
}

ChildStack::~ChildStack() {
  if (base_ == nullptr) {
    return;
  }
  if (mapped_) {
    (void)raw(SYS_munmap, base_, size_);
    return;
  }
#ifdef __SANITIZE_ADDRESS__
  // The caller's own frames come here next, and the child has left the marks of its own.
  __asan_unpoison_memory_region(base_, size_);
#endif
}

Result<UniqueFd> pidfd_open(pid_t pid) {
  const long fd = raw(SYS_pidfd_open, pid, 0);
  if (fd < 0) {
    return fail(Error::system(static_cast<int>(-fd), cat("pidfd_open ", pid)));
  }
  return UniqueFd(static_cast<int>(fd));
}

Result<> pidfd_send_signal(BorrowedFd pidfd, int signal) {
  return done(raw(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0), "pidfd_send_signal");
}

Result<> kill(pid_t pid, int signal) { return done(raw(SYS_kill, pid, signal), "kill"); }

namespace {

Result<ExitStatus> wait_id(idtype_t type, int id) {
  siginfo_t info = {};
  TRY(done(raw_retry(SYS_waitid, static_cast<int>(type), id, &info, WEXITED | __WALL, nullptr),
           "waitid"));
  return ExitStatus{.signaled = info.si_code != CLD_EXITED, .code = info.si_status};
}

}  // namespace

Result<ExitStatus> wait_for(BorrowedFd pidfd) { return wait_id(P_PIDFD, pidfd.get()); }

Result<ExitStatus> wait_for_pid(pid_t pid) { return wait_id(P_PID, pid); }

Result<> set_namespace(BorrowedFd fd, int nstype) {
  return done(raw(SYS_setns, fd.get(), nstype), "setns");
}

Result<> unshare(int flags) { return done(raw(SYS_unshare, flags), "unshare"); }

std::vector<char*> exec_pointers(const std::vector<std::string>& strings) {
  std::vector<char*> out;
  out.reserve(strings.size() + 1);
  for (const std::string& string : strings) {
    out.push_back(const_cast<char*>(string.c_str()));  // NOLINT: execve only reads
  }
  out.push_back(nullptr);
  return out;
}

Error exec_path(const char* path, char* const* argv, char* const* envp) {
  const long result = raw(SYS_execve, path, argv, envp);
  return Error::system(static_cast<int>(-result), cat("exec '", path, "'"));
}

Error exec_fd(BorrowedFd file, char* const* argv, char* const* envp) {
  constexpr int kEmptyPath = 0x1000;  // AT_EMPTY_PATH
  const long result = raw(SYS_execveat, file.get(), "", argv, envp, kEmptyPath);
  return Error::system(static_cast<int>(-result), cat("exec '", argv[0], "'"));
}

void exit_process(int status) {
#ifdef PLIMSOLL_COVERAGE
  __gcov_dump();
#endif
  for (;;) {
    (void)raw(SYS_exit_group, status);
  }
}

Result<long> process_control(int option, unsigned long a, unsigned long b, unsigned long c,
                             unsigned long d) {
  const long result = raw(SYS_prctl, option, a, b, c, d);
  if (result < 0) {
    return fail(Error::system(static_cast<int>(-result), cat("prctl ", option)));
  }
  return result;
}

pid_t process_id() { return static_cast<pid_t>(raw(SYS_getpid)); }
pid_t parent_process_id() { return static_cast<pid_t>(raw(SYS_getppid)); }
uid_t effective_user_id() { return static_cast<uid_t>(raw(SYS_geteuid)); }
gid_t effective_group_id() { return static_cast<gid_t>(raw(SYS_getegid)); }

Result<> new_session() { return done(raw(SYS_setsid), "setsid"); }

// On the stack: it may run beside an init that shares this process's memory.
std::uint64_t ignored_signals() {
  constexpr std::string_view kField = "\nSigIgn:\t";
  constexpr std::size_t kDigits = 16;
  const long opened =
      raw_retry(SYS_openat, AT_FDCWD, "/proc/self/status", O_RDONLY | O_NOCTTY | O_CLOEXEC);
  if (opened < 0) {
    return kEverySignal;
  }
  const UniqueFd file(static_cast<int>(opened));
  std::array<char, 4096> buffer;
  for (std::size_t kept = 0;;) {
    const long count = raw_retry(SYS_read, file.get(), buffer.data() + kept, buffer.size() - kept);
    if (count <= 0) {
      return kEverySignal;
    }
    const std::string_view text(buffer.data(), kept + static_cast<std::size_t>(count));
    const std::size_t at = text.find(kField);
    if (at != std::string_view::npos && text.size() - at >= kField.size() + kDigits) {
      const char* first = text.data() + at + kField.size();
      std::uint64_t mask = 0;
      const auto [end, error] = std::from_chars(first, first + kDigits, mask, 16);
      return error == std::errc() && end == first + kDigits ? mask : kEverySignal;
    }
    // The line of the groups may fill many buffers; the field may lie across two.
    kept = std::min(text.size(), kField.size() + kDigits - 1);
    std::copy(text.end() - static_cast<std::ptrdiff_t>(kept), text.end(), buffer.begin());
  }
}

void stop_ignoring_children() {
  KernelSigaction action = {};
  if (raw(SYS_rt_sigaction, SIGCHLD, nullptr, &action, kSignalSetSize) == 0 &&
      (action.handler == SIG_IGN || (action.flags & SA_NOCLDWAIT) != 0)) {
    action = {};
    (void)raw(SYS_rt_sigaction, SIGCHLD, &action, nullptr, kSignalSetSize);
  }
}

Result<> reset_signals(std::uint64_t signals) {
  const KernelSigaction standard = {};
  while (signals != 0) {
    const int signal = std::countr_zero(signals) + 1;
    signals &= signals - 1;
    // SIGKILL and SIGSTOP refuse, and have their default already.
    (void)raw(SYS_rt_sigaction, signal, &standard, nullptr, kSignalSetSize);
  }
  const std::uint64_t none = 0;
  return done(raw(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, kSignalSetSize),
              "rt_sigprocmask");
}

Result<> end_on_signals() {
  // libc's wrapper, for its restorer: without one x86 cannot deliver.
  struct sigaction action = {};
  action.sa_handler = [](int signal) { raw(SYS_exit_group, 128 + signal); };
  for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGTERM}) {
    if (sigaction(signal, &action, nullptr) != 0) {
      return fail(Error::system(EINVAL, "rt_sigaction"));
    }
  }
  return {};
}

Result<> block_all_signals() {
  const std::uint64_t all = ~0ULL;
  return done(raw(SYS_rt_sigprocmask, SIG_SETMASK, &all, nullptr, kSignalSetSize),
              "rt_sigprocmask");
}

void sleep_milliseconds(std::uint32_t milliseconds) {
  const timespec time = {.tv_sec = milliseconds / 1000,
                         .tv_nsec = static_cast<long>(milliseconds % 1000) * 1'000'000};
  (void)raw(SYS_nanosleep, &time, nullptr);
}

std::uint64_t monotonic_milliseconds() {
  timespec now = {};
  (void)raw(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000 +
         static_cast<std::uint64_t>(now.tv_nsec) / 1'000'000;
}

}  // namespace plimsoll::sys
