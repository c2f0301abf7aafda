// Mounts of type "cgroup": one cgroup2 mount, or a tmpfs with one mount a v1 hierarchy, or both
// (hybrid). Runs in init, before enter_rootfs. SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/mount.h>

#include <algorithm>
#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/linux/rootfs_parts.h"
#include "runtime/sys/file.h"
#include "runtime/sys/mount.h"

namespace plimsoll::linux::rootfs {

namespace {

constexpr std::uint64_t kBaseFlags = MS_NOEXEC | MS_NOSUID | MS_NODEV;

bool has_cgroup_namespace(const plan::Plan& plan) {
  constexpr std::uint64_t kNewCgroup = 0x02000000;  // CLONE_NEWCGROUP
  return (plan.namespaces.create & kNewCgroup) != 0 ||
         std::ranges::any_of(plan.namespaces.join, [](const plan::JoinNamespace& join) {
           return join.clone_flag == static_cast<int>(kNewCgroup);
         });
}

const CgroupMountSource* unified_source(const RootfsContext& context) {
  if (context.cgroups == nullptr) {
    return nullptr;
  }
  const auto found = std::ranges::find(*context.cgroups, "", &CgroupMountSource::name);
  return found == context.cgroups->end() ? nullptr : &*found;
}

// An empty read-only tmpfs in place of the host's cgroups (CVE-2023-25809).
Result<> mask(BorrowedFd target) {
  return sys::mount("tmpfs", fd_path(target).c_str(), "tmpfs", MS_RDONLY | kBaseFlags,
                    "nr_blocks=1,nr_inodes=2");
}

Result<> bind_cgroup(const RootfsContext& context, const plan::Mount& mount,
                     const std::string& host_path, const std::string& destination) {
  // Flags are set on top of nosuid, nodev and noexec, which the host's mount has too.
  const plan::Mount bind = {.kind = plan::MountKind::bind,
                            .destination = destination,
                            .type = "bind",
                            .source = host_path,
                            .flags = mount.flags | kBaseFlags | MS_BIND | MS_REC,
                            .propagation = mount.propagation,
                            .recursive_attributes = mount.recursive_attributes};
  return mount_bind(context, bind, {});
}

Result<> mount_v2(const RootfsContext& context, const plan::Mount& mount) {
  plan::Mount fresh = mount;
  fresh.kind = plan::MountKind::filesystem;
  fresh.type = "cgroup2";
  fresh.label.clear();
  auto mounted = mount_filesystem(context, fresh, BorrowedFd::of(-1));
  if (mounted || (mounted.error().err() != EPERM && mounted.error().err() != EBUSY)) {
    return mounted;
  }
  // In a user namespace without a cgroup namespace the kernel allows no cgroup2 mount. Then the
  // container sees its own cgroup; where it has none, or cannot reach it, nothing at all.
  const CgroupMountSource* source = unified_source(context);
  if (source != nullptr) {
    plan::Mount bound = mount;
    if (!has_cgroup_namespace(*context.plan)) {
      bound.flags |= MS_RDONLY;
    }
    auto bind = bind_cgroup(context, bound, source->host_path, mount.destination);
    if (bind || (bind.error().err() != ENOENT && bind.error().err() != EACCES)) {
      return bind;
    }
  }
  if (!context.plan->rootless && !context.in_user_namespace) {
    return mounted;
  }
  const Target target = TRY(open_target(context, mount, BorrowedFd::of(-1)));
  return mask(target.fd);
}

Result<> mount_hierarchy(const RootfsContext& context, const plan::Mount& mount,
                         const CgroupMountSource& source, const std::string& destination) {
  if (!has_cgroup_namespace(*context.plan)) {
    return bind_cgroup(context, mount, source.host_path, destination);
  }
  // In the cgroup namespace a new mount shows the container's own cgroup as its root.
  const bool unified = source.name.empty();
  const plan::Mount fresh = {.kind = plan::MountKind::filesystem,
                             .destination = destination,
                             .type = unified ? "cgroup2" : "cgroup",
                             .source = "cgroup",
                             .flags = kBaseFlags | (mount.flags & MS_RDONLY),
                             .propagation = mount.propagation,
                             .data = unified ? "" : source.options};
  return mount_filesystem(context, fresh, BorrowedFd::of(-1));
}

// "cpu" and "cpuacct" lead to "cpu,cpuacct", as on every host.
Result<> link_controllers(BorrowedFd dir, const std::string& name) {
  const auto parts = split(name, ',');
  if (parts.size() < 2) {
    return {};
  }
  for (const std::string_view part : parts) {
    auto linked = sys::symlink_at(name, dir, std::string(part).c_str());
    if (!linked && linked.error().err() != EEXIST) {
      return linked;
    }
  }
  return {};
}

Result<> mount_v1(const RootfsContext& context, const plan::Mount& mount) {
  const plan::Mount base = {.kind = plan::MountKind::filesystem,
                            .destination = mount.destination,
                            .type = "tmpfs",
                            .source = "tmpfs",
                            .flags = kBaseFlags,
                            .propagation = mount.propagation,
                            .data = "mode=755"};
  TRY(mount_filesystem(context, base, BorrowedFd::of(-1)));
  const UniqueFd dir = TRY(open_target(context, base, BorrowedFd::of(-1))).fd;
  if (context.cgroups == nullptr) {
    return {};
  }
  for (const CgroupMountSource& source : *context.cgroups) {
    const std::string& name = source.name.empty() ? "unified" : source.name;
    const std::string destination = cat(mount.destination, "/", name);
    TRY_DOING(cat("hierarchy '", name, "'"), mount_hierarchy(context, mount, source, destination));
    TRY(link_controllers(dir, name));
  }
  if ((mount.flags & MS_RDONLY) != 0) {
    TRY(make_readonly(dir, fd_path(dir).c_str(), /*recursive=*/false));
  }
  return {};
}

}  // namespace

Result<> mount_cgroup(const RootfsContext& context, const plan::Mount& mount) {
  if (context.cgroup_mode == plan::CgroupMode::v1 ||
      context.cgroup_mode == plan::CgroupMode::hybrid) {
    return mount_v1(context, mount);
  }
  return mount_v2(context, mount);
}

}  // namespace plimsoll::linux::rootfs
