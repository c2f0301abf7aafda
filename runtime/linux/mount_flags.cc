// Mount flags in their two dialects, and how they are changed on a bind. Runs in init.
// SPDX-License-Identifier: Apache-2.0
#include <linux/mount.h>

#include <array>
#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/linux/rootfs_parts.h"
#include "runtime/sys/mount.h"

namespace plimsoll::linux::rootfs {

namespace {

struct FlagPair {
  std::uint64_t mount;      // MS_*
  std::uint64_t attribute;  // MOUNT_ATTR_*
  std::uint64_t status;     // ST_* of statfs(2)
};
// Flags of one mount (not of its file system), the access times apart.
constexpr auto kFlags = std::to_array<FlagPair>({
    {MS_RDONLY, MOUNT_ATTR_RDONLY, 0x1},
    {MS_NOSUID, MOUNT_ATTR_NOSUID, 0x2},
    {MS_NODEV, MOUNT_ATTR_NODEV, 0x4},
    {MS_NOEXEC, MOUNT_ATTR_NOEXEC, 0x8},
    {MS_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW, 0x2000},
});

constexpr std::uint64_t kStatusNoatime = 0x400;
constexpr std::uint64_t kStatusNodiratime = 0x800;
constexpr std::uint64_t kStatusRelatime = 0x1000;

constexpr std::uint64_t kAtimeFlags = MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME;
// The flags that the kernel can lock on a mount that came from another user namespace.
constexpr std::uint64_t kLockable = MS_RDONLY | MS_NODEV | MS_NOEXEC | MS_NOSUID | kAtimeFlags;

std::uint64_t atime_attributes(std::uint64_t flags) {
  std::uint64_t attributes = MOUNT_ATTR_RELATIME;
  // mount(2): strictatime beats noatime, and relatime is the default.
  if ((flags & MS_STRICTATIME) != 0) {
    attributes = MOUNT_ATTR_STRICTATIME;
  } else if ((flags & MS_NOATIME) != 0) {
    attributes = MOUNT_ATTR_NOATIME;
  }
  return attributes | ((flags & MS_NODIRATIME) != 0 ? MOUNT_ATTR_NODIRATIME : 0U);
}

std::uint64_t flags_of_status(std::uint64_t status) {
  std::uint64_t flags = 0;
  for (const FlagPair& pair : kFlags) {
    flags |= (status & pair.status) != 0 ? pair.mount : 0U;
  }
  flags |= (status & kStatusNodiratime) != 0 ? MS_NODIRATIME : 0U;
  if ((status & kStatusNoatime) != 0) {
    flags |= MS_NOATIME;
  } else {
    // Strict access times are the absence of the two others.
    flags |= (status & kStatusRelatime) != 0 ? MS_RELATIME : MS_STRICTATIME;
  }
  return flags;
}

// Which access-time flags the bind gets: those asked for; else, where an option like "atime" asks
// for the absence of what the source has, the default; else 0 for "as the source".
Result<std::uint64_t> wanted_atime(BorrowedFd mount, const plan::Mount& options) {
  const std::uint64_t asked = options.flags & kAtimeFlags;
  const std::uint64_t cleared = options.cleared_flags & kAtimeFlags & ~std::uint64_t{MS_RELATIME};
  if (asked != 0 || cleared == 0) {
    return asked;
  }
  const std::uint64_t now = flags_of_status(TRY(sys::mount_flags(mount))) & kAtimeFlags;
  if ((now & cleared) == 0) {
    return 0;
  }
  const std::uint64_t rest = now & ~cleared;
  return (rest & (MS_NOATIME | MS_STRICTATIME)) != 0 ? rest : rest | MS_RELATIME;
}

}  // namespace

std::string fd_path(BorrowedFd fd) { return cat("/proc/self/fd/", fd.get()); }

std::uint32_t attributes_of(std::uint64_t flags) {
  std::uint64_t attributes = atime_attributes(flags);
  for (const FlagPair& pair : kFlags) {
    attributes |= (flags & pair.mount) != 0 ? pair.attribute : 0U;
  }
  return static_cast<std::uint32_t>(attributes);
}

bool changes_flags(const plan::Mount& mount) {
  return (mount.flags & ~std::uint64_t{MS_BIND | MS_REC | MS_REMOUNT}) != 0 ||
         mount.cleared_flags != 0;
}

Result<bool> set_flags(BorrowedFd mount, const plan::Mount& options, std::uint64_t propagation) {
  sys::MountAttributes attributes = {.propagation = propagation};
  for (const FlagPair& pair : kFlags) {
    // As `mount --bind -o ro` and runc: what is not asked for is cleared.
    ((options.flags & pair.mount) != 0 ? attributes.set : attributes.clear) |= pair.attribute;
  }
  if (const std::uint64_t atime = TRY(wanted_atime(mount, options)); atime != 0) {
    attributes.set |= atime_attributes(atime);
    attributes.clear |= MOUNT_ATTR__ATIME;
    if ((atime & MS_NODIRATIME) == 0) {
      attributes.clear |= MOUNT_ATTR_NODIRATIME;
    }
  }
  auto changed = sys::mount_setattr(mount, attributes, false);
  if (!changed) {
    if (may_be_missing(changed.error()) || changed.error().err() == EINVAL) {
      return false;
    }
    return fail(std::move(changed).error());
  }
  return true;
}

Result<> remount_flags(BorrowedFd mount, const plan::Mount& options) {
  const std::string path = fd_path(mount);
  const std::uint64_t asked = options.flags & ~std::uint64_t{MS_REC} & ~kAtimeFlags;
  const std::uint64_t flags = asked | TRY(wanted_atime(mount, options)) | MS_BIND | MS_REMOUNT;
  auto changed = sys::mount(nullptr, path.c_str(), nullptr, flags, nullptr);
  if (changed) {
    return {};
  }
  // Locked flags: keep them, unless the config asks for their opposite.
  const std::uint64_t now = flags_of_status(TRY(sys::mount_flags(mount)));
  const std::uint64_t opposite = now & options.cleared_flags & kLockable;
  const std::uint64_t atime = flags & kAtimeFlags;
  const bool other_atime = atime != 0 && atime != (now & kAtimeFlags);
  if (opposite != 0 || other_atime) {
    return fail(std::move(changed).error().wrap(
        other_atime ? "cannot change locked access time flags" : "cannot clear locked flags"));
  }
  return sys::mount(nullptr, path.c_str(), nullptr, flags | (now & kLockable), nullptr);
}

Result<> set_propagation(BorrowedFd mount, const plan::Mount& options) {
  for (const std::uint64_t flags : options.propagation) {
    const bool recursive = (flags & MS_REC) != 0;
    auto set = sys::mount_setattr(
        mount, {.propagation = flags & ~std::uint64_t{MS_REC | MS_SILENT}}, recursive);
    if (!set && may_be_missing(set.error())) {
      set = sys::mount(nullptr, fd_path(mount).c_str(), nullptr, flags, nullptr);
    }
    TRY_DOING("propagation", std::move(set));
  }
  return {};
}

Result<> set_recursive_attributes(BorrowedFd mount, const plan::RecursiveAttributes& attributes) {
  if (!attributes.any()) {
    return {};
  }
  auto set = sys::mount_setattr(mount, {.set = attributes.set, .clear = attributes.clear},
                                /*recursive=*/true);
  if (!set && set.error().err() == ENOSYS) {
    return fail(Error::unsupported("recursive mount attributes need a kernel with mount_setattr"));
  }
  return set;
}

Result<> make_readonly(BorrowedFd mount, const char* path_in_root, bool recursive) {
  auto set = sys::mount_setattr(mount, {.set = MOUNT_ATTR_RDONLY}, recursive);
  if (set || !may_be_missing(set.error())) {
    return set;
  }
  const std::uint64_t kept = flags_of_status(TRY(sys::mount_flags(mount))) & kLockable;
  return sys::mount(nullptr, path_in_root, nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY | kept,
                    nullptr);
}

}  // namespace plimsoll::linux::rootfs
