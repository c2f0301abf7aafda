// Asking the kernel which filter flags it has (in the parent), and loading the program (in init).
// SPDX-License-Identifier: Apache-2.0
#include <linux/seccomp.h>

#include <algorithm>
#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/linux/seccomp.h"
#include "runtime/linux/seccomp_parts.h"
#include "runtime/linux/seccomp_words.h"
#include "runtime/sys/raw.h"

namespace plimsoll::linux {

namespace seccomp {

namespace {

// The kernel looks at the flags (EINVAL) before it reads the program (EFAULT).
bool kernel_has(unsigned flags) {
  return sys::raw(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, nullptr) == -EFAULT;
}

// WAIT_KILLABLE_RECV is refused without a listener.
bool flag_supported(unsigned flag) {
  const bool needs_listener = flag == SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
  return kernel_has(flag | (needs_listener ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0U));
}

}  // namespace

Result<unsigned> load_flags(const plan::Seccomp& profile, bool notify,
                            std::vector<std::string>& warnings) {
  unsigned flags = 0;
  if (!profile.flags) {
    // No member at all, not even an empty one: as runc, whose programs so keep the speed they have
    // without a filter.
    if (flag_supported(SECCOMP_FILTER_FLAG_SPEC_ALLOW)) {
      flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
    }
  } else {
    for (const std::string& name : *profile.flags) {
      const auto* flag = std::find_if(kFlags.begin(), kFlags.end(),
                                      [&name](const FilterFlag& f) { return f.name == name; });
      if (flag == kFlags.end()) {
        return fail(Error::invalid(cat("seccomp flag '", name, "' is not known")));
      }
      if (flag->value == SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV && !notify) {
        continue;  // it is about waiting for an agent, and there is none
      }
      if (flag->value != 0 && !flag_supported(flag->value)) {
        warnings.push_back(
            cat("seccomp flag '", name, "' is not supported by this kernel: ignored"));
        continue;
      }
      flags |= flag->value;
    }
  }
  return notify ? flags | SECCOMP_FILTER_FLAG_NEW_LISTENER : flags;
}

}  // namespace seccomp

SeccompFeatures seccomp_features() {
  SeccompFeatures out;
  for (const seccomp::Action& action : seccomp::kActions) {
    out.actions.emplace_back(action.name);
  }
  for (const std::string_view op : seccomp::kOperators) {
    out.operators.emplace_back(op);
  }
  for (const seccomp::FilterFlag& flag : seccomp::kFlags) {
    out.known_flags.emplace_back(flag.name);
    if (flag.value == 0 || seccomp::flag_supported(flag.value)) {
      out.supported_flags.emplace_back(flag.name);
    }
  }
  out.archs = seccomp::library_architectures();
  out.library_version = seccomp::library_version();
  return out;
}

Result<UniqueFd> load_seccomp(const SeccompProgram& program) {
  sock_fprog filter = {};
  filter.len = static_cast<unsigned short>(program.instructions.size());
  filter.filter = const_cast<sock_filter*>(program.instructions.data());  // NOLINT: only read
  const long result = sys::raw(SYS_seccomp, SECCOMP_SET_MODE_FILTER, program.load_flags, &filter);
  if (result < 0) {
    return fail(Error::system(static_cast<int>(-result), "seccomp SECCOMP_SET_MODE_FILTER"));
  }
  return program.notify ? UniqueFd(static_cast<int>(result)) : UniqueFd();
}

}  // namespace plimsoll::linux
