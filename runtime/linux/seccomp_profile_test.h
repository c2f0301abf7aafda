// For tests: a profile of about the size that engines ship. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/text.h"
#include "runtime/plan/plan.h"
#include "runtime/sys/file.h"

namespace plimsoll::linux::seccomp {

// Every call that libseccomp knows a number for is allowed, all else is an error.
inline plan::Seccomp large_profile() {
  plan::Seccomp profile;
  profile.default_action = "SCMP_ACT_ERRNO";
  profile.architectures = {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"};
  const auto names = sys::read_file_at(
      sys::cwd(), PLIMSOLL_SOURCE_DIR "/runtime/linux/testdata/syscall_names.txt", 1 << 20);
  spec::SeccompSyscall call = {
      .names = {}, .action = "SCMP_ACT_ALLOW", .errno_ret = {}, .args = {}};
  const std::string text = names ? *names : std::string();
  for (const std::string_view name : split(trim(text), '\n')) {
    call.names.emplace_back(name);
  }
  profile.syscalls.push_back(call);
  return profile;
}

}  // namespace plimsoll::linux::seccomp
