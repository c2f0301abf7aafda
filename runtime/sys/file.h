// Files and folders by descriptor. Every function is one system call (or a loop over one), retries
// EINTR, returns the errno in an Error whose text is "call 'object'", and opens with O_CLOEXEC.
// Nothing here touches errno. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"

namespace plimsoll::sys {

// The current folder, for *_at calls whose path is absolute or is the caller's own (never for paths
// of an image).
inline BorrowedFd cwd() { return BorrowedFd::of(AT_FDCWD); }

// openat(2). O_CLOEXEC is added.
Result<UniqueFd> open_at(BorrowedFd dir, const char* path, int flags, mode_t mode = 0);
// openat2(2) with `resolve` = RESOLVE_* flags. O_CLOEXEC is added. EAGAIN is retried a bounded
// number of times.
Result<UniqueFd> open_at2(BorrowedFd dir, const char* path, std::uint64_t flags, std::uint64_t mode,
                          std::uint64_t resolve);

Result<> mkdir_at(BorrowedFd dir, const char* path, mode_t mode);
// mkdir -p below `dir`, following what is there: only for the host's own folders, never inside an
// image.
Result<> mkdir_all_at(BorrowedFd dir, std::string_view path, mode_t mode);
Result<> unlink_at(BorrowedFd dir, const char* path, int flags = 0);
Result<> rename_at(BorrowedFd from_dir, const char* from, BorrowedFd to_dir, const char* to,
                   unsigned flags = 0);
Result<> symlink_at(std::string_view target, BorrowedFd dir, const char* path);
Result<std::string> read_link_at(BorrowedFd dir, const char* path);
Result<> mknod_at(BorrowedFd dir, const char* path, mode_t type_and_mode, dev_t device);
Result<> mkfifo_at(BorrowedFd dir, const char* path, mode_t mode);

Result<struct stat> stat_fd(BorrowedFd fd);
// fstatat(2); pass AT_SYMLINK_NOFOLLOW to look at a link itself.
Result<struct stat> stat_at(BorrowedFd dir, const char* path, int flags);
// The f_type of statfs(2), such as PROC_SUPER_MAGIC.
Result<std::uint64_t> filesystem_type(BorrowedFd fd);

Result<> chmod_fd(BorrowedFd fd, mode_t mode);  // fchmod(2): not for O_PATH fds
Result<> chmod_at(BorrowedFd dir, const char* path, mode_t mode);
Result<> chown_fd(BorrowedFd fd, uid_t uid, gid_t gid);  // works on O_PATH fds (AT_EMPTY_PATH)
Result<> chown_at(BorrowedFd dir, const char* path, uid_t uid, gid_t gid, int flags = 0);
Result<> truncate_fd(BorrowedFd fd, off_t length);
Result<> sync_fd(BorrowedFd fd);
// flock(2) with LOCK_EX, LOCK_SH, LOCK_UN, LOCK_NB.
Result<> lock_fd(BorrowedFd fd, int operation);

// One read(2) or write(2), retried on EINTR.
Result<std::size_t> read_some(BorrowedFd fd, void* buffer, std::size_t size);
Result<std::size_t> write_some(BorrowedFd fd, const void* data, std::size_t size);
Result<> write_all(BorrowedFd fd, std::string_view data);
// The rest of an fd, at most `limit` bytes; more is EFBIG.
Result<std::string> read_to_end(BorrowedFd fd, std::size_t limit);
// A whole regular or proc file, opened O_NONBLOCK so that a FIFO cannot hang the caller; more than
// `limit` bytes is EFBIG. `extra_flags` such as O_NOFOLLOW are added.
Result<std::string> read_file_at(BorrowedFd dir, const char* path, std::size_t limit,
                                 int extra_flags = 0);
// The same for a file that the caller named on the command line, which may be a pipe: a shell's
// <(COMMAND). It is read to its end; a FIFO that nobody writes to is empty.
Result<std::string> read_named_file(const char* path, std::size_t limit);
// Writes `data` to an existing file by one write(2), as procfs and cgroupfs files need it.
Result<> write_file_at(BorrowedFd dir, const char* path, std::string_view data);

struct DirEntry {
  std::string name;
  unsigned char type;  // DT_*; DT_UNKNOWN where the file system does not say
};
// The entries of an open folder but "." and "..", in the kernel's order. The fd must not be O_PATH.
Result<std::vector<DirEntry>> list_dir(BorrowedFd dir);

// fcntl F_DUPFD_CLOEXEC with 3 as the lowest number.
Result<UniqueFd> duplicate(BorrowedFd fd);
// dup3(2) onto a fixed number, without O_CLOEXEC unless asked: `fd` may equal `number`, which then
// loses CLOEXEC.
Result<> duplicate_to(BorrowedFd fd, int number, bool cloexec = false);
Result<> set_cloexec(BorrowedFd fd, bool on);
Result<> set_nonblocking(BorrowedFd fd, bool on);
// close_range(2) with CLOSE_RANGE_CLOEXEC from `first` up; falls back to /proc/self/fd where the
// kernel lacks it.
Result<> cloexec_from(int first);
// Closes the numbers from `first` to `last`, open or not; their owners must be released or gone.
Result<> close_between(int first, int last);

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};
Result<Pipe> pipe(int extra_flags = 0);

Result<> change_dir(BorrowedFd dir);
Result<> change_dir(const char* path);
Result<> change_root(const char* path);
// The kernel's own answer of getcwd(2); starts with "(unreachable)" for a folder outside the root.
Result<std::string> current_dir();
mode_t set_umask(mode_t mask);

// ioctl(2) whose argument is a pointer or an integer. `name` is the request's name, for the error.
Result<int> io_control(BorrowedFd fd, unsigned long request, void* argument, std::string_view name);

}  // namespace plimsoll::sys
