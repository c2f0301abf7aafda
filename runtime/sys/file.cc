// SPDX-License-Identifier: Apache-2.0
#include "runtime/sys/file.h"

#include <linux/close_range.h>
#include <sys/statfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "runtime/base/text.h"
#include "runtime/sys/raw.h"

namespace plimsoll::sys {

namespace {

std::unexpected<Error> failed(long result, std::string_view call, std::string_view object) {
  return fail(Error::system(static_cast<int>(-result), cat(call, " '", object, "'")));
}

std::unexpected<Error> failed(long result, std::string_view call) {
  return fail(Error::system(static_cast<int>(-result), std::string(call)));
}

Result<> done(long result, std::string_view call, std::string_view object) {
  if (result < 0) {
    return failed(result, call, object);
  }
  return {};
}

Result<> done(long result, std::string_view call) {
  if (result < 0) {
    return failed(result, call);
  }
  return {};
}

}  // namespace

Result<UniqueFd> open_at(BorrowedFd dir, const char* path, int flags, mode_t mode) {
  const long fd = raw_retry(SYS_openat, dir.get(), path, flags | O_CLOEXEC, mode);
  if (fd < 0) {
    return failed(fd, "open", path);
  }
  return UniqueFd(static_cast<int>(fd));
}

Result<UniqueFd> open_at2(BorrowedFd dir, const char* path, std::uint64_t flags, std::uint64_t mode,
                          std::uint64_t resolve) {
  open_how how = {};
  how.flags = flags | O_CLOEXEC;
  how.mode = mode;
  how.resolve = resolve;
  long fd = -EAGAIN;
  // EAGAIN means that a rename elsewhere raced with a ".." of this look-up (man 2 openat2).
  for (int attempt = 0; attempt < 128 && fd == -EAGAIN; ++attempt) {
    fd = raw_retry(SYS_openat2, dir.get(), path, &how, sizeof how);
  }
  if (fd < 0) {
    return failed(fd, "openat2", path);
  }
  return UniqueFd(static_cast<int>(fd));
}

Result<> mkdir_at(BorrowedFd dir, const char* path, mode_t mode) {
  return done(raw(SYS_mkdirat, dir.get(), path, mode), "mkdir", path);
}

Result<> mkdir_all_at(BorrowedFd dir, std::string_view path, mode_t mode) {
  std::string prefix;
  if (path.starts_with('/')) {
    prefix = "/";
  }
  for (const std::string_view part : split(path, '/')) {
    if (part.empty()) {
      continue;
    }
    if (!prefix.empty() && prefix != "/") {
      prefix += '/';
    }
    prefix += part;
    const long result = raw(SYS_mkdirat, dir.get(), prefix.c_str(), mode);
    if (result < 0 && result != -EEXIST) {
      return failed(result, "mkdir", prefix);
    }
  }
  return {};
}

Result<> unlink_at(BorrowedFd dir, const char* path, int flags) {
  return done(raw(SYS_unlinkat, dir.get(), path, flags),
              (flags & AT_REMOVEDIR) != 0 ? "rmdir" : "unlink", path);
}

Result<> rename_at(BorrowedFd from_dir, const char* from, BorrowedFd to_dir, const char* to,
                   unsigned flags) {
  return done(raw(SYS_renameat2, from_dir.get(), from, to_dir.get(), to, flags), "rename", to);
}

Result<> symlink_at(std::string_view target, BorrowedFd dir, const char* path) {
  const std::string text(target);
  return done(raw(SYS_symlinkat, text.c_str(), dir.get(), path), "symlink", path);
}

Result<std::string> read_link_at(BorrowedFd dir, const char* path) {
  std::string target(4096, '\0');
  const long size = raw(SYS_readlinkat, dir.get(), path, target.data(), target.size());
  if (size < 0) {
    return failed(size, "readlink", path);
  }
  target.resize(static_cast<std::size_t>(size));
  return target;
}

Result<> mknod_at(BorrowedFd dir, const char* path, mode_t type_and_mode, dev_t device) {
  return done(raw(SYS_mknodat, dir.get(), path, type_and_mode, device), "mknod", path);
}

Result<> mkfifo_at(BorrowedFd dir, const char* path, mode_t mode) {
  return done(raw(SYS_mknodat, dir.get(), path, S_IFIFO | mode, 0), "mkfifo", path);
}

Result<struct stat> stat_fd(BorrowedFd fd) { return stat_at(fd, "", AT_EMPTY_PATH); }

Result<struct stat> stat_at(BorrowedFd dir, const char* path, int flags) {
  struct stat status = {};
  const long result = raw(SYS_newfstatat, dir.get(), path, &status, flags);
  if (result < 0) {
    return failed(result, "stat", path);
  }
  return status;
}

Result<std::uint64_t> filesystem_type(BorrowedFd fd) {
  struct statfs status = {};
  const long result = raw(SYS_fstatfs, fd.get(), &status);
  if (result < 0) {
    return failed(result, "fstatfs");
  }
  return static_cast<std::uint64_t>(status.f_type);
}

Result<> chmod_fd(BorrowedFd fd, mode_t mode) {
  return done(raw(SYS_fchmod, fd.get(), mode), "fchmod");
}

Result<> chmod_at(BorrowedFd dir, const char* path, mode_t mode) {
  return done(raw(SYS_fchmodat, dir.get(), path, mode), "chmod", path);
}

Result<> chown_fd(BorrowedFd fd, uid_t uid, gid_t gid) {
  return done(raw(SYS_fchownat, fd.get(), "", uid, gid, AT_EMPTY_PATH), "fchown");
}

Result<> chown_at(BorrowedFd dir, const char* path, uid_t uid, gid_t gid, int flags) {
  return done(raw(SYS_fchownat, dir.get(), path, uid, gid, flags), "chown", path);
}

Result<> truncate_fd(BorrowedFd fd, off_t length) {
  return done(raw_retry(SYS_ftruncate, fd.get(), length), "ftruncate");
}

Result<> sync_fd(BorrowedFd fd) { return done(raw_retry(SYS_fsync, fd.get()), "fsync"); }

Result<> lock_fd(BorrowedFd fd, int operation) {
  return done(raw_retry(SYS_flock, fd.get(), operation), "flock");
}

Result<std::size_t> read_some(BorrowedFd fd, void* buffer, std::size_t size) {
  const long count = raw_retry(SYS_read, fd.get(), buffer, size);
  if (count < 0) {
    return failed(count, "read");
  }
  return static_cast<std::size_t>(count);
}

Result<std::size_t> write_some(BorrowedFd fd, const void* data, std::size_t size) {
  const long count = raw_retry(SYS_write, fd.get(), data, size);
  if (count < 0) {
    return failed(count, "write");
  }
  return static_cast<std::size_t>(count);
}

Result<> write_all(BorrowedFd fd, std::string_view data) {
  while (!data.empty()) {
    data.remove_prefix(TRY(write_some(fd, data.data(), data.size())));
  }
  return {};
}

namespace {

// `expected` bytes are read by one call; a file that says 0, as those of procfs do, is not empty.
Result<std::string> read_expected(BorrowedFd fd, std::size_t limit, std::size_t expected) {
  constexpr std::size_t kPage = 4096;
  std::string content;
  std::size_t used = 0;
  for (;;) {
    if (used == content.size()) {
      content.resize(std::max({kPage, used * 2, std::min(expected, limit) + 1}));
    }
    const std::size_t count = TRY(read_some(fd, content.data() + used, content.size() - used));
    used += count;
    if (used > limit) {
      return fail(Error::system(EFBIG, "read"));
    }
    if (count == 0 || (used == expected && used < content.size())) {
      content.resize(used);
      return content;
    }
  }
}

}  // namespace

Result<std::string> read_to_end(BorrowedFd fd, std::size_t limit) {
  return read_expected(fd, limit, 0);
}

Result<std::string> read_file_at(BorrowedFd dir, const char* path, std::size_t limit,
                                 int extra_flags) {
  const UniqueFd fd = TRY(open_at(dir, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | extra_flags));
  const struct stat status = TRY(stat_fd(fd));
  if (!S_ISREG(status.st_mode)) {
    return fail(Error::invalid(cat("open '", path, "': not a regular file")));
  }
  return TRY_DOING(cat("'", path, "'"),
                   read_expected(fd, limit, static_cast<std::size_t>(status.st_size)));
}

Result<std::string> read_named_file(const char* path, std::size_t limit) {
  const UniqueFd fd = TRY(open_at(cwd(), path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  const struct stat status = TRY(stat_fd(fd));
  if (S_ISFIFO(status.st_mode)) {
    TRY(set_nonblocking(fd, false));
  } else if (!S_ISREG(status.st_mode)) {
    return fail(Error::invalid(cat("open '", path, "': not a regular file or a pipe")));
  }
  return TRY_DOING(cat("'", path, "'"), read_to_end(fd, limit));
}

Result<> write_file_at(BorrowedFd dir, const char* path, std::string_view data) {
  const UniqueFd fd = TRY(open_at(dir, path, O_WRONLY | O_NOCTTY));
  const long count = raw_retry(SYS_write, fd.get(), data.data(), data.size());
  if (count < 0) {
    return failed(count, "write", path);
  }
  if (static_cast<std::size_t>(count) != data.size()) {
    return fail(Error::system(EIO, cat("write '", path, "'")));
  }
  return {};
}

Result<std::vector<DirEntry>> list_dir(BorrowedFd dir) {
  struct Header {  // linux_dirent64 of man 2 getdents64, without its name
    std::uint64_t inode;
    std::int64_t offset;
    std::uint16_t length;
    std::uint8_t type;
  };
  constexpr std::size_t kNameOffset = 19;
  std::vector<DirEntry> entries;
  std::array<char, 4096> buffer;
  if (const long result = raw(SYS_lseek, dir.get(), 0, SEEK_SET); result < 0) {
    return failed(result, "lseek");
  }
  for (;;) {
    const long count = raw(SYS_getdents64, dir.get(), buffer.data(), buffer.size());
    if (count < 0) {
      return failed(count, "getdents64");
    }
    if (count == 0) {
      return entries;
    }
    for (std::size_t at = 0; at < static_cast<std::size_t>(count);) {
      Header header;
      std::memcpy(&header, buffer.data() + at, kNameOffset);
      const std::string_view name = buffer.data() + at + kNameOffset;
      if (name != "." && name != "..") {
        entries.push_back({.name = std::string(name), .type = header.type});
      }
      at += header.length;
    }
  }
}

Result<UniqueFd> duplicate(BorrowedFd fd) {
  const long copy = raw(SYS_fcntl, fd.get(), F_DUPFD_CLOEXEC, 3);
  if (copy < 0) {
    return failed(copy, "fcntl F_DUPFD_CLOEXEC");
  }
  return UniqueFd(static_cast<int>(copy));
}

Result<> duplicate_to(BorrowedFd fd, int number, bool cloexec) {
  if (fd.get() == number) {
    return set_cloexec(fd, cloexec);
  }
  return done(raw_retry(SYS_dup3, fd.get(), number, cloexec ? O_CLOEXEC : 0), "dup3");
}

Result<> set_cloexec(BorrowedFd fd, bool on) {
  return done(raw(SYS_fcntl, fd.get(), F_SETFD, on ? FD_CLOEXEC : 0), "fcntl F_SETFD");
}

Result<> set_nonblocking(BorrowedFd fd, bool on) {
  const long flags = raw(SYS_fcntl, fd.get(), F_GETFL, 0);
  if (flags < 0) {
    return failed(flags, "fcntl F_GETFL");
  }
  const long wanted = on ? (flags | O_NONBLOCK) : (flags & ~static_cast<long>(O_NONBLOCK));
  return done(raw(SYS_fcntl, fd.get(), F_SETFL, wanted), "fcntl F_SETFL");
}

Result<> cloexec_from(int first) {
  const long result = raw(SYS_close_range, first, ~0U, CLOSE_RANGE_CLOEXEC);
  if (result >= 0) {
    return {};
  }
  if (result != -ENOSYS && result != -EPERM && result != -EINVAL) {
    return failed(result, "close_range");
  }
  // Kernels before 5.11, and seccomp filters older than the call, which answer EPERM.
  const UniqueFd dir = TRY(open_at(cwd(), "/proc/self/fd", O_RDONLY | O_DIRECTORY));
  for (const DirEntry& entry : TRY(list_dir(dir))) {
    const auto number = parse_unsigned(entry.name);
    if (number && *number >= static_cast<std::uint64_t>(first)) {
      (void)set_cloexec(BorrowedFd::of(static_cast<int>(*number)), true);
    }
  }
  return {};
}

Result<> close_between(int first, int last) {
  if (first > last) {
    return {};
  }
  const long result = raw(SYS_close_range, first, last, 0);
  if (result >= 0) {
    return {};
  }
  if (result != -ENOSYS && result != -EPERM) {
    return failed(result, "close_range");
  }
  // Kernels before 5.9, and seccomp filters older than the call. Numbers are given from below, so
  // that higher ones are rare; they have O_CLOEXEC.
  constexpr int kHighest = 4096;
  for (int fd = first; fd <= std::min(last, kHighest); ++fd) {
    (void)raw(SYS_close, fd);
  }
  return {};
}

Result<Pipe> pipe(int extra_flags) {
  int fds[2] = {-1, -1};
  const long result = raw(SYS_pipe2, &fds[0], O_CLOEXEC | extra_flags);
  if (result < 0) {
    return failed(result, "pipe2");
  }
  return Pipe{.read = UniqueFd(fds[0]), .write = UniqueFd(fds[1])};
}

Result<> change_dir(BorrowedFd dir) { return done(raw(SYS_fchdir, dir.get()), "fchdir"); }

Result<> change_dir(const char* path) { return done(raw(SYS_chdir, path), "chdir", path); }

Result<> change_root(const char* path) { return done(raw(SYS_chroot, path), "chroot", path); }

Result<std::string> current_dir() {
  std::string path(4096, '\0');
  const long size = raw(SYS_getcwd, path.data(), path.size());
  if (size < 0) {
    return failed(size, "getcwd");
  }
  path.resize(static_cast<std::size_t>(size) - 1);
  return path;
}

mode_t set_umask(mode_t mask) { return static_cast<mode_t>(raw(SYS_umask, mask)); }

Result<int> io_control(BorrowedFd fd, unsigned long request, void* argument,
                       std::string_view name) {
  const long result = raw_retry(SYS_ioctl, fd.get(), request, argument);
  if (result < 0) {
    return failed(result, cat("ioctl ", name));
  }
  return static_cast<int>(result);
}

}  // namespace plimsoll::sys
