// What a runtime sees below /sys/fs/cgroup: the host's own layout, or a pure v1 or v2 one, made in
// a private mount namespace so that the host's mounts stay as they are. SPDX-License-Identifier:
// Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace plimsoll::bench {

enum class CgroupView : std::uint8_t { host, v1, v2 };
std::string_view cgroup_view_name(CgroupView view);
// "host", "v1", "v2"; throws std::runtime_error for others.
CgroupView cgroup_view_of(std::string_view name);

// Enters a new mount namespace whose mounts do not propagate, and shows `view` there. Root only.
void enter_private_mounts(CgroupView view);

// What /sys/fs/cgroup is now.
enum class CgroupLayout : std::uint8_t { none, v1, v2, hybrid };
std::string_view cgroup_layout_name(CgroupLayout layout);
CgroupLayout cgroup_layout();
// The mount points of the v1 hierarchies, named ones included.
std::vector<std::string> cgroup_hierarchies();
// The controllers that a container can be given limits by, by their v1 names ("cpu", "memory",
// "pids", "blkio"; the v2 controller "io" is "blkio").
std::set<std::string> cgroup_controllers();

}  // namespace plimsoll::bench
