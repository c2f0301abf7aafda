// The config.json that `spec` writes. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace plimsoll::cli {

struct RootlessUser {
  uid_t uid;
  gid_t gid;
};

// The starting point for a bundle: indented by tabs. `cgroup_namespace` where the host has cgroup2
// only: on v1 a namespace hides nothing that a read-only mount does not.
std::string example_config(bool cgroup_namespace, const std::optional<RootlessUser>& rootless);

}  // namespace plimsoll::cli
