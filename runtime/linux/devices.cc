// Device nodes, the links beside them, /dev/ptmx and /dev/console (config-linux.md#devices,
// #default-devices, runtime-linux.md#dev-symbolic-links). An image may hold links, folders or other
// nodes in their places: no last part is ever followed (CVE-2026-41579, CVE-2026-47766,
// CVE-2026-88264). Runs in init. SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/linux/rootfs_parts.h"
#include "runtime/sys/file.h"
#include "runtime/sys/in_root.h"
#include "runtime/sys/mount.h"

namespace plimsoll::linux {

namespace {

// A place in the container: an open folder and a name in it.
struct Place {
  BorrowedFd dir;
  const char* name;
};

std::string describe(mode_t type, dev_t device) {
  struct Word {
    mode_t type;
    const char* text;
    bool numbered;
  };
  constexpr auto kWords = std::to_array<Word>({{S_IFCHR, "character device", true},
                                               {S_IFBLK, "block device", true},
                                               {S_IFIFO, "fifo", false},
                                               {S_IFREG, "regular file", false},
                                               {S_IFDIR, "folder", false},
                                               {S_IFLNK, "symbolic link", false},
                                               {S_IFSOCK, "socket", false}});
  const auto word = std::ranges::find(kWords, type & S_IFMT, &Word::type);
  if (word == kWords.end()) {
    return "object of unknown type";
  }
  return word->numbered ? cat(word->text, " ", major(device), ":", minor(device)) : word->text;
}

bool is_node(const plan::DeviceNode& node, const struct stat& status) {
  return (status.st_mode & S_IFMT) == node.type &&
         (node.type == S_IFIFO || status.st_rdev == makedev(node.major, node.minor));
}

std::unexpected<Error> mismatch(const plan::DeviceNode& node, const struct stat& status) {
  return fail(Error::invalid(
      cat("there is a ", describe(status.st_mode, status.st_rdev), ", and not the ",
          describe(node.type, makedev(node.major, node.minor)), " that was asked for")));
}

// Owner and mode of a node that was just made, where umask, a default ACL or a set-group-id folder
// have changed them. By an fd that is known to be the node, so that nothing else can be changed.
Result<> correct_node(const Place& place, const plan::DeviceNode& node) {
  const UniqueFd fd = TRY(sys::open_at(place.dir, place.name, O_PATH | O_NOFOLLOW));
  const struct stat status = TRY(sys::stat_fd(fd));
  if (!is_node(node, status)) {
    return mismatch(node, status);
  }
  TRY(sys::chown_fd(fd, node.uid, node.gid));
  // fchmodat2 is younger than most kernels in use; the host's procfs leads to the same inode.
  return sys::chmod_at(sys::cwd(), rootfs::fd_path(fd).c_str(), node.mode);
}

Result<> verify_node(const Place& place, const plan::DeviceNode& node, bool made) {
  const struct stat status = TRY(sys::stat_at(place.dir, place.name, AT_SYMLINK_NOFOLLOW));
  if (!is_node(node, status)) {
    return mismatch(node, status);
  }
  const bool exact = (status.st_mode & 07777) == node.mode && status.st_uid == node.uid &&
                     status.st_gid == node.gid;
  // One that the image or a mount brought along keeps its owner and mode.
  return exact || !made ? Result<>{} : correct_node(place, node);
}

// The host's node of the same path, and proof that it is what was asked for.
Result<UniqueFd> open_host_node(const plan::DeviceNode& node) {
  UniqueFd host = TRY(sys::open_at(sys::cwd(), node.path.c_str(), O_PATH));
  const struct stat status = TRY(sys::stat_fd(host));
  if (!is_node(node, status)) {
    return TRY_DOING("on the host", Result<UniqueFd>(mismatch(node, status)));
  }
  return host;
}

// Puts the object of `source` on `place`, a regular file that is not followed if someone makes it a
// link.
Result<> bind_on(BorrowedFd source, const Place& place) {
  auto tree = rootfs::clone_tree(source, /*recursive=*/false);
  if (tree) {
    return sys::move_mount_at(*tree, place.dir, place.name);
  }
  if (!rootfs::may_be_missing(tree.error())) {
    return fail(std::move(tree).error());
  }
  const UniqueFd target = TRY(sys::open_at(place.dir, place.name, O_PATH | O_NOFOLLOW));
  return sys::mount(rootfs::fd_path(source).c_str(), rootfs::fd_path(target).c_str(), nullptr,
                    MS_BIND, nullptr);
}

// In a user namespace mknod is not allowed: the host's node is bound on an empty file.
Result<> bind_node(const Place& place, const plan::DeviceNode& node) {
  const UniqueFd host = TRY(open_host_node(node));
  auto made = sys::mknod_at(place.dir, place.name, S_IFREG | 0666, 0);
  if (!made) {
    if (made.error().err() != EEXIST) {
      return made;
    }
    const struct stat status = TRY(sys::stat_at(place.dir, place.name, AT_SYMLINK_NOFOLLOW));
    if (is_node(node, status)) {
      return {};
    }
    // An empty file is what an earlier start with this root has left for its own bind.
    if (!S_ISREG(status.st_mode) || status.st_size != 0) {
      return mismatch(node, status);
    }
  }
  return bind_on(host, place);
}

Result<> create_node(const RootfsContext& context, const Place& place,
                     const plan::DeviceNode& node) {
  if (context.in_user_namespace && node.type != S_IFIFO) {
    return bind_node(place, node);
  }
  auto made =
      sys::mknod_at(place.dir, place.name, node.type | node.mode, makedev(node.major, node.minor));
  if (!made && made.error().err() == EPERM) {
    return bind_node(place, node);
  }
  if (!made && made.error().err() != EEXIST) {
    return made;
  }
  return verify_node(place, node, made.has_value());
}

struct Link {
  const char* target;
  const char* name;
};
constexpr auto kFdLinks = std::to_array<Link>({{"/proc/self/fd", "fd"},
                                               {"/proc/self/fd/0", "stdin"},
                                               {"/proc/self/fd/1", "stdout"},
                                               {"/proc/self/fd/2", "stderr"}});

Result<> make_link(BorrowedFd dev, const Link& link) {
  auto made = sys::symlink_at(link.target, dev, link.name);
  if (!made && made.error().err() != EEXIST) {
    return made;
  }
  return {};
}

bool exists(const RootfsContext& context, const char* path) {
  return sys::open_in_root(context.root, path, O_PATH).has_value();
}

// runtime-linux.md: a link is made when its source is there.
Result<> make_links(const RootfsContext& context, BorrowedFd dev) {
  const bool new_proc =
      std::ranges::any_of(context.plan->rootfs.mounts, [](const plan::Mount& mount) {
        return mount.kind == plan::MountKind::proc && mount.destination == "/proc";
      });
  if (new_proc || exists(context, "/proc/self/fd")) {
    for (const Link& link : kFdLinks) {
      TRY(make_link(dev, link));
    }
  }
  if (exists(context, "/proc/kcore")) {
    TRY(make_link(dev, {"/proc/kcore", "core"}));
  }
  return {};
}

// What the image has there is replaced: it would lead to a pty of some other devpts.
Result<> make_ptmx(BorrowedFd dev) {
  constexpr const char* kTarget = "pts/ptmx";
  auto made = sys::symlink_at(kTarget, dev, "ptmx");
  if (made || made.error().err() != EEXIST) {
    return made;
  }
  TRY(sys::unlink_at(dev, "ptmx"));
  return sys::symlink_at(kTarget, dev, "ptmx");
}

Result<> create_device(const RootfsContext& context, BorrowedFd dev, const plan::DeviceNode& node) {
  constexpr std::string_view kDev = "/dev/";
  const std::string_view path = node.path;
  if (path.starts_with(kDev) && path.find('/', kDev.size()) == std::string_view::npos) {
    return create_node(context, {dev, node.path.c_str() + kDev.size()}, node);
  }
  const sys::ParentInRoot parent = TRY(sys::open_parent_in_root(context.root, path));
  return create_node(context, {parent.dir, parent.name.c_str()}, node);
}

Result<> make_dev(const RootfsContext& context) {
  const plan::Rootfs& rootfs = context.plan->rootfs;
  const UniqueFd dev = TRY_DOING("'/dev'", sys::make_dir_in_root(context.root, "/dev"));
  for (const plan::DeviceNode& node : rootfs.devices) {
    if (node.path == "/dev/ptmx") {
      continue;  // always the container's own
    }
    TRY_DOING(cat("device '", node.path, "'"), create_device(context, dev, node));
  }
  TRY_DOING("'/dev/ptmx'", make_ptmx(dev));
  TRY_DOING("links in '/dev'", make_links(context, dev));
  return {};
}

}  // namespace

Result<> create_devices(RootfsContext& context) {
  auto made = context.plan->rootfs.setup_dev ? make_dev(context) : Result<>{};
  if (rootfs::has_mount_namespace(*context.plan)) {
    (void)sys::set_umask(context.caller_umask);  // hooks run next
  }
  return made;
}

Result<> bind_console(RootfsContext& context, BorrowedFd peer) {
  const UniqueFd dev = TRY_DOING("'/dev'", sys::make_dir_in_root(context.root, "/dev"));
  const Place place = {dev, "console"};
  const auto bind = [&]() -> Result<> {
    auto made = sys::mknod_at(place.dir, place.name, S_IFREG | 0600, 0);
    if (!made) {
      if (made.error().err() != EEXIST) {
        return made;
      }
      const struct stat status = TRY(sys::stat_at(place.dir, place.name, AT_SYMLINK_NOFOLLOW));
      if (!S_ISREG(status.st_mode) && !S_ISCHR(status.st_mode)) {
        return fail(Error::invalid(
            cat("there is a ", describe(status.st_mode, status.st_rdev), " in its place")));
      }
    }
    return bind_on(peer, place);
  };
  TRY_DOING("'/dev/console'", bind());
  return {};
}

}  // namespace plimsoll::linux
