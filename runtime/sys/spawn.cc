// The one place where a child is made that shares this process's memory.
// SPDX-License-Identifier: Apache-2.0
#include <csignal>

#include "runtime/base/text.h"
#include "runtime/sys/process.h"
#include "runtime/sys/raw.h"

namespace plimsoll::sys {

namespace {

// clone3(2), then entry(argument) on the new stack in the child. C++ cannot express this: between
// the system call and the call of `entry` the child must not touch a stack frame, which is still
// the parent's.
long clone3_on_stack(clone_args* args, int (*entry)(void*), void* argument) {
#if defined(__x86_64__)
  long result = 0;
  register int (*entry_register)(void*) __asm__("r12") = entry;
  register void* argument_register __asm__("r13") = argument;
  __asm__ volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xor %%ebp, %%ebp\n\t"
      "mov %%r13, %%rdi\n\t"
      "call *%%r12\n\t"
      "mov %%eax, %%edi\n\t"
      "mov %[exit_group], %%eax\n\t"
      "syscall\n\t"
      "hlt\n"
      "1:"
      : "=a"(result)
      : "a"(static_cast<long>(SYS_clone3)), "D"(args), "S"(sizeof *args), "r"(entry_register),
        "r"(argument_register), [exit_group] "i"(SYS_exit_group)
      : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 __asm__("x8") = SYS_clone3;
  register long x0 __asm__("x0") = reinterpret_cast<long>(args);
  register long x1 __asm__("x1") = sizeof *args;
  register int (*entry_register)(void*) __asm__("x20") = entry;
  register void* argument_register __asm__("x21") = argument;
  __asm__ volatile(
      "svc #0\n\t"
      "cbnz x0, 1f\n\t"
      "mov x29, xzr\n\t"
      "mov x0, x21\n\t"
      "blr x20\n\t"
      "mov x8, %[exit_group]\n\t"
      "svc #0\n\t"
      "brk #1\n"
      "1:"
      : "+r"(x0)
      : "r"(x8), "r"(x1), "r"(entry_register),
        "r"(argument_register), [exit_group] "i"(SYS_exit_group)
      : "x30", "memory");
  return x0;
#else
#error "spawn_shared needs this architecture's clone3 sequence"
#endif
}

}  // namespace

namespace {

Result<Process> spawn(std::uint64_t flags, int cgroup_fd, const ChildStack& stack,
                      int (*entry)(void*), void* argument) {
  int pidfd = -1;
  clone_args args = {};
  args.flags = flags | CLONE_PIDFD;
  args.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
  // clone3 refuses an exit signal together with CLONE_PARENT: the child then uses its sibling's.
  args.exit_signal = (flags & CLONE_PARENT) != 0 ? 0 : SIGCHLD;
  args.stack = reinterpret_cast<std::uintptr_t>(stack.base());
  args.stack_size = stack.size();
  if (cgroup_fd >= 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<__u64>(cgroup_fd);
  }
  const long pid = clone3_on_stack(&args, entry, argument);
  if (pid < 0) {
    return fail(Error::system(static_cast<int>(-pid), "clone3"));
  }
  return Process{.pid = static_cast<pid_t>(pid), .pidfd = UniqueFd(pidfd)};
}

}  // namespace

Result<Process> spawn_shared(std::uint64_t flags, int cgroup_fd, const ChildStack& stack,
                             int (*entry)(void*), void* argument) {
  return spawn(flags | CLONE_VM, cgroup_fd, stack, entry, argument);
}

Result<Process> spawn_copied(std::uint64_t flags, int cgroup_fd, const ChildStack& stack,
                             int (*entry)(void*), void* argument) {
  return spawn(flags, cgroup_fd, stack, entry, argument);
}

}  // namespace plimsoll::sys
