// What the sealed copy of the program is, for the two places that make one:
// linux/sealed_executable.cc and runtime/entry. docs/decisions/0004-sealed-executable.md.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace plimsoll::linux {

inline constexpr unsigned kCopySeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
inline constexpr unsigned kCopySealExec = 0x20;    // F_SEAL_EXEC, Linux 6.3: the mode stays as well
inline constexpr unsigned kCopyExecutable = 0x10;  // MFD_EXEC, Linux 6.3
inline constexpr uid_t kOverflowId = 65534;        // how an id without a mapping is shown
inline constexpr std::size_t kLongestCopyName = 249;  // the kernel's limit for a memfd's name

// File systems whose driver cannot write: a remount does not help. A read-only mount, or a
// read-only superblock of ext4, is not enough: both can be turned back by whoever has
// CAP_SYS_ADMIN.
inline constexpr std::uint64_t kReadOnlyFilesystems[] = {
    SQUASHFS_MAGIC,
    0xE0F5E1E2,  // EROFS_SUPER_MAGIC_V1
    0x9660,      // ISOFS_SUPER_MAGIC
    CRAMFS_MAGIC,
    0x7275,  // ROMFS_MAGIC
};

}  // namespace plimsoll::linux
