// SPDX-License-Identifier: Apache-2.0
#include <linux/capability.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "runtime/base/text.h"
#include "runtime/linux/process_setup.h"
#include "runtime/sys/credentials.h"

namespace plimsoll::linux {

namespace {

// Row n is capability n, for warnings (man 7 capabilities).
constexpr auto kNames = std::to_array<std::string_view>({
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
});
static_assert(kNames.size() == CAP_CHECKPOINT_RESTORE + 1);

constexpr int kSetSize = 64;

constexpr bool has(std::uint64_t set, int capability) { return (set >> capability & 1) != 0; }
constexpr std::uint64_t bit(int capability) { return std::uint64_t{1} << capability; }

std::string name_of(int capability) {
  const auto row = static_cast<std::size_t>(capability);
  return row < kNames.size() ? std::string(kNames[row]) : cat("capability ", capability);
}

std::string names_of(std::uint64_t set) {
  std::string out;
  for (int capability = 0; capability < kSetSize; ++capability) {
    if (has(set, capability)) {
      cat_to(out, out.empty() ? "" : " ", name_of(capability));
    }
  }
  return out;
}

// config.md: what cannot be granted is a warning, and should not make the creation fail.
void warn(std::uint64_t missing, std::string_view set, std::vector<std::string>& warnings) {
  if (missing != 0) {
    warnings.push_back(
        cat("ignoring unknown or unavailable capabilities (", set, "): ", names_of(missing)));
  }
}

std::uint64_t not_in_bounding_set(std::uint64_t wanted) {
  std::uint64_t missing = 0;
  for (int capability = 0; capability < kSetSize; ++capability) {
    if (has(wanted, capability) && sys::bounding_state(capability) != sys::BoundingState::present) {
      missing |= bit(capability);
    }
  }
  return missing;
}

}  // namespace

Result<> drop_bounding_set(const plan::CapabilitySets& sets, std::vector<std::string>& warnings) {
  for (int capability = 0; capability < kSetSize; ++capability) {
    if (has(sets.bounding, capability)) {
      continue;
    }
    const Result<> dropped = sys::drop_bounding(capability);
    if (dropped) {
      continue;
    }
    if (dropped.error().err() == EINVAL) {
      break;  // the kernel knows no capability from here on
    }
    // Without CAP_SETPCAP nothing can be dropped, and what is absent already need not be.
    if (sys::bounding_state(capability) == sys::BoundingState::present) {
      return fail(Error(dropped.error())
                      .wrap(cat("unable to apply bounding set: drop ", name_of(capability))));
    }
  }
  // What this process may use is in the bounding set of any ordinary caller; only the rest is worth
  // a question each.
  const sys::Capabilities current = TRY(sys::get_capabilities());
  warn(not_in_bounding_set(sets.bounding & ~current.permitted), "bounding", warnings);
  return {};
}

Result<> apply_capabilities(const plan::CapabilitySets& sets, std::vector<std::string>& warnings) {
  const sys::Capabilities current = TRY(sys::get_capabilities());
  const std::uint64_t permitted = sets.permitted & current.permitted;
  const std::uint64_t effective = sets.effective & permitted;
  // The kernel lets a process gain an inheritable capability only from its bounding set, and
  // without CAP_SETPCAP only from its permitted set.
  const std::uint64_t gained = sets.inheritable & ~current.inheritable;
  std::uint64_t refused = gained == 0 ? 0 : not_in_bounding_set(gained);
  if (!has(current.effective, CAP_SETPCAP)) {
    refused |= gained & ~current.permitted;
  }
  const std::uint64_t inheritable = sets.inheritable & ~refused;
  warn(sets.permitted & ~permitted, "permitted", warnings);
  // What is missing in permitted as well was told once.
  warn(sets.effective & ~effective & ~(sets.permitted & ~permitted), "effective", warnings);
  warn(refused, "inheritable", warnings);

  TRY_DOING("unable to apply caps",
            sys::set_capabilities(
                {.effective = effective, .permitted = permitted, .inheritable = inheritable}));
  // EINVAL: a kernel before 4.3, without ambient capabilities.
  if (const Result<> cleared = sys::clear_ambient(); !cleared && cleared.error().err() != EINVAL) {
    return cleared;
  }
  for (int capability = 0; capability < kSetSize; ++capability) {
    if (!has(sets.ambient, capability)) {
      continue;
    }
    if (const Result<> raised = sys::raise_ambient(capability); !raised) {
      warnings.push_back(cat("can't raise ambient capability ", name_of(capability), ": ",
                             errno_text(raised.error().err())));
    }
  }
  return {};
}

}  // namespace plimsoll::linux
