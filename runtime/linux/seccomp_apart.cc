// Compiles in a process of its own: of some profiles libseccomp 2.5.4 makes no end, and what it
// does to its memory stays there. SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "runtime/base/text.h"
#include "runtime/linux/seccomp_parts.h"
#include "runtime/sys/process.h"
#include "runtime/sys/raw.h"
#include "runtime/sys/sealed_file.h"
#include "runtime/sys/socket.h"

namespace plimsoll::linux::seccomp {

namespace {

constexpr std::size_t kStack = std::size_t{8} << 20;    // as a main program has
constexpr rlim64_t kMostMemory = rlim64_t{1} << 30;     // the largest profile takes some MB
constexpr std::size_t kLargest = std::size_t{1} << 20;  // kMaxInstructions take 32 KiB

// At the front of the file that both processes hold; what follows is a program or a text.
struct Answer {
  std::uint32_t complete = 0;  // the child came to its end
  std::uint32_t failed = 0;
  std::uint32_t notify = 0;
  std::uint32_t kind = 0;
  std::int32_t err = 0;
  std::uint32_t size = 0;
};

struct Job {
  const plan::Seccomp& profile;
  Compile compile;
  ApartLimits limits;
  int file;
  pid_t parent;
};

bool write_at(int file, const void* bytes, std::size_t size, std::size_t offset) {
  return sys::raw(SYS_pwrite64, file, bytes, size, offset) == static_cast<long>(size);
}

int answer(int file, Answer header, const void* bytes, std::size_t size) {
  header.complete = 1;
  header.size = static_cast<std::uint32_t>(size);
  const bool written = size <= kLargest && write_at(file, bytes, size, sizeof header) &&
                       write_at(file, &header, sizeof header, 0);
  return written ? 0 : 1;
}

void limit(int resource, rlim64_t soft, rlim64_t hard) {
  const std::array<rlim64_t, 2> values = {soft, hard};
  (void)sys::raw(SYS_prlimit64, 0, resource, values.data(), nullptr);
}

int run(void* argument) {
  const Job& job = *static_cast<Job*>(argument);
  (void)sys::process_control(PR_SET_PDEATHSIG, SIGKILL);
  if (sys::parent_process_id() != job.parent) {
    return 1;
  }
  limit(RLIMIT_CORE, 0, 0);
  limit(RLIMIT_CPU, job.limits.cpu_seconds, job.limits.cpu_seconds + 1);
#if !defined(__SANITIZE_ADDRESS__)  // whose own mappings are larger
  limit(RLIMIT_DATA, kMostMemory, kMostMemory);
#endif
  const Result<Filter> filter = job.compile(job.profile);
  if (!filter) {
    const std::string& text = filter.error().text();
    return answer(job.file,
                  {.failed = 1,
                   .kind = static_cast<std::uint32_t>(filter.error().kind()),
                   .err = filter.error().err()},
                  text.data(), text.size());
  }
  return answer(job.file, {.notify = filter->notify ? 1U : 0U}, filter->instructions.data(),
                filter->instructions.size() * sizeof(sock_filter));
}

Error no_answer(std::string_view how) {
  return Error::unsupported(cat("libseccomp ", library_version(), " ", how,
                                " the seccomp profile: it may have a system call with conditional "
                                "rules of several actions"));
}

Result<Filter> read_answer(int file) {
  Answer header;
  if (sys::raw(SYS_pread64, file, &header, sizeof header, 0) != sizeof header ||
      header.complete == 0 || header.size > kLargest) {
    return fail(no_answer("crashed over"));
  }
  std::string bytes(header.size, '\0');
  if (sys::raw(SYS_pread64, file, bytes.data(), bytes.size(), sizeof header) !=
      static_cast<long>(bytes.size())) {
    return fail(no_answer("crashed over"));
  }
  if (header.failed != 0) {
    return fail(Error(static_cast<ErrorKind>(header.kind), header.err, std::move(bytes)));
  }
  Filter filter{.instructions = std::vector<sock_filter>(bytes.size() / sizeof(sock_filter)),
                .notify = header.notify != 0};
  bytes.copy(reinterpret_cast<char*>(filter.instructions.data()), bytes.size());
  return filter;
}

}  // namespace

Result<Filter> compile_apart(const plan::Seccomp& profile, Compile compile, ApartLimits limits) {
  const UniqueFd file = TRY(sys::memfd("seccomp-answer", 0));
  const sys::ChildStack stack = TRY(sys::ChildStack::create(kStack));
  Job job{.profile = profile,
          .compile = compile,
          .limits = limits,
          .file = file.get(),
          .parent = sys::process_id()};
  const sys::Process child = TRY(sys::spawn_copied(0, -1, stack, run, &job));
  pollfd ended{.fd = child.pidfd.get(), .events = POLLIN, .revents = 0};
  const Result<int> ready = sys::poll_fds({&ended, 1}, static_cast<int>(limits.milliseconds));
  if (!ready || *ready == 0) {
    (void)sys::pidfd_send_signal(child.pidfd, SIGKILL);
  }
  // Nothing to wait for where the caller ignores SIGCHLD: then only the file tells how it ended.
  const Result<sys::ExitStatus> status = sys::wait_for(child.pidfd);
  if (!ready) {
    return fail(ready.error());
  }
  if (*ready == 0) {
    return fail(no_answer(cat("took more than ", limits.milliseconds / 1000, " s for")));
  }
  if (status && status->signaled && status->code == SIGXCPU) {
    return fail(no_answer(cat("took more than ", limits.cpu_seconds, " s of processor time for")));
  }
  return read_answer(file.get());
}

}  // namespace plimsoll::linux::seccomp
