// The words of config-linux.md#seccomp: actions, operators, architectures, flags. One table each,
// for the compiler and for the features document. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/seccomp.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace plimsoll::linux::seccomp {

// What SECCOMP_RET_DATA of an action holds.
enum class ActionData : std::uint8_t { none, error, trace };

struct Action {
  std::string_view name;
  std::uint32_t value;  // SECCOMP_RET_*, which libseccomp uses too
  ActionData data;
};

inline constexpr auto kActions = std::to_array<Action>({
    {"SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW, ActionData::none},
    {"SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO, ActionData::error},
    {"SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD, ActionData::none},
    {"SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS, ActionData::none},
    {"SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD, ActionData::none},
    {"SCMP_ACT_LOG", SECCOMP_RET_LOG, ActionData::none},
    {"SCMP_ACT_NOTIFY", SECCOMP_RET_USER_NOTIF, ActionData::none},
    {"SCMP_ACT_TRACE", SECCOMP_RET_TRACE, ActionData::trace},
    {"SCMP_ACT_TRAP", SECCOMP_RET_TRAP, ActionData::none},
});

inline const Action* find_action(std::string_view name) {
  const auto* found = std::find_if(kActions.begin(), kActions.end(),
                                   [name](const Action& action) { return action.name == name; });
  return found == kActions.end() ? nullptr : found;
}

// In the order of libseccomp's enum scmp_compare.
inline constexpr auto kOperators =
    std::to_array<std::string_view>({"SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_EQ",
                                     "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ"});

struct Architecture {
  std::string_view name;
  const char* library_name;  // for seccomp_arch_resolve_name
};

inline constexpr auto kArchitectures = std::to_array<Architecture>({
    {"SCMP_ARCH_X86", "x86"},
    {"SCMP_ARCH_X86_64", "x86_64"},
    {"SCMP_ARCH_X32", "x32"},
    {"SCMP_ARCH_ARM", "arm"},
    {"SCMP_ARCH_AARCH64", "aarch64"},
    {"SCMP_ARCH_MIPS", "mips"},
    {"SCMP_ARCH_MIPS64", "mips64"},
    {"SCMP_ARCH_MIPS64N32", "mips64n32"},
    {"SCMP_ARCH_MIPSEL", "mipsel"},
    {"SCMP_ARCH_MIPSEL64", "mipsel64"},
    {"SCMP_ARCH_MIPSEL64N32", "mipsel64n32"},
    {"SCMP_ARCH_PPC", "ppc"},
    {"SCMP_ARCH_PPC64", "ppc64"},
    {"SCMP_ARCH_PPC64LE", "ppc64le"},
    {"SCMP_ARCH_S390", "s390"},
    {"SCMP_ARCH_S390X", "s390x"},
    {"SCMP_ARCH_PARISC", "parisc"},
    {"SCMP_ARCH_PARISC64", "parisc64"},
    {"SCMP_ARCH_RISCV64", "riscv64"},
    {"SCMP_ARCH_LOONGARCH64", "loongarch64"},
    {"SCMP_ARCH_M68K", "m68k"},
    {"SCMP_ARCH_SH", "sh"},
    {"SCMP_ARCH_SHEB", "sheb"},
});

inline const Architecture* find_architecture(std::string_view name) {
  const auto* found = std::find_if(kArchitectures.begin(), kArchitectures.end(),
                                   [name](const Architecture& arch) { return arch.name == name; });
  return found == kArchitectures.end() ? nullptr : found;
}

struct FilterFlag {
  std::string_view name;
  unsigned value;  // 0: accepted, and nothing to do
};

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

inline constexpr auto kFlags = std::to_array<FilterFlag>({
    // The filter is loaded by init, which has one thread.
    {"SECCOMP_FILTER_FLAG_TSYNC", 0},
    {"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
    {"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
    {"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV},
});

}  // namespace plimsoll::linux::seccomp
