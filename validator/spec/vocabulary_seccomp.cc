// The names of config-linux.md#seccomp. SPDX-License-Identifier: Apache-2.0
#include <linux/audit.h>
#include <linux/seccomp.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "validator/spec/vocabulary.h"
#include "validator/spec/vocabulary_lookup.h"

namespace plimsoll::spec {
namespace {

constexpr auto kActions = std::to_array<SeccompAction>({
    {.name = "SCMP_ACT_KILL", .kernel_action = SECCOMP_RET_KILL_THREAD},
    {.name = "SCMP_ACT_KILL_PROCESS", .kernel_action = SECCOMP_RET_KILL_PROCESS},
    {.name = "SCMP_ACT_KILL_THREAD", .kernel_action = SECCOMP_RET_KILL_THREAD},
    {.name = "SCMP_ACT_TRAP", .kernel_action = SECCOMP_RET_TRAP},
    {.name = "SCMP_ACT_ERRNO", .kernel_action = SECCOMP_RET_ERRNO, .takes_errno = true},
    {.name = "SCMP_ACT_TRACE", .kernel_action = SECCOMP_RET_TRACE, .takes_errno = true},
    {.name = "SCMP_ACT_ALLOW", .kernel_action = SECCOMP_RET_ALLOW},
    {.name = "SCMP_ACT_LOG", .kernel_action = SECCOMP_RET_LOG},
    {.name = "SCMP_ACT_NOTIFY", .kernel_action = SECCOMP_RET_USER_NOTIF},
});

constexpr auto kOperators = std::to_array<Named<int>>({
    {"SCMP_CMP_NE", 1},
    {"SCMP_CMP_LT", 2},
    {"SCMP_CMP_LE", 3},
    {"SCMP_CMP_EQ", 4},
    {"SCMP_CMP_GE", 5},
    {"SCMP_CMP_GT", 6},
    {"SCMP_CMP_MASKED_EQ", 7},
});

constexpr std::uint32_t kLe = __AUDIT_ARCH_LE;
constexpr std::uint32_t k64 = __AUDIT_ARCH_64BIT;
constexpr std::uint32_t kN32 = __AUDIT_ARCH_CONVENTION_MIPS64_N32;

constexpr auto kArchitectures = std::to_array<Named<std::uint32_t>>({
    {"SCMP_ARCH_X86", EM_386 | kLe},
    {"SCMP_ARCH_X86_64", EM_X86_64 | k64 | kLe},
    {"SCMP_ARCH_X32", EM_X86_64 | kLe},
    {"SCMP_ARCH_ARM", EM_ARM | kLe},
    {"SCMP_ARCH_AARCH64", EM_AARCH64 | k64 | kLe},
    {"SCMP_ARCH_MIPS", EM_MIPS},
    {"SCMP_ARCH_MIPS64", EM_MIPS | k64},
    {"SCMP_ARCH_MIPS64N32", EM_MIPS | k64 | kN32},
    {"SCMP_ARCH_MIPSEL", EM_MIPS | kLe},
    {"SCMP_ARCH_MIPSEL64", EM_MIPS | k64 | kLe},
    {"SCMP_ARCH_MIPSEL64N32", EM_MIPS | k64 | kLe | kN32},
    {"SCMP_ARCH_PPC", EM_PPC},
    {"SCMP_ARCH_PPC64", EM_PPC64 | k64},
    {"SCMP_ARCH_PPC64LE", EM_PPC64 | k64 | kLe},
    {"SCMP_ARCH_S390", EM_S390},
    {"SCMP_ARCH_S390X", EM_S390 | k64},
    {"SCMP_ARCH_PARISC", EM_PARISC},
    {"SCMP_ARCH_PARISC64", EM_PARISC | k64},
    {"SCMP_ARCH_RISCV64", EM_RISCV | k64 | kLe},
    {"SCMP_ARCH_LOONGARCH64", EM_LOONGARCH | k64 | kLe},
    {"SCMP_ARCH_M68K", EM_68K},
    {"SCMP_ARCH_SH", EM_SH | kLe},
    {"SCMP_ARCH_SHEB", EM_SH},
});

constexpr auto kFlags = std::to_array<Named<std::uint32_t>>({
    {"SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC},
    {"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
    {"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
    {"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV},
});

}  // namespace

std::span<const SeccompAction> seccomp_actions() { return kActions; }
const SeccompAction* find_seccomp_action(std::string_view name) { return find_row(kActions, name); }

std::span<const Named<int>> seccomp_operators() { return kOperators; }
std::optional<int> find_seccomp_operator(std::string_view name) {
  return find_value(kOperators, name);
}

std::span<const Named<std::uint32_t>> seccomp_architectures() { return kArchitectures; }
std::optional<std::uint32_t> find_seccomp_architecture(std::string_view name) {
  return find_value(kArchitectures, name);
}

std::span<const Named<std::uint32_t>> seccomp_flags() { return kFlags; }
std::optional<std::uint32_t> find_seccomp_flag(std::string_view name) {
  return find_value(kFlags, name);
}

}  // namespace plimsoll::spec
