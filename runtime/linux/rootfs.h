// Builds the container's root file system: mounts, devices, pivot, masks. The order of the calls is
// launch's (runtime/launch/init.cc). All functions but open_mount_sources run in init, in the new
// mount namespace. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"
#include "runtime/plan/plan.h"

namespace plimsoll::linux {

// What init needs of the cgroups to carry out a mount of type "cgroup" (the same as
// cgroup::MountSource; linux/ must not include cgroup/).
struct CgroupMountSource {
  std::string name;
  std::string host_path;
  std::string mount_root;
  std::string options;
};

// Bind sources opened (and cloned) by the parent, for a container in a user namespace that could
// not reach them itself; invalid fds where init opens the source. Same order as Rootfs::mounts.
// Runs in the parent before the clone.
struct MountSources {
  std::vector<UniqueFd> trees;
  // User namespace fds for idmapped mounts with mappings of their own, same order.
  std::vector<UniqueFd> idmap_namespaces;
};
Result<MountSources> open_mount_sources(const plan::Plan& plan);

struct RootfsContext {
  const plan::Plan* plan = nullptr;
  MountSources* sources = nullptr;
  const std::vector<CgroupMountSource>* cgroups = nullptr;
  plan::CgroupMode cgroup_mode = plan::CgroupMode::none;
  bool in_user_namespace = false;  // init is in a user namespace of its own: no mknod, locked flags
  UniqueFd root;                   // set by prepare_rootfs: the container's root folder, O_PATH
  std::vector<std::string>* warnings = nullptr;
  mode_t caller_umask = 022;  // kept by prepare_rootfs, which sets none; back after create_devices
};

// Propagation of "/", the root bind mount; opens `root`.
Result<> prepare_rootfs(RootfsContext& context);
// All of Rootfs::mounts in order.
Result<> apply_mounts(RootfsContext& context);
// Device nodes, /dev/fd and friends, /dev/ptmx. Nothing when Rootfs::setup_dev is false.
Result<> create_devices(RootfsContext& context);
// Binds `peer` (the pty's slave) onto /dev/console.
Result<> bind_console(RootfsContext& context, BorrowedFd peer);
// pivot_root, or MS_MOVE and chroot with no_pivot; the host's tree is gone afterwards, and the cwd
// is "/".
Result<> enter_rootfs(RootfsContext& context);
// After enter_rootfs: root read-only, rootfsPropagation for a non-default value, read-only paths,
// masked paths.
Result<> finish_rootfs(RootfsContext& context);

}  // namespace plimsoll::linux
