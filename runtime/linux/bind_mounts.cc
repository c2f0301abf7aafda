// Bind mounts: a clone of the source gets its flags while it is attached nowhere, and is then put
// on the opened target. Runs in init, before enter_rootfs. SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/linux/rootfs_parts.h"
#include "runtime/sys/file.h"
#include "runtime/sys/in_root.h"
#include "runtime/sys/mount.h"

namespace plimsoll::linux::rootfs {

namespace {

unsigned clone_flags(bool recursive) {
  return OPEN_TREE_CLONE | (recursive ? static_cast<unsigned>(AT_RECURSIVE) : 0U);
}

bool is_recursive(const plan::Mount& mount) { return (mount.flags & MS_REC) != 0; }

// In a user namespace our own look-up comes first: mounts that crossed into the namespace with it
// have their nosuid, nodev and so on locked, a clone that the parent made has not.
Result<UniqueFd> open_source(const plan::Mount& mount, const BindSource& from_parent) {
  if (mount.idmap && from_parent.tree.valid()) {
    return sys::duplicate(from_parent.tree);
  }
  auto tree = sys::open_tree(sys::cwd(), mount.source.c_str(), clone_flags(is_recursive(mount)));
  if (!tree && from_parent.tree.valid()) {
    return sys::duplicate(from_parent.tree);
  }
  if (!tree && tree.error().err() != ENOSYS) {
    return fail(Error::system(tree.error().err(), cat("open_tree '", mount.source, "'")));
  }
  if (tree && mount.idmap) {
    TRY(set_idmap(*tree, from_parent.idmap_namespace, mount.idmap->recursive));
  }
  return tree;
}

// The propagation to set together with the flags, or 0: only where one call means the same as two,
// and where attaching does not change it again, that is, below mounts that are not shared.
std::uint64_t joint_propagation(const RootfsContext& context, const plan::Mount& mount) {
  if (mount.propagation.size() != 1 || (is_recursive(mount) && changes_flags(mount))) {
    return 0;
  }
  const std::uint64_t wanted = mount.propagation.front() & ~std::uint64_t{MS_REC | MS_SILENT};
  const plan::Rootfs& rootfs = context.plan->rootfs;
  const bool isolated = (rootfs.propagation & MS_REC) != 0 && (rootfs.propagation & MS_SHARED) == 0;
  const bool any_shared = std::ranges::any_of(rootfs.mounts, [](const plan::Mount& other) {
    return std::ranges::any_of(other.propagation,
                               [](std::uint64_t flags) { return (flags & MS_SHARED) != 0; });
  });
  return isolated && !any_shared && wanted != MS_SHARED ? wanted : 0;
}

Result<> attach(const plan::Mount& mount, BorrowedFd tree, const Target& target) {
  auto moved = sys::move_mount(tree, target.fd);
  if (moved) {
    return {};
  }
  // The kernel says EINVAL for a folder on a file, and for much else.
  const bool source_dir = S_ISDIR(TRY(sys::stat_fd(tree)).st_mode);
  const bool target_dir = S_ISDIR(TRY(sys::stat_fd(target.fd)).st_mode);
  if (source_dir != target_dir) {
    return fail(Error::system(
        ENOTDIR, cat("mount '", mount.source, "', which is a ", source_dir ? "folder" : "file",
                     ", on a ", target_dir ? "folder" : "file")));
  }
  return moved;
}

// Kernels before 5.2, or a seccomp filter that knows no open_tree.
Result<> bind_by_path(const RootfsContext& context, const plan::Mount& mount) {
  const Target target = TRY(open_target(context, mount, BorrowedFd::of(-1)));
  TRY(sys::mount(mount.source.c_str(), fd_path(target.fd).c_str(), nullptr,
                 MS_BIND | (mount.flags & MS_REC), nullptr));
  const UniqueFd top = TRY(reopen_target(context, mount, target.fd));
  if (changes_flags(mount)) {
    TRY(remount_flags(top, mount));
  }
  TRY(set_propagation(top, mount));
  return set_recursive_attributes(top, mount.recursive_attributes);
}

// "bind,remount": the mount that is at the destination gets new flags.
Result<> remount_bind(const RootfsContext& context, const plan::Mount& mount) {
  const UniqueFd top = TRY(sys::open_in_root(context.root, mount.destination.c_str(), O_PATH));
  TRY(remount_flags(top, mount));
  TRY(set_propagation(top, mount));
  return set_recursive_attributes(top, mount.recursive_attributes);
}

}  // namespace

Result<UniqueFd> clone_tree(BorrowedFd object, bool recursive) {
  return sys::open_tree(object, "", clone_flags(recursive) | AT_EMPTY_PATH);
}

Result<> mount_bind(const RootfsContext& context, const plan::Mount& mount,
                    const BindSource& from_parent) {
  if ((mount.flags & MS_REMOUNT) != 0) {
    return remount_bind(context, mount);
  }
  auto source = open_source(mount, from_parent);
  if (!source) {
    if (may_be_missing(source.error()) && !mount.idmap) {
      return bind_by_path(context, mount);
    }
    return fail(std::move(source).error());
  }
  const UniqueFd tree = *std::move(source);
  const Target target = TRY(open_target(context, mount, tree));
  bool flags_done = true;
  bool propagation_done = mount.propagation.empty();
  const std::uint64_t propagation = joint_propagation(context, mount);
  if (changes_flags(mount)) {
    flags_done = TRY(set_flags(tree, mount, propagation));
    propagation_done = propagation_done || (flags_done && propagation != 0);
  } else if (propagation != 0) {
    propagation_done = sys::mount_setattr(tree, {.propagation = propagation},
                                          (mount.propagation.front() & MS_REC) != 0)
                           .has_value();
  }
  TRY(set_recursive_attributes(tree, mount.recursive_attributes));
  TRY(attach(mount, tree, target));
  if (!flags_done) {
    TRY(remount_flags(tree, mount));
    TRY(set_recursive_attributes(tree, mount.recursive_attributes));
  }
  return propagation_done ? Result<>{} : set_propagation(tree, mount);
}

}  // namespace plimsoll::linux::rootfs
