// One raw system call. It returns the kernel's own value, -errno on failure, and never touches
// errno: the init process shares its parent's memory (clone3 with CLONE_VM), so it shares the
// parent's errno too. Everything that may run in init calls the kernel through here. See
// docs/decisions/0003-shared-memory-child.md. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/syscall.h>

#include <concepts>
#include <type_traits>

#if !defined(__x86_64__) && !defined(__aarch64__)
#include <unistd.h>

#include <cerrno>
#endif

namespace plimsoll::sys {

// Always part of their caller: runtime/entry runs before libc has made the ground that a function
// compiled elsewhere stands on.
namespace raw_internal {
template <typename T>
[[gnu::always_inline]] inline long word(T value) {
  if constexpr (std::is_pointer_v<T>) {
    return reinterpret_cast<long>(value);
  } else if constexpr (std::is_null_pointer_v<T>) {
    return 0;
  } else {
    return static_cast<long>(value);
  }
}

// NOLINTNEXTLINE(readability-function-size): the kernel takes six arguments
[[gnu::always_inline]] inline long call(long number, long a = 0, long b = 0, long c = 0, long d = 0,
                                        long e = 0, long f = 0) {
#if defined(__x86_64__)
  long result = 0;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc #0"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                   : "memory");
  return x0;
#else
  const long result = ::syscall(number, a, b, c, d, e, f);
  return result == -1 ? -errno : result;
#endif
}
}  // namespace raw_internal

// The kernel's return value; -errno on failure.
template <typename... Args>
[[gnu::always_inline]] inline long raw(long number, Args... args) {
  static_assert(sizeof...(Args) <= 6);
  return raw_internal::call(number, raw_internal::word(args)...);
}

// As raw(), again for as long as the call is interrupted by a signal.
template <typename... Args>
[[gnu::always_inline]] inline long raw_retry(long number, Args... args) {
  long result = 0;
  do {
    result = raw(number, args...);
  } while (result == -4);  // EINTR
  return result;
}

}  // namespace plimsoll::sys
