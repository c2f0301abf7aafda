// The parts of compile_seccomp that other files and the tests use one by one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/plan/plan.h"

namespace plimsoll::linux::seccomp {

inline constexpr std::size_t kMaxInstructions = 4096;  // BPF_MAXINSNS

// The highest system call that the profile names, per ABI of one AUDIT_ARCH_*.
struct HighestCall {
  std::uint32_t audit_arch = 0;
  std::optional<std::uint32_t> plain;
  std::optional<std::uint32_t> x32;  // of AUDIT_ARCH_X86_64 only, bit 30 included
};

// Instructions that answer ENOSYS to numbers above `highest` and otherwise run on to the
// instruction behind them.
std::vector<sock_filter> enosys_stub(std::span<const HighestCall> highest);

// A call with several conditional rules of one action, as one ABI knows it.
struct ConditionalCall {
  std::uint32_t audit_arch = 0;
  std::uint32_t number = 0;
  bool wide =
      false;  // its arguments have 64 bits; else the low 32 of a value count, as with libseccomp
  std::uint32_t action = 0;
  std::vector<std::vector<spec::SeccompArg>> rules;  // any rule whose conditions all hold
};
// True when libseccomp's merging of the rules cannot be relied on.
bool in_doubt(const ConditionalCall& call);
// Instructions that decide these calls and otherwise run on to the instruction behind them.
std::vector<sock_filter> conditional_calls(std::span<const ConditionalCall> calls,
                                           std::uint32_t default_action);

// A program with the same answers to everything that the kernel can ask, and no more instructions.
// What it does not know how to follow stays as it is.
std::vector<sock_filter> fold(std::span<const sock_filter> program);

struct Filter {
  std::vector<sock_filter> instructions;
  bool notify = false;
  std::uint32_t load_flags = 0;  // none where they are asked for at each start
};
// The whole filter with its stub; only this calls libseccomp.
Result<Filter> compile_unfolded(const plan::Seccomp& profile);
// The same, folded: what the kernel is given.
Result<Filter> compile_filter(const plan::Seccomp& profile);
using Compile = Result<Filter> (*)(const plan::Seccomp& profile);
// How long compile_apart() waits; an engine's profile takes some 20 ms of processor time.
struct ApartLimits {
  std::uint32_t cpu_seconds = 5;
  std::uint32_t milliseconds = 60'000;
};
// What `compile` gives in a process of its own, which may take 1 GiB of memory; an error when it
// takes more than its limits or crashes.
Result<Filter> compile_apart(const plan::Seccomp& profile, Compile compile = compile_filter,
                             ApartLimits limits = {});
// "2.5.4": the linked library's.

// A compiled program as a file: what it was made from, the program and a checksum.
std::string encode_entry(std::string_view key, const Filter& filter);
struct Entry {
  std::string_view key;  // of the bytes that were decoded
  Filter filter;
};
// nullopt: not in this form, or damaged.
std::optional<Entry> decode_entry(std::string_view bytes);

std::string library_version();
// The words of the spec for the architectures that the library knows.
std::vector<std::string> library_architectures();

// SECCOMP_FILTER_FLAG_* for the profile, asked of the kernel. Flags that it lacks are left out with
// a warning.
Result<unsigned> load_flags(const plan::Seccomp& profile, bool notify,
                            std::vector<std::string>& warnings);

}  // namespace plimsoll::linux::seccomp
