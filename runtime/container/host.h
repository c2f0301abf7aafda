// Facts of the host and of the libraries in this program that cli/ needs.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "runtime/base/result.h"

namespace plimsoll::container {

// True in a user namespace other than the host's first one.
bool in_user_namespace();
// True when /sys/fs/cgroup is one cgroup2 hierarchy.
bool unified_cgroups();
// "2.5.4"
std::string libseccomp_version();
// True when this kernel takes the flag of seccomp(2).
bool seccomp_flag_supported(std::uint32_t flag);

// Continues from an image of this program that no container can overwrite, where that is needed
// (CVE-2019-5736). To be called before create, run, exec and restore do anything. `copied`: from a
// copy, whatever the container may do.
Result<> protect_executable(char** argv, char** envp, bool copied);

}  // namespace plimsoll::container
