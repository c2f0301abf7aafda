// What is closed after the root has been entered: the read-only root, read-only paths and masked
// paths (config.md#root, config-linux.md#masked-paths, #readonly-paths). Runs in init, in the new
// root: a path can lead nowhere else any more. SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/linux/rootfs_parts.h"
#include "runtime/sys/file.h"
#include "runtime/sys/in_root.h"
#include "runtime/sys/mount.h"

namespace plimsoll::linux {

namespace {

bool is_missing(const Error& error) { return error.err() == ENOENT; }

// The tmpfs mounts, and /dev, that had to stay writable until now.
Result<> apply_deferred_readonly(const RootfsContext& context) {
  for (const plan::Mount& mount : context.plan->rootfs.mounts) {
    if (!rootfs::defers_readonly(mount)) {
      continue;
    }
    const char* path = mount.destination.c_str();
    const UniqueFd fd = TRY(sys::open_in_root(context.root, path, O_PATH));
    TRY_DOING(cat("read-only '", path, "'"), rootfs::make_readonly(fd, path, /*recursive=*/false));
  }
  return {};
}

Result<> make_path_readonly(const RootfsContext& context, const std::string& path) {
  auto target = sys::open_in_root(context.root, path.c_str(), O_PATH);
  if (!target) {
    return is_missing(target.error()) ? Result<>{} : fail(std::move(target).error());
  }
  auto tree = rootfs::clone_tree(*target, /*recursive=*/true);
  if (tree) {
    const bool done =
        sys::mount_setattr(*tree, {.set = MOUNT_ATTR_RDONLY}, /*recursive=*/true).has_value();
    TRY(sys::move_mount(*tree, *target));
    return done ? Result<>{} : rootfs::make_readonly(*tree, path.c_str(), false);
  }
  if (!rootfs::may_be_missing(tree.error())) {
    return fail(std::move(tree).error());
  }
  TRY(sys::mount(path.c_str(), path.c_str(), nullptr, MS_BIND | MS_REC, nullptr));
  const UniqueFd top = TRY(sys::open_in_root(context.root, path.c_str(), O_PATH));
  return rootfs::make_readonly(top, path.c_str(), false);
}

// -- masked paths --

// Puts masks on paths: for a file the kernel's null device, for a folder one empty read-only tmpfs
// that all of them share. Neither comes from a path that the image could have filled with something
// else (CVE-2025-31133).
class Masks {
 public:
  explicit Masks(const RootfsContext& context) : context_(context) {}

  Result<> mask(const std::string& path) {
    TRY(prepare_file());
    if (!file_.valid()) {
      return mask_by_path(path);
    }
    // The kernel resolves the path once and tells a folder from a file.
    auto done = sys::move_mount_following(file_, context_.root, path.c_str());
    if (done) {
      file_.reset();
      return {};
    }
    if (is_missing(done.error())) {
      return {};
    }
    if (done.error().err() != EINVAL && done.error().err() != ENOTDIR) {
      return done;
    }
    return mask_folder(path);
  }

 private:
  // A clone of /dev/null that is attached nowhere. None where the kernel lacks open_tree.
  Result<> prepare_file() {
    if (file_.valid() || by_path_) {
      return {};
    }
    if (!null_.valid()) {
      null_ = TRY(open_null());
    }
    auto tree = rootfs::clone_tree(null_, /*recursive=*/false);
    if (tree) {
      file_ = *std::move(tree);
      return {};
    }
    if (!rootfs::may_be_missing(tree.error())) {
      return fail(std::move(tree).error());
    }
    by_path_ = true;
    return {};
  }

  // The container's own node, which create_devices or a mount has put there, and proof that it is
  // the device: a link, a file or another device in its place is refused.
  Result<UniqueFd> open_null() const {
    UniqueFd null = TRY(sys::open_in_root(context_.root, "/dev/null", O_PATH | O_NOFOLLOW));
    const struct stat status = TRY(sys::stat_fd(null));
    if (!S_ISCHR(status.st_mode) || status.st_rdev != makedev(1, 3)) {
      return fail(Error::invalid("the container's '/dev/null' is not the null device"));
    }
    return null;
  }

  std::string folder_data(int inodes) const {
    std::string data = cat("nr_blocks=1,nr_inodes=", inodes);
    const std::string& label = context_.plan->rootfs.mount_label;
    if (!label.empty()) {
      cat_to(data, ",context=\"", label, "\"");
    }
    return data;
  }

  Result<UniqueFd> create_folder() const {
    plan::Mount mount;
    mount.type = "tmpfs";
    auto made = rootfs::create_detached(mount, MS_RDONLY, folder_data(1));
    if (!made && made.error().err() == EINVAL) {
      // Some kernels want room for one more inode than the root's.
      made = rootfs::create_detached(mount, MS_RDONLY, folder_data(2));
    }
    return made;
  }

  Result<> mask_folder(const std::string& path) {
    if (!folder_.valid()) {
      auto first = create_folder();
      if (!first && rootfs::may_be_missing(first.error())) {
        return mount_folder(path);
      }
      UniqueFd folder = TRY(std::move(first));
      TRY(sys::move_mount_following(folder, context_.root, path.c_str()));
      folder_ = std::move(folder);
      return {};
    }
    const UniqueFd clone = TRY(rootfs::clone_tree(folder_, /*recursive=*/false));
    return sys::move_mount_following(clone, context_.root, path.c_str());
  }

  // Kernels before 5.2: by path, which inside the new root can lead nowhere else.
  Result<> mask_by_path(const std::string& path) {
    auto target = sys::open_in_root(context_.root, path.c_str(), O_PATH);
    if (!target) {
      return is_missing(target.error()) ? Result<>{} : fail(std::move(target).error());
    }
    if (!S_ISDIR(TRY(sys::stat_fd(*target)).st_mode)) {
      return sys::mount("/dev/null", path.c_str(), nullptr, MS_BIND, nullptr);
    }
    return mount_folder(path);
  }

  // A tmpfs for this path alone.
  Result<> mount_folder(const std::string& path) const {
    auto masked = sys::mount("tmpfs", path.c_str(), "tmpfs", MS_RDONLY, folder_data(1).c_str());
    if (!masked && masked.error().err() == EINVAL) {
      masked = sys::mount("tmpfs", path.c_str(), "tmpfs", MS_RDONLY, folder_data(2).c_str());
    }
    return masked;
  }

  const RootfsContext& context_;
  UniqueFd null_;
  UniqueFd file_;    // ready to be attached
  UniqueFd folder_;  // the first one that was attached
  bool by_path_ = false;
};

Result<> mask_paths(const RootfsContext& context) {
  const std::vector<std::string>& paths = context.plan->rootfs.masked_paths;
  Masks masks(context);
  for (auto path = paths.begin(); path != paths.end(); ++path) {
    if (std::find(paths.begin(), path, *path) == path) {  // twice in the list is once
      TRY_DOING(cat("mask '", *path, "'"), masks.mask(*path));
    }
  }
  return {};
}

}  // namespace

Result<> finish_rootfs(RootfsContext& context) {
  const plan::Rootfs& rootfs = context.plan->rootfs;
  if (!rootfs::has_mount_namespace(*context.plan)) {
    return {};
  }
  // Not before: the mount that is now "/" would have passed its events on to the host.
  if ((rootfs.propagation & (MS_PRIVATE | MS_SLAVE)) == 0) {
    TRY_DOING("rootfsPropagation", sys::mount(nullptr, "/", nullptr, rootfs.propagation, nullptr));
  }
  TRY(apply_deferred_readonly(context));
  if (rootfs.readonly) {
    TRY_DOING("read-only root", rootfs::make_readonly(context.root, "/", /*recursive=*/false));
  }
  for (const std::string& path : rootfs.readonly_paths) {
    TRY_DOING(cat("read-only '", path, "'"), make_path_readonly(context, path));
  }
  return mask_paths(context);
}

}  // namespace plimsoll::linux
