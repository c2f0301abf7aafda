// Fuzzes the seccomp compiler: profiles made from the input, compiled, and run by an interpreter of
// classic BPF. Oracle: the program answers as a direct reading of the profile does, for calls and
// arguments near the profile's own, on each of its architectures; and jumps stay inside.
// SPDX-License-Identifier: Apache-2.0
#include <linux/audit.h>
#include <seccomp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "fuzz/harness.h"
#include "runtime/linux/seccomp_interpreter.h"
#include "runtime/linux/seccomp_parts.h"
#include "runtime/linux/seccomp_words.h"
#include "validator/spec/vocabulary.h"

namespace {

using namespace plimsoll;
using fuzz::Input;
using fuzz::require;

struct Abi {
  const char* name;
  std::uint32_t token;
  std::uint32_t audit_arch;
  bool wide;
};
constexpr auto kAbis = std::to_array<Abi>({
    {"SCMP_ARCH_X86_64", SCMP_ARCH_X86_64, AUDIT_ARCH_X86_64, true},
    {"SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64, AUDIT_ARCH_AARCH64, true},
    {"SCMP_ARCH_X86", SCMP_ARCH_X86, AUDIT_ARCH_I386, false},
    {"SCMP_ARCH_ARM", SCMP_ARCH_ARM, AUDIT_ARCH_ARM, false},
    {"SCMP_ARCH_X32", SCMP_ARCH_X32, AUDIT_ARCH_X86_64, false},
});
// Calls that every one of these has as a call of its own.
constexpr auto kNames = std::to_array<const char*>(
    {"read", "close", "getpid", "fchmod", "prctl", "clone", "openat", "bpf", "statx", "pipe2"});
constexpr auto kActions =
    std::to_array<const char*>({"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL_PROCESS",
                                "SCMP_ACT_LOG", "SCMP_ACT_TRAP", "SCMP_ACT_TRACE"});

// One action for each name: which of several holds is libseccomp's own affair.
plan::Seccomp make_profile(Input& input, bool high) {
  const auto word = [&] {
    const std::uint64_t low = input.number<std::uint16_t>();
    return high ? low | std::uint64_t{input.byte()} << 32 : low;
  };
  plan::Seccomp profile;
  profile.default_action = input.pick(kActions);
  if (profile.default_action == "SCMP_ACT_ERRNO" && input.flag()) {
    profile.default_errno_ret = input.byte();
  }
  for (const std::size_t abis = input.byte(); const Abi& abi : kAbis) {
    if ((abis >> (&abi - kAbis.data()) & 1) != 0) {
      profile.architectures.emplace_back(abi.name);
    }
  }
  std::array<std::size_t, kNames.size()> action_of = {};
  while (!input.done() && profile.syscalls.size() < 48) {
    const std::size_t name = input.below(kNames.size());
    if (action_of[name] == 0) {
      action_of[name] = 1 + input.below(kActions.size());
    }
    spec::SeccompSyscall& call = profile.syscalls.emplace_back();
    call.names.emplace_back(kNames[name]);
    call.action = kActions[action_of[name] - 1];
    if (call.action == "SCMP_ACT_ERRNO") {
      call.errno_ret = static_cast<std::uint32_t>(name + 1);
    }
    for (std::size_t count = input.below(4); count > 0; --count) {
      call.args.push_back({.index = static_cast<std::uint32_t>(input.below(6)),
                           .value = word(),
                           .value_two = word(),
                           .op = std::string(input.pick(linux::seccomp::kOperators))});
    }
  }
  return profile;
}

bool holds(const spec::SeccompArg& arg, std::uint64_t actual) {
  switch (*spec::find_seccomp_operator(arg.op)) {
    case SCMP_CMP_NE:
      return actual != arg.value;
    case SCMP_CMP_LT:
      return actual < arg.value;
    case SCMP_CMP_LE:
      return actual <= arg.value;
    case SCMP_CMP_EQ:
      return actual == arg.value;
    case SCMP_CMP_GE:
      return actual >= arg.value;
    case SCMP_CMP_GT:
      return actual > arg.value;
    default:
      return (actual & arg.value) == (arg.value_two & arg.value);
  }
}

bool matches(const spec::SeccompSyscall& call, const seccomp_data& data, bool wide) {
  const auto met = [&](const spec::SeccompArg& arg) {
    return holds(arg, wide ? data.args[arg.index] : data.args[arg.index] & 0xffffffff);
  };
  // As runc and every profile have it: several conditions on one argument are alternatives.
  const bool alternatives = std::ranges::any_of(call.args, [&](const spec::SeccompArg& arg) {
    return std::ranges::count(call.args, arg.index, &spec::SeccompArg::index) > 1;
  });
  return alternatives ? std::ranges::any_of(call.args, met) : std::ranges::all_of(call.args, met);
}

std::uint32_t value_of(const std::string& action, std::optional<std::uint32_t> error) {
  const spec::SeccompAction* found = spec::find_seccomp_action(action);
  return found->kernel_action | (found->takes_errno ? error.value_or(EPERM) : 0);
}

std::uint32_t direct_reading(const plan::Seccomp& profile, const Abi& abi,
                             const seccomp_data& data) {
  if (abi.token != seccomp_arch_native() &&
      std::ranges::find(profile.architectures, abi.name) == profile.architectures.end()) {
    return SECCOMP_RET_KILL_THREAD;
  }
  const std::uint32_t fallback = value_of(profile.default_action, profile.default_errno_ret);
  constexpr std::uint32_t kEnosys = SECCOMP_RET_ERRNO | ENOSYS;
  int highest = 0;
  std::optional<std::uint32_t> found;
  for (const spec::SeccompSyscall& call : profile.syscalls) {
    const int number = seccomp_syscall_resolve_name_arch(abi.token, call.names[0].c_str());
    highest = std::max(highest, number);
    if (number == data.nr && matches(call, data, abi.wide)) {
      found = value_of(call.action, call.errno_ret);
    }
  }
  const bool stub = profile.default_action == "SCMP_ACT_ERRNO" && fallback != kEnosys;
  return stub && highest > 0 && data.nr > highest ? kEnosys : found.value_or(fallback);
}

void check_form(const std::vector<sock_filter>& program) {
  require(!program.empty() && program.size() <= linux::seccomp::kMaxInstructions);
  for (std::size_t at = 0; at < program.size(); ++at) {
    const sock_filter& op = program[at];
    if (BPF_CLASS(op.code) == BPF_JMP) {
      const std::size_t furthest =
          BPF_OP(op.code) == BPF_JA ? op.k : std::max<std::size_t>(op.jt, op.jf);
      require(at + furthest + 1 < program.size());
    }
  }
  require(BPF_CLASS(program.back().code) == BPF_RET);
}

void probe(const plan::Seccomp& profile, const std::vector<sock_filter>& program, const Abi& abi,
           int number, const std::vector<spec::SeccompArg>& near, std::size_t variant) {
  seccomp_data data = {};
  data.nr = number;
  data.arch = abi.audit_arch;
  for (const spec::SeccompArg& arg : near) {
    const std::uint64_t value = variant < 4 ? arg.value : arg.value_two;
    data.args[arg.index] = value + variant % 4 - 1;
    if (variant == 3) {
      data.args[arg.index] = value ^ 0x100000000U;
    }
  }
  require(linux::seccomp::interpret(program, data) == direct_reading(profile, abi, data));
}

}  // namespace

// libseccomp 2.5.4 itself loses a few nodes of its tree when rules of one call are merged; a
// program compiles one filter in its life.
extern "C" const char* __lsan_default_suppressions() { return "leak:zmalloc"; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  // A value above 32 bits has no agreed meaning on a 32-bit ABI: such profiles ask wide ones only.
  const bool high = input.flag();
  const plan::Seccomp profile = make_profile(input, high);
  const auto filter = linux::seccomp::compile_filter(profile);
  if (!filter) {
    require(!filter.error().message().empty());
    return 0;
  }
  check_form(filter->instructions);
  for (const Abi& abi : kAbis) {
    if (high && !abi.wide) {
      continue;
    }
    const int base = abi.token == SCMP_ARCH_X32 ? 0x40000000 : 0;
    probe(profile, filter->instructions, abi, base + 499, {}, 0);
    for (const char* name : kNames) {
      probe(profile, filter->instructions, abi, seccomp_syscall_resolve_name_arch(abi.token, name),
            {}, 0);
    }
    for (const spec::SeccompSyscall& call : profile.syscalls) {
      const int number = seccomp_syscall_resolve_name_arch(abi.token, call.names[0].c_str());
      for (std::size_t variant = 0; variant < 8 && !call.args.empty(); ++variant) {
        probe(profile, filter->instructions, abi, number, call.args, variant);
      }
    }
  }
  return 0;
}
