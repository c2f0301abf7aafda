// What glibc's headers make of a call, by the names that glibc has for it: the released program is
// compiled with those headers and linked with musl's archive (docs/decisions/0011-musl.md).
// SPDX-License-Identifier: Apache-2.0

// Its checks would call themselves.
#undef _FORTIFY_SOURCE
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "runtime/entry/texts.h"
#include "runtime/sys/raw.h"

// glibc's names are reserved ones.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)

namespace {

// As glibc's __fortify_fail does.
[[noreturn, gnu::cold]] void end_after_overflow() {
  constexpr char kText[] = "plimsoll: a bug: buffer overflow\n";
  (void)!write(STDERR_FILENO, kText, sizeof kText - 1);
  abort();  // ban-ok: nothing is cleaned up after a bug
}

}  // namespace

extern "C" {

// musl's signals the thread that it noted at the start: in a child that was made by a bare clone,
// its parent.
[[noreturn]] void abort() noexcept {  // ban-ok: its definition
  plimsoll::sys::raw(SYS_kill, plimsoll::sys::raw(SYS_getpid), SIGABRT);
  __builtin_trap();  // it was blocked or ignored
}

// _FORTIFY_SOURCE (glibc, debug/): `room` is what the compiler knows of the object.
[[gnu::used]] void* __memcpy_chk(void* to, const void* from, std::size_t size, std::size_t room) {
  if (size > room) {
    end_after_overflow();
  }
  return std::memcpy(to, from, size);
}

// NOLINTNEXTLINE(cert-dcl50-cpp): C's own
[[gnu::used]] int __snprintf_chk(char* to, std::size_t size, int /*flag*/, std::size_t room,
                                 const char* format, ...) {
  if (size > room) {
    end_after_overflow();
  }
  va_list arguments;
  va_start(arguments, format);
  const int length = std::vsnprintf(to, size, format, arguments);  // ban-ok: it is libc's own
  va_end(arguments);
  return length;
}

// NOLINTNEXTLINE(cert-dcl50-cpp): C's own
[[gnu::used]] int __fprintf_chk(std::FILE* file, int /*flag*/, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int length = std::vfprintf(file, format, arguments);  // ban-ok: libseccomp's
  va_end(arguments);
  return length;
}

// man 3 makedev: the kernel's own encoding of 64 bits.
[[gnu::used]] unsigned long gnu_dev_makedev(unsigned major, unsigned minor) noexcept {
  const unsigned long high = major;
  const unsigned long low = minor;
  return (high & 0xfffff000) << 32 | (high & 0xfff) << 8 | (low & 0xffffff00) << 12 | (low & 0xff);
}
[[gnu::used]] unsigned gnu_dev_major(unsigned long device) noexcept {
  return static_cast<unsigned>((device >> 32 & 0xfffff000) | (device >> 8 & 0xfff));
}
[[gnu::used]] unsigned gnu_dev_minor(unsigned long device) noexcept {
  return static_cast<unsigned>((device >> 12 & 0xffffff00) | (device & 0xff));
}

// man 3 cmsg: CMSG_NXTHDR.
[[gnu::used]] cmsghdr* __cmsg_nxthdr(msghdr* message, cmsghdr* header) noexcept {
  if (header->cmsg_len < sizeof(cmsghdr)) {
    return nullptr;
  }
  auto* end = static_cast<unsigned char*>(message->msg_control) + message->msg_controllen;
  auto* next = reinterpret_cast<unsigned char*>(header);
  const auto left = static_cast<std::size_t>(end - next);
  if (left < sizeof(cmsghdr) || header->cmsg_len > left - sizeof(cmsghdr) ||
      CMSG_ALIGN(header->cmsg_len) > left - sizeof(cmsghdr)) {
    return nullptr;
  }
  next += CMSG_ALIGN(header->cmsg_len);
  auto* found = reinterpret_cast<cmsghdr*>(next);
  return found->cmsg_len > static_cast<std::size_t>(end - next) ? nullptr : found;
}

// man 3 strerror, man 3 strsignal.
[[gnu::used]] const char* strerrordesc_np(int number) noexcept {
  return plimsoll::entry::entry_of(plimsoll::entry::kErrorTexts, plimsoll::entry::kErrors, number);
}
[[gnu::used]] const char* sigabbrev_np(int number) noexcept {
  return plimsoll::entry::entry_of(plimsoll::entry::kSignalNames, plimsoll::entry::kSignals,
                                   number);
}

// libstdc++ counts references without atomic instructions when it is set (glibc 2.32): the program
// has one thread.
[[gnu::used]] char __libc_single_threaded = 1;

// Whose destructors these are, for a program that unloads nothing (Itanium C++ ABI, 3.3.5).
[[gnu::used, gnu::visibility("hidden")]] void* __dso_handle = nullptr;
}

// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
