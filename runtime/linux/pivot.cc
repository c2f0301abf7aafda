// The container's root as a mount of its own, and the move into it. Runs in init.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/linux/rootfs_parts.h"
#include "runtime/sys/file.h"
#include "runtime/sys/mount.h"

namespace plimsoll::linux {

namespace rootfs {

bool has_mount_namespace(const plan::Plan& plan) {
  return (plan.namespaces.create & CLONE_NEWNS) != 0 ||
         std::ranges::any_of(plan.namespaces.join, [](const plan::JoinNamespace& join) {
           return join.clone_flag == CLONE_NEWNS;
         });
}

}  // namespace rootfs

namespace {

constexpr std::size_t kMountinfoLimit = std::size_t{64} << 20;

// pivot_root(2) wants no shared mount above the new root, and a bind below a shared mount would
// show up on the host. Not every "/" of propagation() has done that for all mounts. A root that is
// to be a slave gets that from its parent.
Result<> unshare_parent(std::string path, bool slave) {
  for (;;) {
    auto changed = sys::mount(nullptr, path.c_str(), nullptr,
                              static_cast<std::uint64_t>(slave ? MS_SLAVE : MS_PRIVATE), nullptr);
    if (changed || changed.error().err() != EINVAL || path == "/") {
      return changed;
    }
    // EINVAL: no mount point. The mount is further up.
    const std::size_t slash = path.find_last_of('/');
    path.resize(slash == 0 || slash == std::string::npos ? 1 : slash);
    path[0] = '/';
  }
}

Result<UniqueFd> open_root_folder(const plan::Rootfs& rootfs) {
  auto fd = sys::open_at(sys::cwd(), rootfs.path.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW);
  if (!fd && (fd.error().err() == ENOTDIR || fd.error().err() == ELOOP)) {
    return fail(
        Error::system(ENOTDIR, cat("root file system '", rootfs.path, "' is a link or a file")));
  }
  return fd;
}

// Kernels before 5.2: by path, and opened again to have the new mount.
Result<UniqueFd> bind_root_by_path(const plan::Rootfs& rootfs, BorrowedFd folder) {
  const std::string path = rootfs::fd_path(folder);
  TRY(sys::mount(path.c_str(), path.c_str(), nullptr, MS_BIND | MS_REC, nullptr));
  UniqueFd root = TRY(open_root_folder(rootfs));
  TRY(sys::mount(nullptr, rootfs::fd_path(root).c_str(), nullptr, MS_PRIVATE, nullptr));
  return root;
}

Result<> chroot_here() {
  TRY(sys::change_root("."));
  return sys::change_dir("/");
}

struct MountInfo {
  std::string root;
  std::string place;
  std::string type;
};

// mountinfo writes blank, tab, newline and backslash as three octal digits.
std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      const int value = (text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0');
      out += static_cast<char>(value);
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

MountInfo parse_mountinfo(std::string_view line) {
  const auto fields = split(line, ' ');
  MountInfo info;
  if (fields.size() < 7) {
    return info;
  }
  info.root = unescape(fields[3]);
  info.place = unescape(fields[4]);
  const auto dash = std::ranges::find(fields, std::string_view("-"));
  if (dash != fields.end() && dash + 1 != fields.end()) {
    info.type = std::string(*(dash + 1));
  }
  return info;
}

// Without pivot_root the host's tree stays in the mount namespace. The kernel allows a new procfs
// or sysfs only to who can see a whole one, so none may stay reachable.
Result<> hide_proc_and_sys(const std::string& rootfs) {
  const UniqueFd file = TRY(sys::open_at(sys::cwd(), "/proc/self/mountinfo", O_RDONLY));
  const std::string content = TRY(sys::read_to_end(file, kMountinfoLimit));
  for (const std::string_view line : split(content, '\n')) {
    const MountInfo info = parse_mountinfo(line);
    const bool inside = info.place == rootfs || info.place.starts_with(rootfs + "/");
    if (info.root != "/" || inside || (info.type != "proc" && info.type != "sysfs")) {
      continue;
    }
    auto slave = sys::mount(nullptr, info.place.c_str(), nullptr, MS_SLAVE | MS_REC, nullptr);
    if (!slave && (slave.error().err() == ENOENT || slave.error().err() == EINVAL)) {
      continue;  // went away together with a mount above it
    }
    TRY(std::move(slave));
    auto gone = sys::unmount(info.place.c_str(), sys::kUmountDetach);
    if (!gone && (gone.error().err() == EINVAL || gone.error().err() == EPERM)) {
      gone = sys::mount("tmpfs", info.place.c_str(), "tmpfs", 0, nullptr);
    }
    TRY(std::move(gone));
  }
  return {};
}

Result<> move_root(RootfsContext& context) {
  TRY(hide_proc_and_sys(context.plan->rootfs.path));
  TRY(sys::change_dir(context.root));
  TRY(sys::mount(".", "/", nullptr, MS_MOVE, nullptr));
  return chroot_here();
}

// man 2 pivot_root: with "." twice the old root is stacked on the new one. "." stays the new one,
// below it: only what looks for a mount point, as umount does, goes up to the old one by itself.
Result<> pivot(RootfsContext& context) {
  const UniqueFd old_root = TRY(sys::open_at(sys::cwd(), "/", O_PATH | O_DIRECTORY));
  TRY(sys::change_dir(context.root));
  TRY(sys::pivot_root(".", "."));
  TRY(sys::change_dir(old_root));
  // So that the host does not see the unmount. Not rprivate: the host could then not unmount
  // something that we still hold.
  TRY(sys::mount(nullptr, ".", nullptr, MS_SLAVE | MS_REC, nullptr));
  TRY(sys::unmount(".", sys::kUmountDetach));
  return sys::change_dir("/");
}

}  // namespace

Result<> prepare_rootfs(RootfsContext& context) {
  const plan::Rootfs& rootfs = context.plan->rootfs;
  if (!rootfs::has_mount_namespace(*context.plan)) {
    context.root = TRY(open_root_folder(rootfs));
    return {};
  }
  // Until create_devices is done, modes of nodes and mount points are exact.
  context.caller_umask = sys::set_umask(0);
  // Nothing can be bound from an unbindable tree: only the new root becomes one, in finish_rootfs.
  const bool unbindable = (rootfs.propagation & MS_UNBINDABLE) != 0;
  const std::uint64_t propagation =
      unbindable ? MS_PRIVATE | (rootfs.propagation & MS_REC) : rootfs.propagation;
  TRY(sys::mount(nullptr, "/", nullptr, propagation, nullptr));
  const bool all_unshared =
      (propagation & MS_REC) != 0 && (propagation & (MS_SLAVE | MS_PRIVATE)) != 0;
  if (!all_unshared) {
    TRY(unshare_parent(rootfs.path, (propagation & MS_SLAVE) != 0));
  }
  const UniqueFd folder = TRY(open_root_folder(rootfs));
  auto tree = rootfs::clone_tree(folder, /*recursive=*/true);
  if (!tree && rootfs::may_be_missing(tree.error())) {
    context.root = TRY(bind_root_by_path(rootfs, folder));
    return {};
  }
  UniqueFd root = TRY(std::move(tree));
  // linux.rootfsPropagation: only a slave that was asked for goes on to receive the host's mounts.
  const bool isolate = (rootfs.propagation & MS_SLAVE) == 0 || !rootfs.propagation_given;
  bool isolated = !isolate;
  if (isolate) {
    isolated = sys::mount_setattr(root, {.propagation = MS_PRIVATE}, false).has_value();
  }
  TRY(sys::move_mount(root, folder));
  if (!isolated) {
    TRY(sys::mount(nullptr, rootfs::fd_path(root).c_str(), nullptr, MS_PRIVATE, nullptr));
  }
  context.root = std::move(root);
  return {};
}

Result<> enter_rootfs(RootfsContext& context) {
  const plan::Rootfs& rootfs = context.plan->rootfs;
  if (rootfs.no_pivot) {
    TRY(move_root(context));
  } else if (rootfs::has_mount_namespace(*context.plan)) {
    TRY(pivot(context));
  } else {
    TRY(sys::change_dir(context.root));
    return chroot_here();
  }
  return {};
}

}  // namespace plimsoll::linux
