// The ENOSYS stub: C libraries try a new system call first and fall back to an old one on ENOSYS
// only, so a profile that answers EPERM to calls it has never heard of breaks programs newer than
// itself. SPDX-License-Identifier: Apache-2.0
#include <linux/audit.h>
#include <linux/seccomp.h>

#include <cerrno>
#include <cstddef>

#include "runtime/linux/seccomp_parts.h"

namespace plimsoll::linux::seccomp {

namespace {

constexpr std::uint32_t kX32Bit = 0x40000000;  // __X32_SYSCALL_BIT
constexpr std::uint32_t kNoSuchCall = SECCOMP_RET_ERRNO | ENOSYS;

sock_filter statement(unsigned code, std::uint32_t value) {
  return {.code = static_cast<__u16>(code), .jt = 0, .jf = 0, .k = value};
}

sock_filter jump(unsigned test, std::uint32_t value, unsigned when_true, unsigned when_false) {
  return {.code = static_cast<__u16>(BPF_JMP | test | BPF_K),
          .jt = static_cast<__u8>(when_true),
          .jf = static_cast<__u8>(when_false),
          .k = value};
}

sock_filter load(std::size_t offset) {
  return statement(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}

// The value that marks a jump to the filter until its distance is known.
constexpr std::uint32_t kToFilter = 0xffffffff;
sock_filter to_filter() { return statement(BPF_JMP | BPF_JA, kToFilter); }
sock_filter no_such_call() { return statement(BPF_RET | BPF_K, kNoSuchCall); }

// Tests the number in the accumulator; every path ends in a return or in the filter. Empty where
// the profile names no call.
std::vector<sock_filter> number_test(const HighestCall& highest) {
  if (!highest.plain && !highest.x32) {
    return {};
  }
  if (!highest.plain) {
    return {jump(BPF_JSET, kX32Bit, 0, 2), jump(BPF_JGT, *highest.x32, 0, 1), no_such_call(),
            to_filter()};
  }
  if (highest.audit_arch == AUDIT_ARCH_S390X || highest.audit_arch == AUDIT_ARCH_S390) {
    // Calls with large numbers that the kernel does not know arrive as number 0, setup(2), which no
    // program has used for decades.
    return {jump(BPF_JEQ, 0, 1, 0), jump(BPF_JGT, *highest.plain, 0, 1), no_such_call(),
            to_filter()};
  }
  if (highest.audit_arch != AUDIT_ARCH_X86_64) {
    return {jump(BPF_JGT, *highest.plain, 0, 1), no_such_call(), to_filter()};
  }
  if (!highest.x32) {
    return {jump(BPF_JSET, kX32Bit, 2, 0), jump(BPF_JGT, *highest.plain, 0, 1), no_such_call(),
            to_filter()};
  }
  return {jump(BPF_JSET, kX32Bit, 2, 0),
          jump(BPF_JGT, *highest.plain, 2, 0),
          to_filter(),
          jump(BPF_JGT, *highest.x32, 0, 1),
          no_such_call(),
          to_filter()};
}

}  // namespace

std::vector<sock_filter> enosys_stub(std::span<const HighestCall> highest) {
  std::vector<sock_filter> stub;
  for (const HighestCall& entry : highest) {
    const std::vector<sock_filter> test = number_test(entry);
    if (test.empty()) {
      continue;
    }
    if (stub.empty()) {
      stub.push_back(load(offsetof(seccomp_data, arch)));
    }
    stub.push_back(jump(BPF_JEQ, entry.audit_arch, 0, static_cast<unsigned>(test.size()) + 1));
    stub.push_back(load(offsetof(seccomp_data, nr)));
    stub.insert(stub.end(), test.begin(), test.end());
  }
  for (std::size_t i = 0; i < stub.size(); ++i) {
    if (stub[i].code == (BPF_JMP | BPF_JA)) {
      stub[i].k = static_cast<std::uint32_t>(stub.size() - i - 1);
    }
  }
  return stub;
}

}  // namespace plimsoll::linux::seccomp
