// Mount options (config.md#configLinuxMountOptions) and their values for mount(2) and
// mount_setattr(2). SPDX-License-Identifier: Apache-2.0
#include <linux/mount.h>

#include <array>
#include <span>
#include <string_view>

#include "validator/spec/vocabulary.h"
#include "validator/spec/vocabulary_lookup.h"

namespace plimsoll::spec {
namespace {

constexpr auto kFlag = MountOptionKind::flag;
constexpr auto kClear = MountOptionKind::clear;
constexpr auto kPropagation = MountOptionKind::propagation;
constexpr auto kRecursive = MountOptionKind::recursive;
constexpr auto kSpecial = MountOptionKind::data_special;

// The three access time modes exclude each other, and the kernel would let noatime or strictatime
// win over a relatime that comes later: so each clears the others. In mount_setattr(2) they are one
// field, MOUNT_ATTR__ATIME, with relatime as its zero; what "ratime" and its kind undo becomes
// that.
constexpr auto kMountOptions = std::to_array<MountOption>({
    {.name = "async", .kind = kClear, .clear = MS_SYNCHRONOUS},
    {.name = "atime", .kind = kClear, .clear = MS_NOATIME},
    {.name = "bind", .kind = kFlag, .set = MS_BIND},
    {.name = "defaults", .kind = kFlag},
    {.name = "dev", .kind = kClear, .clear = MS_NODEV},
    {.name = "diratime", .kind = kClear, .clear = MS_NODIRATIME},
    {.name = "dirsync", .kind = kFlag, .set = MS_DIRSYNC},
    {.name = "exec", .kind = kClear, .clear = MS_NOEXEC},
    {.name = "iversion", .kind = kFlag, .set = MS_I_VERSION},
    {.name = "lazytime", .kind = kFlag, .set = MS_LAZYTIME},
    {.name = "loud", .kind = kClear, .clear = MS_SILENT},
    {.name = "mand", .kind = kFlag, .set = MS_MANDLOCK, .level = Support::may},
    {.name = "noatime", .kind = kFlag, .set = MS_NOATIME, .clear = MS_RELATIME | MS_STRICTATIME},
    {.name = "nodev", .kind = kFlag, .set = MS_NODEV},
    {.name = "nodiratime", .kind = kFlag, .set = MS_NODIRATIME},
    {.name = "noexec", .kind = kFlag, .set = MS_NOEXEC},
    {.name = "noiversion", .kind = kClear, .clear = MS_I_VERSION},
    {.name = "nolazytime", .kind = kClear, .clear = MS_LAZYTIME},
    {.name = "nomand", .kind = kClear, .clear = MS_MANDLOCK, .level = Support::may},
    {.name = "norelatime", .kind = kClear, .clear = MS_RELATIME},
    {.name = "nostrictatime", .kind = kClear, .clear = MS_STRICTATIME},
    {.name = "nosuid", .kind = kFlag, .set = MS_NOSUID},
    {.name = "nosymfollow", .kind = kFlag, .set = MS_NOSYMFOLLOW, .level = Support::should},
    {.name = "rbind", .kind = kFlag, .set = MS_BIND | MS_REC},
    {.name = "relatime", .kind = kFlag, .set = MS_RELATIME, .clear = MS_NOATIME | MS_STRICTATIME},
    {.name = "remount", .kind = kFlag, .set = MS_REMOUNT},
    {.name = "ro", .kind = kFlag, .set = MS_RDONLY},
    {.name = "rw", .kind = kClear, .clear = MS_RDONLY},
    {.name = "silent", .kind = kFlag, .set = MS_SILENT},
    {.name = "strictatime",
     .kind = kFlag,
     .set = MS_STRICTATIME,
     .clear = MS_NOATIME | MS_RELATIME},
    {.name = "suid", .kind = kClear, .clear = MS_NOSUID},
    {.name = "sync", .kind = kFlag, .set = MS_SYNCHRONOUS},
    {.name = "symfollow", .kind = kClear, .clear = MS_NOSYMFOLLOW, .level = Support::should},
    {.name = "private", .kind = kPropagation, .set = MS_PRIVATE},
    {.name = "rprivate", .kind = kPropagation, .set = MS_PRIVATE | MS_REC},
    {.name = "shared", .kind = kPropagation, .set = MS_SHARED},
    {.name = "rshared", .kind = kPropagation, .set = MS_SHARED | MS_REC},
    {.name = "slave", .kind = kPropagation, .set = MS_SLAVE},
    {.name = "rslave", .kind = kPropagation, .set = MS_SLAVE | MS_REC},
    {.name = "unbindable", .kind = kPropagation, .set = MS_UNBINDABLE},
    {.name = "runbindable", .kind = kPropagation, .set = MS_UNBINDABLE | MS_REC},
    {.name = "rro", .kind = kRecursive, .attr_set = MOUNT_ATTR_RDONLY, .level = Support::should},
    {.name = "rrw", .kind = kRecursive, .attr_clr = MOUNT_ATTR_RDONLY, .level = Support::should},
    {.name = "rnosuid",
     .kind = kRecursive,
     .attr_set = MOUNT_ATTR_NOSUID,
     .level = Support::should},
    {.name = "rsuid", .kind = kRecursive, .attr_clr = MOUNT_ATTR_NOSUID, .level = Support::should},
    {.name = "rnodev", .kind = kRecursive, .attr_set = MOUNT_ATTR_NODEV, .level = Support::should},
    {.name = "rdev", .kind = kRecursive, .attr_clr = MOUNT_ATTR_NODEV, .level = Support::should},
    {.name = "rnoexec",
     .kind = kRecursive,
     .attr_set = MOUNT_ATTR_NOEXEC,
     .level = Support::should},
    {.name = "rexec", .kind = kRecursive, .attr_clr = MOUNT_ATTR_NOEXEC, .level = Support::should},
    {.name = "rnodiratime",
     .kind = kRecursive,
     .attr_set = MOUNT_ATTR_NODIRATIME,
     .level = Support::should},
    {.name = "rdiratime",
     .kind = kRecursive,
     .attr_clr = MOUNT_ATTR_NODIRATIME,
     .level = Support::should},
    {.name = "rnosymfollow",
     .kind = kRecursive,
     .attr_set = MOUNT_ATTR_NOSYMFOLLOW,
     .level = Support::should},
    {.name = "rsymfollow",
     .kind = kRecursive,
     .attr_clr = MOUNT_ATTR_NOSYMFOLLOW,
     .level = Support::should},
    {.name = "rrelatime",
     .kind = kRecursive,
     .attr_set = MOUNT_ATTR_RELATIME,
     .attr_clr = MOUNT_ATTR__ATIME,
     .level = Support::should},
    {.name = "rnoatime",
     .kind = kRecursive,
     .attr_set = MOUNT_ATTR_NOATIME,
     .attr_clr = MOUNT_ATTR__ATIME,
     .level = Support::should},
    {.name = "rstrictatime",
     .kind = kRecursive,
     .attr_set = MOUNT_ATTR_STRICTATIME,
     .attr_clr = MOUNT_ATTR__ATIME,
     .level = Support::should},
    {.name = "ratime",
     .kind = kRecursive,
     .attr_set = MOUNT_ATTR_RELATIME,
     .attr_clr = MOUNT_ATTR__ATIME,
     .level = Support::should},
    {.name = "rnorelatime",
     .kind = kRecursive,
     .attr_set = MOUNT_ATTR_RELATIME,
     .attr_clr = MOUNT_ATTR__ATIME,
     .level = Support::should},
    {.name = "rnostrictatime",
     .kind = kRecursive,
     .attr_set = MOUNT_ATTR_RELATIME,
     .attr_clr = MOUNT_ATTR__ATIME,
     .level = Support::should},
    {.name = "idmap", .kind = kSpecial, .level = Support::should},
    {.name = "ridmap", .kind = kSpecial, .level = Support::should},
    {.name = "tmpcopyup", .kind = kSpecial, .level = Support::may},
});

}  // namespace

std::span<const MountOption> mount_options() { return kMountOptions; }
const MountOption* find_mount_option(std::string_view name) {
  return find_row(kMountOptions, name);
}

}  // namespace plimsoll::spec
