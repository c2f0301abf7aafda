// SPDX-License-Identifier: Apache-2.0
#include "runtime/sys/mount.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/statfs.h>

#include "runtime/base/text.h"
#include "runtime/sys/raw.h"

namespace plimsoll::sys {

namespace {

// Not in Debian 12's <linux/mount.h> for all calls; values of include/uapi/linux.
constexpr unsigned kMoveMountFromEmptyPath = 0x4;
constexpr unsigned kMoveMountToFollow = 0x10;
constexpr unsigned kMoveMountToEmptyPath = 0x40;
constexpr unsigned kOpenTreeCloexec = O_CLOEXEC;

Result<> done(long result, std::string_view call, std::string_view object) {
  if (result < 0) {
    return fail(Error::system(static_cast<int>(-result),
                              object.empty() ? std::string(call) : cat(call, " '", object, "'")));
  }
  return {};
}

// The result of an fsconfig(2), with the kernel's own words: it queues messages such as "e tmpfs:
// Bad value for 'mode'", of which the first error is the cause.
Result<> configured(BorrowedFd context, long result, std::string what) {
  if (result >= 0) {
    return {};
  }
  char line[256];
  const long size = raw(SYS_read, context.get(), &line[0], sizeof line);
  if (size > 2 && line[0] == 'e') {
    const std::string_view reason(&line[2], static_cast<std::size_t>(size) - 2);
    what = cat(what, " (", trim(reason), ")");
  }
  return fail(Error::system(static_cast<int>(-result), std::move(what)));
}

}  // namespace

Result<> mount(const char* source, const char* target, const char* type, unsigned long flags,
               const char* data) {
  return done(raw(SYS_mount, source, target, type, flags, data), "mount", target);
}

Result<> unmount(const char* target, int flags) {
  return done(raw(SYS_umount2, target, flags), "umount", target);
}

Result<> pivot_root(const char* new_root, const char* put_old) {
  return done(raw(SYS_pivot_root, new_root, put_old), "pivot_root", new_root);
}

Result<UniqueFd> fs_open(const char* type) {
  const long fd = raw(SYS_fsopen, type, FSOPEN_CLOEXEC);
  if (fd < 0) {
    return fail(Error::system(static_cast<int>(-fd), cat("fsopen '", type, "'")));
  }
  return UniqueFd(static_cast<int>(fd));
}

Result<> fs_config_flag(BorrowedFd context, const char* key) {
  return configured(context, raw(SYS_fsconfig, context.get(), FSCONFIG_SET_FLAG, key, nullptr, 0),
                    cat("fsconfig '", key, "'"));
}

Result<> fs_config_string(BorrowedFd context, const char* key, const char* value) {
  return configured(context, raw(SYS_fsconfig, context.get(), FSCONFIG_SET_STRING, key, value, 0),
                    cat("fsconfig '", key, "=", value, "'"));
}

Result<> fs_config_create(BorrowedFd context) {
  return configured(context,
                    raw(SYS_fsconfig, context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0),
                    "fsconfig create");
}

Result<UniqueFd> fs_mount(BorrowedFd context, std::uint32_t attributes) {
  const long fd = raw(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, attributes);
  if (fd < 0) {
    return fail(Error::system(static_cast<int>(-fd), "fsmount"));
  }
  return UniqueFd(static_cast<int>(fd));
}

Result<UniqueFd> open_tree(BorrowedFd dir, const char* path, unsigned flags) {
  const long fd = raw(SYS_open_tree, dir.get(), path, flags | kOpenTreeCloexec);
  if (fd < 0) {
    return fail(Error::system(static_cast<int>(-fd), cat("open_tree '", path, "'")));
  }
  return UniqueFd(static_cast<int>(fd));
}

Result<> move_mount(BorrowedFd mount, BorrowedFd target) {
  return done(raw(SYS_move_mount, mount.get(), "", target.get(), "",
                  kMoveMountFromEmptyPath | kMoveMountToEmptyPath),
              "move_mount", "");
}

Result<> move_mount_at(BorrowedFd mount, BorrowedFd dir, const char* path) {
  return done(raw(SYS_move_mount, mount.get(), "", dir.get(), path, kMoveMountFromEmptyPath),
              "move_mount", path);
}

Result<> move_mount_following(BorrowedFd mount, BorrowedFd dir, const char* path) {
  return done(raw(SYS_move_mount, mount.get(), "", dir.get(), path,
                  kMoveMountFromEmptyPath | kMoveMountToFollow),
              "move_mount", path);
}

Result<std::uint64_t> mount_flags(BorrowedFd fd) {
  struct statfs status = {};
  const long result = raw(SYS_fstatfs, fd.get(), &status);
  if (result < 0) {
    return fail(Error::system(static_cast<int>(-result), "fstatfs"));
  }
  return static_cast<std::uint64_t>(status.f_flags);
}

Result<std::uint64_t> mount_flags(const char* path) {
  struct statfs status = {};
  TRY(done(raw(SYS_statfs, path, &status), "statfs", path));
  return static_cast<std::uint64_t>(status.f_flags);
}

Result<> mount_setattr(BorrowedFd mount, const MountAttributes& attributes, bool recursive) {
  struct mount_attr argument = {};
  argument.attr_set = attributes.set;
  argument.attr_clr = attributes.clear;
  argument.propagation = attributes.propagation;
  argument.userns_fd =
      attributes.user_namespace < 0 ? 0ULL : static_cast<__u64>(attributes.user_namespace);
  const unsigned flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0U);
  return done(raw(SYS_mount_setattr, mount.get(), "", flags, &argument, sizeof argument),
              "mount_setattr", "");
}

}  // namespace plimsoll::sys
