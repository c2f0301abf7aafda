// SPDX-License-Identifier: Apache-2.0
#include <linux/magic.h>
#include <linux/mount.h>

#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/linux/process_setup.h"
#include "runtime/sys/file.h"
#include "runtime/sys/mount.h"
#include "runtime/sys/sealed_file.h"

namespace plimsoll::linux {

namespace {

// The root of every procfs has this inode number (fs/proc/internal.h): a folder of a procfs that is
// bound onto /proc has another.
constexpr std::uint64_t kProcRootInode = 1;

// openat2 is not there (before Linux 5.6), or a seccomp filter older than the call answers EPERM.
bool lacks_openat2(const Error& error) { return error.err() == ENOSYS || error.err() == EPERM; }

Result<> check_root(BorrowedFd root) {
  if (TRY(sys::filesystem_type(root)) != PROC_SUPER_MAGIC ||
      TRY(sys::stat_fd(root)).st_ino != kProcRootInode) {
    return fail(Error::invalid("'/proc' is not a procfs"));
  }
  return {};
}

Result<UniqueFd> mounted_root() {
  UniqueFd root = TRY(sys::open_at(sys::cwd(), "/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW));
  TRY(check_root(root));
  return root;
}

Result<UniqueFd> new_root(bool whole) {
  const UniqueFd context = TRY(sys::fs_open("proc"));
  if (!whole) {
    // Linux 5.8; older kernels show the whole tree, which is only less tidy.
    (void)sys::fs_config_string(context, "subset", "pid");
  }
  TRY(sys::fs_config_create(context));
  return sys::fs_mount(context, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

// A copy of the mount on /proc without what is mounted below it. In a user namespace, where a new
// procfs may be refused for what the mounted one hides, this may still work.
Result<UniqueFd> cloned_root() {
  UniqueFd root = TRY(sys::open_tree(sys::cwd(), "/proc", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
  TRY(check_root(root));
  return root;
}

// "self" of `root` as a number, so that a walk that follows no link can use it.
Result<std::string> resolve_self(BorrowedFd root, std::string_view path) {
  if (!path.starts_with("self/")) {
    return std::string(path);
  }
  const std::string self = TRY(sys::read_link_at(root, "self"));
  if (!parse_unsigned(self)) {
    return fail(Error::invalid(cat("'/proc/self' leads to '", self, "'")));
  }
  return cat(self, path.substr(4));
}

// openat2(RESOLVE_BENEATH | RESOLVE_NO_XDEV) by hand: no link is followed, and every step must stay
// on the procfs and, where the kernel tells it, on the same mount.
Result<UniqueFd> walk(BorrowedFd root, const char* path, int flags) {
  const std::string resolved = TRY(resolve_self(root, path));
  const std::uint64_t mount_id = TRY(sys::file_facts(root)).mount_id;
  const std::vector<std::string_view> parts = split(resolved, '/');
  UniqueFd at;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string part(parts[i]);
    if (part.empty() || part == "." || part == "..") {
      return fail(Error::system(EXDEV, cat("open '/proc/", path, "'")));
    }
    const bool last = i + 1 == parts.size();
    const int how = O_NOFOLLOW | (last ? flags : O_PATH | O_DIRECTORY);
    UniqueFd next = TRY(sys::open_at(at ? BorrowedFd::of(at.get()) : root, part.c_str(), how));
    if (TRY(sys::filesystem_type(next)) != PROC_SUPER_MAGIC ||
        TRY(sys::file_facts(next)).mount_id != mount_id) {
      return fail(Error::system(EXDEV, cat("open '/proc/", path, "'")));
    }
    at = std::move(next);
  }
  return at;
}

Result<UniqueFd> open_below(BorrowedFd root, const char* path, int flags) {
  Result<UniqueFd> file = sys::open_at2(root, path, static_cast<std::uint64_t>(flags), 0,
                                        RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS);
  if (!file && lacks_openat2(file.error())) {
    file = walk(root, path, flags);
  }
  if (!file) {
    return fail(Error::system(file.error().err(), cat("open '/proc/", path, "'")));
  }
  return file;
}

}  // namespace

Result<Procfs> Procfs::open(bool whole) {
  // The mounted one first: it costs a quarter of a new one, whose end waits for RCU, and with the
  // checks of open_below it is as good. What is hidden in it is found in a detached one.
  if (Result<UniqueFd> root = mounted_root()) {
    return Procfs(std::move(*root), false, whole);
  }
  return open_detached(whole);
}

Result<Procfs> Procfs::open_subset() { return open(false); }

Result<Procfs> Procfs::open_whole() { return open(true); }

Result<Procfs> Procfs::open_detached(bool whole) {
  Result<UniqueFd> root = new_root(whole);
  if (!root) {
    if (Result<UniqueFd> clone = cloned_root()) {
      root = std::move(clone);
    }
  }
  if (!root) {
    return fail(std::move(root).error().wrap("open a procfs"));
  }
  return Procfs(std::move(*root), true, whole);
}

Result<UniqueFd> Procfs::open_file(const char* path, int flags) const {
  Result<UniqueFd> file = open_below(fd_, path, flags);
  if (file || detached_) {
    return file;
  }
  const Result<Procfs> detached = open_detached(whole_);
  if (!detached) {
    return file;
  }
  return open_below(detached->fd_, path, flags);
}

Result<> Procfs::write(const char* path, std::string_view data) const {
  const UniqueFd file = TRY(open_file(path, O_WRONLY | O_NOFOLLOW));
  const Result<std::size_t> written = sys::write_some(file, data.data(), data.size());
  if (!written || *written != data.size()) {
    return fail(
        Error::system(written ? EIO : written.error().err(), cat("write '/proc/", path, "'")));
  }
  return {};
}

Result<std::string> Procfs::read(const char* path, std::size_t limit) const {
  const UniqueFd file = TRY(open_file(path, O_RDONLY | O_NOFOLLOW));
  return TRY_DOING(cat("read '/proc/", path, "'"), sys::read_to_end(file, limit));
}

bool Procfs::exists(const char* path) const {
  return open_file(path, O_PATH | O_NOFOLLOW).has_value();
}

}  // namespace plimsoll::linux
