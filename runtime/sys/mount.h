// The mount system calls, old and new (man 2 mount, fsopen, open_tree, move_mount, mount_setattr,
// pivot_root). SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"

namespace plimsoll::sys {

// mount(2). Null pointers are passed on as null. `target` names the object in the error.
Result<> mount(const char* source, const char* target, const char* type, unsigned long flags,
               const char* data);
Result<> unmount(const char* target, int flags);
Result<> pivot_root(const char* new_root, const char* put_old);

// fsopen(2): a file system context, not yet configured.
Result<UniqueFd> fs_open(const char* type);
// A refused option's Error carries the kernel's log line where there is one.
Result<> fs_config_flag(BorrowedFd context, const char* key);
Result<> fs_config_string(BorrowedFd context, const char* key, const char* value);
// fsconfig(2) FSCONFIG_CMD_CREATE. The Error carries the kernel's own log line of the context where
// there is one.
Result<> fs_config_create(BorrowedFd context);
// fsmount(2): a detached mount. `attributes` = MOUNT_ATTR_*.
Result<UniqueFd> fs_mount(BorrowedFd context, std::uint32_t attributes);
// open_tree(2); O_CLOEXEC is added. Flags: OPEN_TREE_CLONE, AT_RECURSIVE, AT_EMPTY_PATH,
// AT_SYMLINK_NOFOLLOW.
Result<UniqueFd> open_tree(BorrowedFd dir, const char* path, unsigned flags);
// move_mount(2) of the mount that `mount` refers to onto the object that `target` refers to (both
// *_EMPTY_PATH).
Result<> move_mount(BorrowedFd mount, BorrowedFd target);
// As above, onto a name below `dir`; a symbolic link at its end is not followed.
Result<> move_mount_at(BorrowedFd mount, BorrowedFd dir, const char* path);

// As move_mount_at, following a symbolic link at the end of `path`: only for a root that this
// process has entered.
Result<> move_mount_following(BorrowedFd mount, BorrowedFd dir, const char* path);

// umount2(2)'s MNT_DETACH: <sys/mount.h> cannot be included beside <linux/mount.h>.
inline constexpr int kUmountDetach = 2;

// The f_flags of statfs(2): ST_* bits of the mount that the fd, or the file at `path`, is on.
Result<std::uint64_t> mount_flags(BorrowedFd fd);
Result<std::uint64_t> mount_flags(const char* path);

struct MountAttributes {
  std::uint64_t set = 0;          // MOUNT_ATTR_*
  std::uint64_t clear = 0;        // MOUNT_ATTR_*
  std::uint64_t propagation = 0;  // 0 or one of MS_PRIVATE, MS_SHARED, MS_SLAVE, MS_UNBINDABLE
  int user_namespace = -1;        // with MOUNT_ATTR_IDMAP in `set`
};
// mount_setattr(2) on an fd (AT_EMPTY_PATH), with AT_RECURSIVE when asked.
Result<> mount_setattr(BorrowedFd mount, const MountAttributes& attributes, bool recursive);

}  // namespace plimsoll::sys
