// System calls without a C library, for programs whose start-up must cost nothing.
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace plimsoll::bench::bare {

// The kernel's answer: a negative errno on failure.
inline long call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                 long f = 0) {
#if defined(__x86_64__)
  long result;
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  register long x3 asm("x3") = d;
  register long x4 asm("x4") = e;
  register long x5 asm("x5") = f;
  asm volatile("svc 0"
               : "+r"(x0)
               : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
               : "memory");
  return x0;
#else
#error "the floor knows x86-64 and AArch64"
#endif
}

}  // namespace plimsoll::bench::bare

// The entry of the program, with the kernel's stack: argc, argv.
extern "C" [[noreturn]] void bare_main(long argc, char** argv);
#if defined(__x86_64__)
asm(".globl _start\n_start:\n  mov (%rsp), %rdi\n  lea 8(%rsp), %rsi\n  and $-16, %rsp\n  call "
    "bare_main\n");
#else
asm(".globl _start\n_start:\n  ldr x0, [sp]\n  add x1, sp, #8\n  bl bare_main\n");
#endif
