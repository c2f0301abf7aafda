// Mounts of file systems with a type of their own: proc, sysfs, tmpfs, devpts, mqueue, overlay, …
// Runs in init, before enter_rootfs. SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <vector>

#include "runtime/base/text.h"
#include "runtime/linux/rootfs_parts.h"
#include "runtime/sys/file.h"
#include "runtime/sys/in_root.h"
#include "runtime/sys/mount.h"
#include "runtime/sys/xattr.h"

namespace plimsoll::linux::rootfs {

namespace {

struct SuperFlag {
  std::uint64_t flag;  // MS_*
  const char* key;     // of fsconfig(2)
};
// Flags of the file system itself, not of one mount of it.
constexpr auto kSuperFlags = std::to_array<SuperFlag>({{MS_RDONLY, "ro"},
                                                       {MS_SYNCHRONOUS, "sync"},
                                                       {MS_MANDLOCK, "mand"},
                                                       {MS_DIRSYNC, "dirsync"},
                                                       {MS_LAZYTIME, "lazytime"},
                                                       {MS_I_VERSION, "iversion"}});

// One "key=value" or "key" of the data. A comma in quotes (an SELinux context) and one behind a
// backslash (a layer of overlay) do not end it.
std::vector<std::string> split_options(std::string_view data) {
  std::vector<std::string> options(1);
  bool quoted = false;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const char c = data[i];
    if (c == '"') {
      quoted = !quoted;
      continue;
    }
    if (c == '\\' && i + 1 < data.size()) {
      options.back() += c;
      options.back() += data[++i];
      continue;
    }
    if (c == ',' && !quoted) {
      options.emplace_back();
      continue;
    }
    options.back() += c;
  }
  std::erase(options, "");
  return options;
}

Result<> configure(BorrowedFd context, std::uint64_t flags, std::string_view data) {
  for (const SuperFlag& super : kSuperFlags) {
    if ((flags & super.flag) != 0) {
      TRY(sys::fs_config_flag(context, super.key));
    }
  }
  for (const std::string& option : split_options(data)) {
    const std::size_t equals = option.find('=');
    if (equals == std::string::npos) {
      TRY(sys::fs_config_flag(context, option.c_str()));
    } else {
      TRY(sys::fs_config_string(context, option.substr(0, equals).c_str(),
                                option.substr(equals + 1).c_str()));
    }
  }
  return {};
}

bool takes_context(const plan::Mount& mount) {
  return !mount.label.empty() && mount.kind == plan::MountKind::filesystem &&
         mount.type != "mqueue";
}

// The data for the kernel: the config's, the mode of what a tmpfs covers, the SELinux context.
Result<std::string> data_of(const plan::Mount& mount, const Target& target) {
  std::string data = mount.data;
  const auto add = [&data](std::string_view option) {
    data = data.empty() ? std::string(option) : cat(option, ",", data);
  };
  const bool has_mode = cat(",", data).find(",mode=") != std::string::npos;
  if (mount.type == "tmpfs" && target.existed && !has_mode &&
      mount.kind == plan::MountKind::filesystem) {
    // As runc: a tmpfs without a mode of its own takes that of the folder it covers.
    add(cat("mode=", octal(TRY(sys::stat_fd(target.fd)).st_mode & 07777)));
  }
  if (takes_context(mount)) {
    add(cat("context=\"", mount.label, "\""));
  }
  return data;
}

// What has to be done to the mount itself, and so needs an fd of it.
bool needs_handle(const plan::Mount& mount) {
  const bool labelled = mount.type == "mqueue" && !mount.label.empty();
  return !mount.propagation.empty() || mount.recursive_attributes.any() || mount.idmap ||
         mount.tmpcopyup || labelled;
}

Result<> finish_handle(const plan::Mount& mount, BorrowedFd handle, const Target& target) {
  if (mount.tmpcopyup) {
    const UniqueFd covered = TRY(sys::open_at(target.fd, ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    TRY_DOING("tmpcopyup", copy_tree(covered, handle));
  }
  if (mount.type == "mqueue" && !mount.label.empty()) {
    TRY(sys::set_xattr(fd_path(handle).c_str(), "security.selinux", mount.label));
  }
  TRY(set_propagation(handle, mount));
  return set_recursive_attributes(handle, mount.recursive_attributes);
}

Result<> attach_detached(const plan::Mount& mount, BorrowedFd tree, const Target& target,
                         BorrowedFd idmap_namespace) {
  if (mount.idmap) {
    TRY_DOING("idmap", sys::mount_setattr(
                           tree, {.set = MOUNT_ATTR_IDMAP, .user_namespace = idmap_namespace.get()},
                           mount.idmap->recursive));
  }
  TRY(sys::move_mount(tree, target.fd));
  return needs_handle(mount) ? finish_handle(mount, tree, target) : Result<>{};
}

// Changes a mount that is there: the option "remount".
Result<> remount(const plan::Mount& mount, BorrowedFd target) {
  const std::string path = fd_path(target);
  TRY(sys::mount(mount.source.c_str(), path.c_str(), mount.type.c_str(), mount.flags,
                 mount.data.empty() ? nullptr : mount.data.c_str()));
  TRY(set_propagation(target, mount));
  return set_recursive_attributes(target, mount.recursive_attributes);
}

}  // namespace

Result<UniqueFd> create_detached(const plan::Mount& mount, std::uint64_t flags,
                                 const std::string& data) {
  const UniqueFd context = TRY(sys::fs_open(mount.type.c_str()));
  if (!mount.source.empty()) {
    TRY(sys::fs_config_string(context, "source", mount.source.c_str()));
  }
  TRY(configure(context, flags, data));
  TRY(sys::fs_config_create(context));
  return sys::fs_mount(context, attributes_of(flags));
}

bool defers_readonly(const plan::Mount& mount) {
  return (mount.flags & MS_RDONLY) != 0 && mount.kind == plan::MountKind::filesystem &&
         (mount.flags & MS_REMOUNT) == 0 && (mount.type == "tmpfs" || mount.destination == "/dev");
}

Result<> mount_filesystem(const RootfsContext& context, const plan::Mount& mount,
                          BorrowedFd idmap_namespace) {
  const bool plain = mount.kind != plan::MountKind::filesystem;  // proc, sysfs
  const Target target = plain ? TRY(open_plain_target(context, mount))
                              : TRY(open_target(context, mount, BorrowedFd::of(-1)));
  if ((mount.flags & MS_REMOUNT) != 0) {
    return remount(mount, target.fd);
  }
  const std::uint64_t flags =
      mount.flags & ~(defers_readonly(mount) ? std::uint64_t{MS_RDONLY} : 0U);
  const std::string data = TRY(data_of(mount, target));
  if (needs_handle(mount)) {
    auto tree = create_detached(mount, flags, data);
    if (tree) {
      return attach_detached(mount, *tree, target, idmap_namespace);
    }
    if (!may_be_missing(tree.error())) {
      return fail(std::move(tree).error());
    }
  }
  // One call instead of the six of the new interface; the target is an fd here too, by the host's
  // procfs, which nothing in the image can reach.
  auto mounted = sys::mount(mount.source.c_str(), fd_path(target.fd).c_str(), mount.type.c_str(),
                            flags, data.empty() ? nullptr : data.c_str());
  if (!mounted) {
    // mount(2) says no more than an errno: the new interface names the option, and works without
    // /proc and for data longer than a page.
    auto tree = create_detached(mount, flags, data);
    if (tree) {
      return attach_detached(mount, *tree, target, idmap_namespace);
    }
    const bool silent = may_be_missing(tree.error());
    return silent ? fail(Error::system(mounted.error().err(), cat("mount type '", mount.type, "'")))
                  : fail(std::move(tree).error());
  }
  if (!needs_handle(mount)) {
    return {};
  }
  if (mount.idmap) {
    return fail(Error::unsupported("idmapped mounts need a kernel with mount_setattr"));
  }
  const UniqueFd top = TRY(reopen_target(context, mount, target.fd));
  return finish_handle(mount, top, target);
}

}  // namespace plimsoll::linux::rootfs
