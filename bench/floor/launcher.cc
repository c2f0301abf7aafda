// Starts measured programs and waits for them. A process of its own, without a C library: the
// kernel counts the memory of the parent from which a program was started by vfork into the
// program's peak, and here that is a few pages. It is also the parent of the containers that the
// runtimes leave behind, as a shim is. SPDX-License-Identifier: Apache-2.0
#include <asm/unistd.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/wait.h>

#include "bench/floor/clone3.h"
#include "bench/floor/system_call.h"
#include "bench/measure/launch_protocol.h"

namespace plimsoll::bench {
namespace {

using bare::call;

constexpr long kSigchld = 17;

char text[kMaxText];
char* words[kMaxWords + 1];
char** environment;
alignas(16) char child_stack[4096];

[[noreturn]] void finish(long status) {
  for (;;) {
    call(__NR_exit_group, status);
  }
}

void read_all(void* target, unsigned long size) {
  auto* place = static_cast<char*>(target);
  while (size > 0) {
    const long got =
        call(__NR_read, kRequestPipe, reinterpret_cast<long>(place), static_cast<long>(size));
    if (got <= 0) {
      finish(0);  // the bench is gone
    }
    place += got;
    size -= static_cast<unsigned long>(got);
  }
}

long now_ns() {
  long time[2];
  call(__NR_clock_gettime, 1, reinterpret_cast<long>(time));
  return time[0] * 1'000'000'000 + time[1];
}

// In the child, on the memory of the launcher, which waits for exec.
void execute(long) {
  call(__NR_execve, reinterpret_cast<long>(words[0]), reinterpret_cast<long>(words),
       reinterpret_cast<long>(environment));
  finish(127);
}

LaunchAnswer start(const LaunchRequest& request) {
  read_all(text, request.size);
  char* place = text;
  for (unsigned i = 0; i < request.words; ++i) {
    words[i] = place;
    while (*place++ != 0) {
    }
  }
  words[request.words] = nullptr;
  unsigned long arguments[8] = {
      CLONE_VM | CLONE_VFORK, 0, 0, 0, kSigchld, reinterpret_cast<unsigned long>(child_stack),
      sizeof child_stack,     0};
  LaunchAnswer answer{};
  answer.time_ns = now_ns();
  answer.pid = static_cast<int>(
      bare_clone3(reinterpret_cast<long>(arguments), sizeof arguments, execute, 0));
  return answer;
}

LaunchAnswer wait_for(long pid, long options) {
  constexpr long kInterrupted = -4;
  LaunchAnswer answer{};
  do {
    answer.pid = static_cast<int>(call(__NR_wait4, pid, reinterpret_cast<long>(&answer.status),
                                       options, reinterpret_cast<long>(&answer.usage)));
  } while (answer.pid == kInterrupted);
  answer.time_ns = now_ns();
  return answer;
}

LaunchAnswer obey(const LaunchRequest& request) {
  switch (request.ask) {
    case Ask::start:
      return start(request);
    case Ask::wait:
      return wait_for(request.pid, 0);
    case Ask::reap:
      break;
  }
  LaunchAnswer answer{};
  do {
    answer = wait_for(-1, WNOHANG);
  } while (answer.pid > 0);
  return answer;
}

}  // namespace
}  // namespace plimsoll::bench

extern "C" void bare_main(long argc, char** argv) {
  using namespace plimsoll::bench;
  environment = argv + argc + 1;
  // The pipes are ours alone, and what our caller left open is no measured program's: a runtime
  // would hand it on.
  constexpr long kLast = 0xFFFF'FFFF;
  constexpr long kCloexec = 4;  // CLOSE_RANGE_CLOEXEC
  call(__NR_close_range, 3, kLast, kCloexec);
  call(__NR_prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  for (;;) {
    LaunchRequest request{};
    read_all(&request, sizeof request);
    const LaunchAnswer answer = obey(request);
    call(__NR_write, kAnswerPipe, reinterpret_cast<long>(&answer), sizeof answer);
  }
}
