// What the files of rootfs.h share. All of it runs in init unless it says otherwise.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"
#include "runtime/linux/rootfs.h"
#include "runtime/plan/plan.h"

namespace plimsoll::linux::rootfs {

// -- falling back from the mount calls that old kernels and old seccomp filters lack --

// True when a call may only be missing: EPERM is what filters older than the call answer. The old
// way is tried then, and its answer is the one that counts.
inline bool may_be_missing(const Error& error) {
  return error.err() == 38 /* ENOSYS */ || error.err() == 1 /* EPERM */;
}
// "/proc/self/fd/N" of the host's procfs: only before enter_rootfs.
std::string fd_path(BorrowedFd fd);

// -- mount_flags.cc: MS_* and MOUNT_ATTR_* --

// The MOUNT_ATTR_* of a new mount with these MS_* flags.
std::uint32_t attributes_of(std::uint64_t flags);
// True when a bind with these options differs from its source.
bool changes_flags(const plan::Mount& mount);
// Gives the mount behind `mount` exactly the flags that were asked for, as `mount --bind -o` does;
// flags that are locked (a user namespace got the source with nosuid, nodev, …) are kept. The mount
// may still be detached: false then means "attach it and call remount_flags".
Result<bool> set_flags(BorrowedFd mount, const plan::Mount& options, std::uint64_t propagation);
// The same for an attached mount by mount(2).
Result<> remount_flags(BorrowedFd mount, const plan::Mount& options);
// All of Mount::propagation, in order.
Result<> set_propagation(BorrowedFd mount, const plan::Mount& options);
Result<> set_recursive_attributes(BorrowedFd mount, const plan::RecursiveAttributes& attributes);
// Makes an attached mount read-only and leaves its other flags alone.
Result<> make_readonly(BorrowedFd mount, const char* path_in_root, bool recursive);

// -- mount_target.cc --

struct Target {
  UniqueFd fd;  // O_PATH; what was opened is what is mounted on (CVE-2021-30465)
  bool existed = false;
};
// Opens the destination in the root, and makes it when it is missing: a file when `source` (may be
// invalid) is not a folder, else a folder. Refuses "/" and, but for a short list, places below
// /proc.
Result<Target> open_target(const RootfsContext& context, const plan::Mount& mount,
                           BorrowedFd source);
// For proc and sysfs: a real folder at the end, never a link (CVE-2019-19921, CVE-2023-27561).
Result<Target> open_plain_target(const RootfsContext& context, const plan::Mount& mount);
// After mount(2), which returns no handle: the mount that now covers the target.
Result<UniqueFd> reopen_target(const RootfsContext& context, const plan::Mount& mount,
                               BorrowedFd covered);

// -- filesystems.cc --

// A mount of mount.type that is attached nowhere yet. Its errors name the option and the kernel's
// reason.
Result<UniqueFd> create_detached(const plan::Mount& mount, std::uint64_t flags,
                                 const std::string& data);
// proc, sysfs, tmpfs, devpts, mqueue, overlay, …: everything with a type.
Result<> mount_filesystem(const RootfsContext& context, const plan::Mount& mount,
                          BorrowedFd idmap_namespace);
// A read-only `ro` of a tmpfs, and of /dev, waits until the rest has been made in there:
// finish_rootfs.
bool defers_readonly(const plan::Mount& mount);

// -- the kinds --

// What the parent opened for a bind mount; invalid where it did not.
struct BindSource {
  BorrowedFd tree = BorrowedFd::of(-1);
  BorrowedFd idmap_namespace = BorrowedFd::of(-1);
};
Result<> mount_bind(const RootfsContext& context, const plan::Mount& mount,
                    const BindSource& from_parent);
// Maps the ids of a mount that is attached nowhere yet.
Result<> set_idmap(BorrowedFd tree, BorrowedFd user_namespace, bool recursive);
Result<> mount_cgroup(const RootfsContext& context, const plan::Mount& mount);
// Copies the folder `from` (readable) into `to`: tmpcopyup.
Result<> copy_tree(BorrowedFd from, BorrowedFd to);

// Attaches a detached mount or a clone to a name in `dir`; a link at its end is not followed.
Result<UniqueFd> clone_tree(BorrowedFd object, bool recursive);
bool has_mount_namespace(const plan::Plan& plan);

}  // namespace plimsoll::linux::rootfs
