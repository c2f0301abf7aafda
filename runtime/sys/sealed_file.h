// Anonymous files that can be sealed, and what statx tells of a file (man 2 memfd_create, fcntl
// F_ADD_SEALS, sendfile, statx). SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"

namespace plimsoll::sys {

// memfd_create(2); MFD_CLOEXEC is added.
Result<UniqueFd> memfd(const char* name, unsigned flags);
// F_SEAL_* bits. EINVAL for a file system without seals.
Result<unsigned> get_seals(BorrowedFd file);
Result<> add_seals(BorrowedFd file, unsigned seals);
// sendfile(2) of `size` bytes from the start of `from`; fails when `from` is shorter.
Result<> copy_file(BorrowedFd from, BorrowedFd to, std::uint64_t size);

struct FileFacts {
  std::uint64_t size = 0;
  std::uint64_t mount_id = 0;  // 0 where the kernel does not tell (before 5.8)
  std::uint64_t inode = 0;
  std::uint32_t mode = 0;
  std::uint32_t links = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  bool verity = false;  // fs-verity: the content can never be written again
};
// statx(2) of an open file.
Result<FileFacts> file_facts(BorrowedFd file);

// faccessat2(2) of an open file with the effective ids. ENOSYS before Linux 5.8.
Result<> check_access(BorrowedFd file, int mode);
// As above, of a path, symbolic links followed.
Result<> check_access_at(BorrowedFd dir, const char* path, int mode);

}  // namespace plimsoll::sys
