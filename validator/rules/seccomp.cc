// Rules about linux.seccomp. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "validator/rules/rule.h"
#include "validator/spec/vocabulary.h"

namespace plimsoll::rules {
namespace {

using spec::Seccomp;
using spec::SeccompSyscall;
using spec::Spec;

constexpr std::string_view kNotify = "SCMP_ACT_NOTIFY";

const Seccomp* profile_of(const Spec& config) {
  return config.linux && config.linux->seccomp ? &*config.linux->seccomp : nullptr;
}

template <typename Check>
void each_syscall(const Spec& config, Check check) {
  const Seccomp* profile = profile_of(config);
  for (std::size_t i = 0; profile != nullptr && i < profile->syscalls.size(); ++i) {
    check(profile->syscalls[i], i);
  }
}

std::string at(std::size_t syscall, std::string_view member) {
  return cat("/linux/seccomp/syscalls/", syscall, member);
}

void check_action(std::string_view action, std::string_view pointer, Findings& found) {
  if (action.empty()) {
    found.add(pointer, "seccomp action must not be empty");
  } else if (spec::find_seccomp_action(action) == nullptr) {
    found.add(pointer, cat("seccomp action '", action, "' is unknown"));
  }
}

void default_action(const Spec& config, Findings& found) {
  if (const Seccomp* profile = profile_of(config)) {
    check_action(profile->default_action, "/linux/seccomp/defaultAction", found);
  }
}

void syscall_action(const Spec& config, Findings& found) {
  each_syscall(config, [&](const SeccompSyscall& call, std::size_t i) {
    if (call.action.empty() || spec::find_seccomp_action(call.action) == nullptr) {
      check_action(call.action, at(i, "/action"), found);
    }
  });
}

void check_errno(std::string_view action, const std::optional<std::uint32_t>& number,
                 const std::string& pointer, Findings& found) {
  const spec::SeccompAction* row = spec::find_seccomp_action(action);
  if (number && row != nullptr && !row->takes_errno) {
    found.add(pointer, cat("seccomp action '", action, "' takes no errno"));
  }
}

void default_errno(const Spec& config, Findings& found) {
  if (const Seccomp* profile = profile_of(config)) {
    check_errno(profile->default_action, profile->default_errno_ret,
                "/linux/seccomp/defaultErrnoRet", found);
  }
}

void syscall_errno(const Spec& config, Findings& found) {
  each_syscall(config, [&](const SeccompSyscall& call, std::size_t i) {
    if (call.errno_ret) {
      check_errno(call.action, call.errno_ret, at(i, "/errnoRet"), found);
    }
  });
}

// The kernel cuts a greater one down to MAX_ERRNO; for SCMP_ACT_TRACE it is 16 bits of any meaning.
void errno_range(const Spec& config, Findings& found) {
  const auto check = [&](std::string_view action, std::optional<std::uint32_t> number,
                         const std::string& pointer) {
    const std::uint32_t max = action == "SCMP_ACT_TRACE" ? 0xffff : 4095;
    if (number && *number > max) {
      found.add(pointer, cat("errno ", *number, " is greater than ", max));
    }
  };
  if (const Seccomp* profile = profile_of(config)) {
    check(profile->default_action, profile->default_errno_ret, "/linux/seccomp/defaultErrnoRet");
  }
  each_syscall(config, [&](const SeccompSyscall& call, std::size_t i) {
    if (call.errno_ret) {
      check(call.action, call.errno_ret, at(i, "/errnoRet"));
    }
  });
}

// -- notify --

bool names_write(const SeccompSyscall& call) {
  return std::ranges::find(call.names, "write") != call.names.end();
}

// Init itself must still be able to hand over the listener, by write at the latest.
void notify_possible(const Spec& config, Findings& found) {
  const Seccomp* profile = profile_of(config);
  if (profile != nullptr && profile->default_action == kNotify) {
    found.add("/linux/seccomp/defaultAction", "SCMP_ACT_NOTIFY cannot be used as default action");
  }
  each_syscall(config, [&](const SeccompSyscall& call, std::size_t i) {
    if (call.action == kNotify && names_write(call)) {
      found.add(at(i, "/names"), "SCMP_ACT_NOTIFY cannot be used for the write syscall");
    }
  });
}

void notify_needs_listener(const Spec& config, Findings& found) {
  const Seccomp* profile = profile_of(config);
  if (profile != nullptr && profile->listener_path.value_or("").empty() &&
      std::ranges::find(profile->syscalls, kNotify, &SeccompSyscall::action) !=
          profile->syscalls.end()) {
    found.add("/linux/seccomp/listenerPath",
              "SCMP_ACT_NOTIFY is used, but seccomp listenerPath is not set");
  }
}

void metadata_needs_path(const Spec& config, Findings& found) {
  const Seccomp* profile = profile_of(config);
  if (profile != nullptr && !profile->listener_metadata.value_or("").empty() &&
      profile->listener_path.value_or("").empty()) {
    found.add("/linux/seccomp/listenerMetadata",
              "seccomp listenerMetadata is set, but listenerPath is not");
  }
}

// -- names --

void architectures_known(const Spec& config, Findings& found) {
  const Seccomp* profile = profile_of(config);
  for (std::size_t i = 0; profile != nullptr && i < profile->architectures.size(); ++i) {
    if (!spec::find_seccomp_architecture(profile->architectures[i])) {
      found.add(cat("/linux/seccomp/architectures/", i),
                cat("seccomp architecture '", profile->architectures[i], "' is unknown"));
    }
  }
}

void flags_known(const Spec& config, Findings& found) {
  const Seccomp* profile = profile_of(config);
  for (std::size_t i = 0; profile != nullptr && profile->flags && i < profile->flags->size(); ++i) {
    if (!spec::find_seccomp_flag((*profile->flags)[i])) {
      found.add(cat("/linux/seccomp/flags/", i),
                cat("seccomp flag '", (*profile->flags)[i], "' is unknown"));
    }
  }
}

void names_one(const Spec& config, Findings& found) {
  each_syscall(config, [&](const SeccompSyscall& call, std::size_t i) {
    if (call.names.empty()) {
      found.add(at(i, "/names"), "a seccomp rule names no system call");
    }
  });
}

void names_not_empty(const Spec& config, Findings& found) {
  each_syscall(config, [&](const SeccompSyscall& call, std::size_t i) {
    for (std::size_t j = 0; j < call.names.size(); ++j) {
      if (call.names[j].empty()) {
        found.add(cat(at(i, "/names/"), j), "the name of a system call must not be empty");
      }
    }
  });
}

void args_index(const Spec& config, Findings& found) {
  each_syscall(config, [&](const SeccompSyscall& call, std::size_t i) {
    for (std::size_t j = 0; j < call.args.size(); ++j) {
      if (call.args[j].index > 5) {
        found.add(cat(at(i, "/args/"), j, "/index"),
                  cat("seccomp argument index ", call.args[j].index, " is greater than 5"));
      }
    }
  });
}

void args_operator(const Spec& config, Findings& found) {
  each_syscall(config, [&](const SeccompSyscall& call, std::size_t i) {
    for (std::size_t j = 0; j < call.args.size(); ++j) {
      if (!spec::find_seccomp_operator(call.args[j].op)) {
        found.add(cat(at(i, "/args/"), j, "/op"),
                  cat("seccomp operator '", call.args[j].op, "' is unknown"));
      }
    }
  });
}

constexpr auto kRules = std::to_array<Rule<Spec>>({
    {"linux.seccomp.defaultAction.required", Level::must, default_action},
    {"linux.seccomp.defaultErrnoRet.unsupported", Level::must, default_errno},
    {"linux.seccomp.architectures.optional", Level::must, architectures_known},
    {"linux.seccomp.flags.optional", Level::must, flags_known},
    {"linux.seccomp.listenerMetadata.needs-path", Level::must, metadata_needs_path},
    {"linux.seccomp.listenerPath.optional", Level::must, notify_needs_listener},
    {"config.valid-values.error/seccomp-notify", Level::must, notify_possible},
    {"linux.seccomp.syscalls.names.one", Level::must, names_one},
    {"config.valid-values.error/seccomp-empty-name", Level::must, names_not_empty},
    {"linux.seccomp.syscalls.action.required", Level::must, syscall_action},
    {"linux.seccomp.syscalls.errnoRet.unsupported", Level::must, syscall_errno},
    {"config.valid-values.error/seccomp-errno", Level::must, errno_range},
    {"linux.seccomp.syscalls.args.index.required", Level::must, args_index},
    {"linux.seccomp.syscalls.args.op.required", Level::must, args_operator},
});

}  // namespace

ConfigRules seccomp_rules() { return kRules; }

}  // namespace plimsoll::rules
