// SPDX-License-Identifier: Apache-2.0
#include "runtime/sys/sealed_file.h"

#include <fcntl.h>
#include <linux/stat.h>
#include <sys/mman.h>

#include <cerrno>
#include <string>

#include "runtime/base/text.h"
#include "runtime/sys/raw.h"

namespace plimsoll::sys {

namespace {

Result<> done(long result, std::string_view call) {
  if (result < 0) {
    return fail(Error::system(static_cast<int>(-result), std::string(call)));
  }
  return {};
}

}  // namespace

Result<UniqueFd> memfd(const char* name, unsigned flags) {
  const long fd = raw(SYS_memfd_create, name, flags | MFD_CLOEXEC);
  TRY(done(fd, "memfd_create"));
  return UniqueFd(static_cast<int>(fd));
}

Result<unsigned> get_seals(BorrowedFd file) {
  const long seals = raw(SYS_fcntl, file.get(), F_GET_SEALS, 0);
  TRY(done(seals, "fcntl F_GET_SEALS"));
  return static_cast<unsigned>(seals);
}

Result<> add_seals(BorrowedFd file, unsigned seals) {
  return done(raw(SYS_fcntl, file.get(), F_ADD_SEALS, seals), "fcntl F_ADD_SEALS");
}

Result<> copy_file(BorrowedFd from, BorrowedFd to, std::uint64_t size) {
  std::int64_t offset = 0;
  while (size > 0) {
    const long sent = raw_retry(SYS_sendfile, to.get(), from.get(), &offset, size);
    TRY(done(sent, "sendfile"));
    if (sent == 0) {
      return fail(Error::system(EIO, "sendfile: file became shorter"));
    }
    size -= static_cast<std::uint64_t>(sent);
  }
  return {};
}

Result<FileFacts> file_facts(BorrowedFd file) {
  struct statx status = {};
  constexpr unsigned kMountId = 0x1000;  // STATX_MNT_ID
  TRY(done(raw(SYS_statx, file.get(), "", AT_EMPTY_PATH, STATX_BASIC_STATS | kMountId, &status),
           "statx"));
  return FileFacts{.size = status.stx_size,
                   .mount_id = (status.stx_mask & kMountId) != 0 ? status.stx_mnt_id : 0,
                   .inode = status.stx_ino,
                   .mode = status.stx_mode,
                   .links = status.stx_nlink,
                   .uid = status.stx_uid,
                   .gid = status.stx_gid,
                   .verity = (status.stx_attributes & STATX_ATTR_VERITY) != 0};
}

Result<> check_access(BorrowedFd file, int mode) {
  return done(raw(SYS_faccessat2, file.get(), "", mode, AT_EACCESS | AT_EMPTY_PATH), "faccessat2");
}

Result<> check_access_at(BorrowedFd dir, const char* path, int mode) {
  const long result = raw(SYS_faccessat2, dir.get(), path, mode, AT_EACCESS);
  if (result < 0) {
    return fail(Error::system(static_cast<int>(-result), cat("faccessat2 '", path, "'")));
  }
  return {};
}

}  // namespace plimsoll::sys
