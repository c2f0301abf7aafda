// Programs for the kernel that the floor loads: the seccomp filter of a config, and the device
// filter of cgroup v2. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "bench/bundle/bundle.h"

namespace plimsoll::bench {

// Compiled by libseccomp with its binary tree, as sock_filter instructions; unknown names are left
// out.
std::string seccomp_filter(const Json& seccomp);

// Allows the devices that every container has (config-linux.md#default-devices) and refuses all
// others, as bpf_insn instructions.
std::string device_filter();

struct Device {
  const char* name;
  unsigned major;
  unsigned minor;
};
inline constexpr Device kDefaultDevices[] = {{"null", 1, 3},   {"zero", 1, 5},    {"full", 1, 7},
                                             {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}};

}  // namespace plimsoll::bench
