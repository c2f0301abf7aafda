// The mount option tmpcopyup: a tmpfs starts with a copy of what it covers. The tree comes from an
// image: links are copied and never followed, FIFOs and devices are never opened, depth is bounded.
// Runs in init, before enter_rootfs. SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <vector>

#include "runtime/base/text.h"
#include "runtime/linux/rootfs_parts.h"
#include "runtime/sys/file.h"

namespace plimsoll::linux::rootfs {

namespace {

constexpr int kMaxDepth = 64;  // each level holds two fds and a frame of init's small stack

// The owner of a copied object; one that is not mapped into our user namespace stays ours.
Result<> copy_owner(BorrowedFd dir, const char* name, const struct stat& status) {
  auto owned = sys::chown_at(dir, name, status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW);
  if (!owned && owned.error().err() != EINVAL) {
    return owned;
  }
  return {};
}

Result<> copy_content(BorrowedFd from, BorrowedFd to) {
  std::string buffer(16384, '\0');  // not on the stack: this may be inlined into the recursion
  for (;;) {
    const std::size_t count = TRY(sys::read_some(from, buffer.data(), buffer.size()));
    if (count == 0) {
      return {};
    }
    TRY(sys::write_all(to, {buffer.data(), count}));
  }
}

Result<> copy_file(BorrowedFd from, BorrowedFd to, const char* name) {
  const UniqueFd source =
      TRY(sys::open_at(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  const struct stat status = TRY(sys::stat_fd(source));
  if (!S_ISREG(status.st_mode)) {
    return fail(Error::invalid(cat("'", name, "' changed while it was copied")));
  }
  const UniqueFd copy = TRY(sys::open_at(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
  TRY(copy_content(source, copy));
  TRY(copy_owner(to, name, status));
  return sys::chmod_fd(copy, status.st_mode & 07777);
}

Result<> copy_link(BorrowedFd from, BorrowedFd to, const char* name, const struct stat& status) {
  const std::string target = TRY(sys::read_link_at(from, name));
  TRY(sys::symlink_at(target, to, name));
  return copy_owner(to, name, status);
}

// Devices where the kernel lets us; sockets make no sense in a copy.
Result<> copy_node(BorrowedFd to, const char* name, const struct stat& status) {
  if (S_ISSOCK(status.st_mode)) {
    return {};
  }
  auto made = sys::mknod_at(to, name, status.st_mode, status.st_rdev);
  if (!made) {
    return made.error().err() == EPERM ? Result<>{} : made;
  }
  return copy_owner(to, name, status);
}

Result<> copy_entries(BorrowedFd from, BorrowedFd to, int depth);

Result<> copy_folder(BorrowedFd from, BorrowedFd to, const char* name, int depth) {
  const UniqueFd source = TRY(sys::open_at(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  const struct stat status = TRY(sys::stat_fd(source));
  TRY(sys::mkdir_at(to, name, 0700));
  const UniqueFd copy = TRY(sys::open_at(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  TRY(copy_entries(source, copy, depth + 1));
  TRY(copy_owner(to, name, status));
  return sys::chmod_fd(copy, status.st_mode & 07777);
}

Result<> copy_entry(BorrowedFd from, BorrowedFd to, const char* name, int depth) {
  const struct stat status = TRY(sys::stat_at(from, name, AT_SYMLINK_NOFOLLOW));
  switch (status.st_mode & S_IFMT) {
    case S_IFDIR:
      return copy_folder(from, to, name, depth);
    case S_IFREG:
      return copy_file(from, to, name);
    case S_IFLNK:
      return copy_link(from, to, name, status);
    default:
      return copy_node(to, name, status);
  }
}

// With its buffer in a frame of its own.
[[gnu::noinline]] Result<std::vector<sys::DirEntry>> list_entries(BorrowedFd dir) {
  return sys::list_dir(dir);
}

Result<> copy_entries(BorrowedFd from, BorrowedFd to, int depth) {
  if (depth > kMaxDepth) {
    return fail(Error::system(ELOOP, "copy folders"));
  }
  for (const sys::DirEntry& entry : TRY(list_entries(from))) {
    TRY_DOING(cat("'", entry.name, "'"), copy_entry(from, to, entry.name.c_str(), depth));
  }
  return {};
}

}  // namespace

Result<> copy_tree(BorrowedFd from, BorrowedFd to) {
  const struct stat status = TRY(sys::stat_fd(from));
  TRY(copy_entries(from, to, 0));
  auto owned = sys::chown_fd(to, status.st_uid, status.st_gid);
  return !owned && owned.error().err() != EINVAL ? owned : Result<>{};
}

}  // namespace plimsoll::linux::rootfs
