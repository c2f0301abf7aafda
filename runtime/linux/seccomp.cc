// The seccomp compiler: the only file that calls libseccomp. Runs in the parent.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/linux/seccomp.h"

#include <linux/audit.h>
#include <seccomp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <memory>
#include <set>
#include <string_view>

#include "runtime/base/text.h"
#include "runtime/linux/seccomp_parts.h"
#include "runtime/linux/seccomp_words.h"
#include "runtime/sys/file.h"
#include "runtime/sys/raw.h"
#include "runtime/sys/sealed_file.h"

namespace plimsoll::linux {

namespace seccomp {

namespace {

// libseccomp up to 2.5.4 makes a wrong tree of no rule at all, and a short list gains nothing.
constexpr std::size_t kTreeFrom = 32;
// What the kernel passes on (MAX_ERRNO); SECCOMP_RET_DATA has 16 bits for a tracer.
constexpr std::uint32_t kMaxErrno = 4095;
constexpr std::uint32_t kMaxTraceData = 0xffff;
constexpr std::uint32_t kArguments = 6;

struct ReleaseContext {
  void operator()(void* context) const { seccomp_release(context); }
};
using Context = std::unique_ptr<void, ReleaseContext>;

Error library_error(int result, std::string what) {
  if (result == -EACCES || result == -ECANCELED || result == -EFAULT) {
    return Error::invalid(std::move(what));  // libseccomp's own words, no system call's errno
  }
  return Error::system(-result, std::move(what));
}

Result<std::uint32_t> action_of(std::string_view name, std::optional<std::uint32_t> errno_ret) {
  const Action* action = find_action(name);
  if (action == nullptr) {
    return fail(Error::invalid(cat("seccomp action '", name, "' is not known")));
  }
  if (errno_ret && action->data == ActionData::none) {
    // config-linux.md#seccomp: an errno for an action that takes none is an error.
    return fail(Error::invalid(cat("seccomp action '", name, "' takes no errno")));
  }
  const std::uint32_t data = errno_ret.value_or(EPERM);
  switch (action->data) {
    case ActionData::none:
      return action->value;
    case ActionData::error:
      if (data >= kMaxErrno) {
        return fail(Error::invalid(cat("seccomp errno ", data, " is out of range")));
      }
      return action->value | data;
    case ActionData::trace:
      if (data > kMaxTraceData) {
        return fail(Error::invalid(cat("seccomp errno ", data, " is out of range")));
      }
      return action->value | data;
  }
  return action->value;
}

Result<scmp_arg_cmp> condition_of(const spec::SeccompArg& arg) {
  const auto* op = std::find(kOperators.begin(), kOperators.end(), arg.op);
  if (op == kOperators.end()) {
    return fail(Error::invalid(cat("seccomp operator '", arg.op, "' is not known")));
  }
  if (arg.index >= kArguments) {
    return fail(Error::invalid(cat("seccomp argument index ", arg.index, " is above 5")));
  }
  return scmp_arg_cmp{.arg = arg.index,
                      .op = static_cast<scmp_compare>(op - kOperators.begin() + 1),
                      .datum_a = arg.value,
                      .datum_b = arg.value_two};
}

// The place of an operator in kOperators is its number in libseccomp, less one.
static_assert(kOperators[SCMP_CMP_NE - 1] == "SCMP_CMP_NE" &&
              kOperators[SCMP_CMP_LT - 1] == "SCMP_CMP_LT" &&
              kOperators[SCMP_CMP_LE - 1] == "SCMP_CMP_LE" &&
              kOperators[SCMP_CMP_EQ - 1] == "SCMP_CMP_EQ" &&
              kOperators[SCMP_CMP_GE - 1] == "SCMP_CMP_GE" &&
              kOperators[SCMP_CMP_GT - 1] == "SCMP_CMP_GT" &&
              kOperators[SCMP_CMP_MASKED_EQ - 1] == "SCMP_CMP_MASKED_EQ");

Result<std::uint32_t> library_arch(std::string_view name) {
  const Architecture* arch = find_architecture(name);
  if (arch == nullptr) {
    return fail(Error::invalid(cat("seccomp architecture '", name, "' is not known")));
  }
  const std::uint32_t token = seccomp_arch_resolve_name(arch->library_name);
  if (token == 0) {
    return fail(Error::unsupported(
        cat("seccomp architecture '", name, "' is not known to libseccomp ", library_version())));
  }
  return token;
}

// All architectures of the filter, the native one first: libseccomp puts it into every filter.
Result<std::vector<std::uint32_t>> add_architectures(const Context& context,
                                                     const plan::Seccomp& profile) {
  std::vector<std::uint32_t> tokens = {seccomp_arch_native()};
  for (const std::string& name : profile.architectures) {
    const std::uint32_t token = TRY(library_arch(name));
    if (std::find(tokens.begin(), tokens.end(), token) != tokens.end()) {
      continue;
    }
    if (const int result = seccomp_arch_add(context.get(), token); result == -EDOM) {
      return fail(Error::invalid(
          cat("seccomp architecture '", name, "' has another byte order than this machine")));
    } else if (result < 0 && result != -EEXIST) {
      return fail(library_error(result, cat("seccomp_arch_add '", name, "'")));
    }
    tokens.push_back(token);
  }
  return tokens;
}

Result<> add_rule(const Context& context, std::uint32_t action, int number, const std::string& name,
                  std::span<const scmp_arg_cmp> conditions) {
  const int result = seccomp_rule_add_array(
      context.get(), action, number, static_cast<unsigned>(conditions.size()), conditions.data());
  if (result < 0) {
    return fail(library_error(result, cat("seccomp rule for '", name, "'")));
  }
  return {};
}

bool same_argument_twice(std::span<const spec::SeccompArg> args) {
  unsigned seen = 0;
  for (const spec::SeccompArg& arg : args) {
    if (arg.index >= kArguments) {
      continue;  // refused by condition_of
    }
    if ((seen & (1U << arg.index)) != 0) {
      return true;
    }
    seen |= 1U << arg.index;
  }
  return false;
}

std::uint32_t audit_arch(std::uint32_t arch) {
  return arch == SCMP_ARCH_X32 ? AUDIT_ARCH_X86_64 : arch;
}

// Calls that libseccomp cannot be relied on for. Merging some rules of one call (several NE and GT
// of two arguments) it never comes to an end, so it is given no rule that it need not have.
struct Doubtful {
  std::vector<ConditionalCall> calls;
  // Decided in front of libseccomp's filter on each architecture.
  std::set<std::string_view> everywhere;
  // One action, whatever the arguments: rules with conditions add nothing.
  std::set<std::string_view> unconditional;
};

Result<> add_syscall(const Context& context, const spec::SeccompSyscall& call,
                     std::uint32_t default_action, const Doubtful& doubtful) {
  const std::uint32_t action = TRY(action_of(call.action, call.errno_ret));
  std::vector<scmp_arg_cmp> conditions;
  conditions.reserve(call.args.size());
  for (const spec::SeccompArg& arg : call.args) {
    conditions.push_back(TRY(condition_of(arg)));
  }
  if (action == SCMP_ACT_NOTIFY &&
      std::find(call.names.begin(), call.names.end(), "write") != call.names.end()) {
    // init tells its parent by write that the listener exists: the agent could never get it.
    return fail(Error::invalid("seccomp action 'SCMP_ACT_NOTIFY' cannot be used for write"));
  }
  if (action == default_action) {
    return {};  // libseccomp refuses such a rule, which would change nothing
  }
  // Several conditions on one argument: libseccomp cannot join them by AND; each is a rule of its
  // own, as runc (and so every profile in use) has it.
  const bool apart = same_argument_twice(call.args);
  for (const std::string& name : call.names) {
    const int number = seccomp_syscall_resolve_name(name.c_str());
    if (number == __NR_SCMP_ERROR) {
      continue;  // a name of a newer or another system: nothing here can call it
    }
    if (doubtful.everywhere.contains(name) ||
        (!conditions.empty() && doubtful.unconditional.contains(name))) {
      continue;
    }
    if (!apart) {
      TRY(add_rule(context, action, number, name, conditions));
      continue;
    }
    for (const scmp_arg_cmp& condition : conditions) {
      TRY(add_rule(context, action, number, name, {&condition, 1}));
    }
  }
  return {};
}

// What libseccomp writes to an fd, read back.
Result<std::vector<sock_filter>> export_program(const Context& context) {
  const UniqueFd file = TRY(sys::memfd("seccomp", 0));
  if (const int result = seccomp_export_bpf(context.get(), file.get()); result < 0) {
    return fail(library_error(result, "seccomp_export_bpf"));
  }
  const auto size = static_cast<std::size_t>(TRY(sys::stat_fd(file)).st_size);
  if (size == 0 || size % sizeof(sock_filter) != 0) {
    return fail(Error::invalid("seccomp_export_bpf gave an incomplete program"));
  }
  std::vector<sock_filter> program(size / sizeof(sock_filter));
  const long got = sys::raw(SYS_pread64, file.get(), program.data(), size, 0);
  if (got != static_cast<long>(size)) {
    return fail(Error::system(got < 0 ? static_cast<int>(-got) : EIO, "pread"));
  }
  return program;
}

std::vector<HighestCall> highest_calls(const plan::Seccomp& profile,
                                       std::span<const std::uint32_t> architectures) {
  std::vector<HighestCall> out;
  for (const std::uint32_t arch : architectures) {
    int highest = 0;
    for (const spec::SeccompSyscall& call : profile.syscalls) {
      for (const std::string& name : call.names) {
        // Negative: unknown, or a pseudo number of a call that this architecture has not.
        highest = std::max(highest, seccomp_syscall_resolve_name_arch(arch, name.c_str()));
      }
    }
    if (highest == 0) {
      continue;
    }
    auto entry = std::find_if(out.begin(), out.end(), [arch](const HighestCall& known) {
      return known.audit_arch == audit_arch(arch);
    });
    if (entry == out.end()) {
      entry = out.insert(out.end(), {.audit_arch = audit_arch(arch), .plain = {}, .x32 = {}});
    }
    (arch == SCMP_ARCH_X32 ? entry->x32 : entry->plain) = static_cast<std::uint32_t>(highest);
  }
  return out;
}

bool is_wide(std::uint32_t arch) {
  constexpr std::uint32_t kMipsN32 = 0x20000000;  // __AUDIT_ARCH_CONVENTION_MIPS64_N32
  return (arch & __AUDIT_ARCH_64BIT) != 0 && (arch & kMipsN32) == 0;
}

// The rules of each name, where all of them have one action: among several actions libseccomp's
// order is what profiles are written for.
std::map<std::string_view, ConditionalCall> rules_by_name(const plan::Seccomp& profile,
                                                          std::uint32_t default_action) {
  std::map<std::string_view, ConditionalCall> out;
  std::set<std::string_view> mixed;
  for (const spec::SeccompSyscall& call : profile.syscalls) {
    const auto action = action_of(call.action, call.errno_ret);
    if (!action || *action == default_action) {
      continue;
    }
    std::vector<std::vector<spec::SeccompArg>> rules = {call.args};
    if (same_argument_twice(call.args)) {
      rules.clear();
      for (const spec::SeccompArg& arg : call.args) {
        rules.push_back({arg});
      }
    }
    for (const std::string& name : call.names) {
      ConditionalCall& entry = out[name];
      if (!entry.rules.empty() && entry.action != *action) {
        mixed.insert(name);
      }
      entry.action = *action;
      entry.rules.insert(entry.rules.end(), rules.begin(), rules.end());
    }
  }
  std::erase_if(out, [&mixed](const auto& entry) { return mixed.contains(entry.first); });
  return out;
}

Doubtful doubtful_calls(const plan::Seccomp& profile, std::uint32_t default_action,
                        std::span<const std::uint32_t> architectures) {
  Doubtful out;
  for (auto& [name, call] : rules_by_name(profile, default_action)) {
    if (std::ranges::any_of(call.rules, [](const auto& rule) { return rule.empty(); })) {
      out.unconditional.insert(name);
      continue;
    }
    if (!in_doubt(call)) {
      continue;
    }
    bool everywhere = true;
    for (const std::uint32_t arch : architectures) {
      const int number = seccomp_syscall_resolve_name_arch(arch, std::string(name).c_str());
      // Negative: not a call of its own there (socketcall, ipc), which libseccomp rewrites.
      if (number < 0) {
        everywhere = false;
        continue;
      }
      out.calls.push_back(call);
      out.calls.back().audit_arch = audit_arch(arch);
      out.calls.back().number = static_cast<std::uint32_t>(number);
      out.calls.back().wide = is_wide(arch);
    }
    if (everywhere) {
      out.everywhere.insert(name);
    }
  }
  return out;
}

}  // namespace

std::string library_version() {
  const scmp_version* version = seccomp_version();
  return cat(version->major, ".", version->minor, ".", version->micro);
}

std::vector<std::string> library_architectures() {
  std::vector<std::string> names;
  for (const Architecture& arch : kArchitectures) {
    if (seccomp_arch_resolve_name(arch.library_name) != 0) {
      names.emplace_back(arch.name);
    }
  }
  return names;
}

Result<Filter> compile_unfolded(const plan::Seccomp& profile) {
  const std::uint32_t default_action =
      TRY(action_of(profile.default_action, profile.default_errno_ret));
  if (default_action == SCMP_ACT_NOTIFY) {
    return fail(Error::invalid("seccomp action 'SCMP_ACT_NOTIFY' cannot be the default action"));
  }
  const Context context(seccomp_init(default_action));
  if (context == nullptr) {
    return fail(Error::unsupported(
        cat("seccomp default action '", profile.default_action, "' is not supported")));
  }
  const std::vector<std::uint32_t> architectures = TRY(add_architectures(context, profile));

  const Doubtful doubtful = doubtful_calls(profile, default_action, architectures);

  Filter filter;
  std::size_t rules = 0;
  for (const spec::SeccompSyscall& call : profile.syscalls) {
    rules += static_cast<std::size_t>(std::ranges::count_if(
        call.names,
        [&doubtful](const std::string& name) { return !doubtful.everywhere.contains(name); }));
    filter.notify = filter.notify || call.action == "SCMP_ACT_NOTIFY";
  }
  if (rules > kTreeFrom) {
    // Fails in libseccomp before 2.5: then the filter is a slow list, but right.
    (void)seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  }
  for (const spec::SeccompSyscall& call : profile.syscalls) {
    TRY(add_syscall(context, call, default_action, doubtful));
  }
  filter.instructions = TRY(export_program(context));

  const bool errno_default = (default_action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO;
  if (errno_default && default_action != SCMP_ACT_ERRNO(ENOSYS)) {
    const std::vector<sock_filter> stub = enosys_stub(highest_calls(profile, architectures));
    filter.instructions.insert(filter.instructions.begin(), stub.begin(), stub.end());
  }
  const std::vector<sock_filter> exact = conditional_calls(doubtful.calls, default_action);
  filter.instructions.insert(filter.instructions.begin(), exact.begin(), exact.end());
  return filter;
}

Result<Filter> compile_filter(const plan::Seccomp& profile) {
  Filter filter = TRY(compile_unfolded(profile));
  filter.instructions = fold(filter.instructions);
  if (filter.instructions.size() > kMaxInstructions) {
    return fail(Error::invalid(cat("seccomp filter of ", filter.instructions.size(),
                                   " instructions is longer than the kernel's limit of ",
                                   kMaxInstructions)));
  }
  return filter;
}

}  // namespace seccomp

Result<SeccompProgram> compile_seccomp(const plan::Seccomp& profile,
                                       std::vector<std::string>& warnings) {
  seccomp::Filter filter = TRY(seccomp::compile_apart(profile));
  const unsigned flags = TRY(seccomp::load_flags(profile, filter.notify, warnings));
  return SeccompProgram{
      .instructions = std::move(filter.instructions), .load_flags = flags, .notify = filter.notify};
}

}  // namespace plimsoll::linux
