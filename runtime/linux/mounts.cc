// All mounts of the plan, in order (config.md#mounts). Runs in init, before enter_rootfs.
// SPDX-License-Identifier: Apache-2.0
#include <linux/mount.h>

#include "runtime/base/text.h"
#include "runtime/linux/rootfs_parts.h"

namespace plimsoll::linux {

namespace {

BorrowedFd opened(const MountSources* sources, std::vector<UniqueFd> MountSources::* fds,
                  std::size_t index) {
  const bool there = sources != nullptr && index < (sources->*fds).size();
  return there ? BorrowedFd((sources->*fds)[index]) : BorrowedFd::of(-1);
}

Result<> apply_mount(RootfsContext& context, std::size_t index) {
  const plan::Mount& mount = context.plan->rootfs.mounts[index];
  switch (mount.kind) {
    case plan::MountKind::bind:
      return rootfs::mount_bind(
          context, mount,
          {.tree = opened(context.sources, &MountSources::trees, index),
           .idmap_namespace = opened(context.sources, &MountSources::idmap_namespaces, index)});
    case plan::MountKind::cgroup:
      return rootfs::mount_cgroup(context, mount);
    case plan::MountKind::proc:
    case plan::MountKind::sysfs:
    case plan::MountKind::filesystem:
      break;
  }
  return rootfs::mount_filesystem(context, mount,
                                  opened(context.sources, &MountSources::idmap_namespaces, index));
}

}  // namespace

// The sources stay open until execve: their owners are in memory that the parent shares and cleans
// up.
Result<> apply_mounts(RootfsContext& context) {
  const std::vector<plan::Mount>& mounts = context.plan->rootfs.mounts;
  for (std::size_t i = 0; i < mounts.size(); ++i) {
    TRY_DOING(cat("mount '", mounts[i].source, "' on '", mounts[i].destination, "'"),
              apply_mount(context, i));
  }
  return {};
}

}  // namespace plimsoll::linux
