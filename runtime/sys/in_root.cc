// SPDX-License-Identifier: Apache-2.0
#include "runtime/sys/in_root.h"

#include <linux/magic.h>

#include <cerrno>
#include <vector>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"
#include "runtime/sys/raw.h"

namespace plimsoll::sys {

namespace {

constexpr int kMaxLinks = 40;           // as the kernel's MAXSYMLINKS
constexpr std::size_t kMaxPath = 4096;  // PATH_MAX, with the final zero
constexpr int kMaxRaces = 64;  // how often one part may change between two calls before we give up
constexpr std::uint64_t kProcRootInode = 1;

// What happens to a part that is not there.
enum class Missing : std::uint8_t { fail, make_dirs, make_file };

struct WalkOptions {
  int flags = O_PATH;
  Links links = Links::follow;
  Missing missing = Missing::fail;
  mode_t dir_mode = 0755;
  mode_t file_mode = 0644;
};

// One walk. Folders that were entered stay open, so that ".." goes back to where we came from and
// not to wherever the folder has been moved meanwhile.
class Walk {
 public:
  Walk(BorrowedFd root, std::string_view path, const WalkOptions& options)
      : root_(root), path_(path), options_(options) {}

  Result<UniqueFd> run() {
    if (path_.empty()) {
      return failed(ENOENT);
    }
    if (path_.size() >= kMaxPath) {
      return failed(ENAMETOOLONG);
    }
    push_parts(path_, /*at_end=*/true);
    while (!pending_.empty()) {
      const std::string part = std::move(pending_.back());
      pending_.pop_back();
      if (part == "..") {
        if (!entered_.empty()) {
          entered_.pop_back();
        }
        continue;
      }
      if (pending_.empty() && !dir_at_end_) {
        UniqueFd found;
        TRY(last(part, found));
        if (found.valid()) {
          return found;
        }
        continue;  // a link, whose parts are pending now
      }
      TRY(enter(part));
    }
    return here();
  }

 private:
  std::unexpected<Error> failed(int err) const {
    return fail(Error::system(err, cat("open in root '", path_, "'")));
  }
  std::unexpected<Error> failed(long result) const { return failed(static_cast<int>(-result)); }

  BorrowedFd current() const { return entered_.empty() ? root_ : BorrowedFd(entered_.back()); }

  // The last part first, so that pending_ is a stack.
  void push_parts(std::string_view path, bool at_end) {
    const std::vector<std::string_view> parts = split(path, '/');
    if (at_end && (parts.back().empty() || parts.back() == ".")) {
      dir_at_end_ = true;
    }
    for (std::size_t i = parts.size(); i > 0; --i) {
      const std::string_view part = parts[i - 1];
      if (!part.empty() && part != ".") {
        pending_.emplace_back(part);
      }
    }
  }

  // Puts the parts of the link `name` in front of what is still to be walked. False when it is no
  // link (any more).
  Result<bool> expand(const std::string& name) {
    std::string target(kMaxPath, '\0');
    const long size =
        raw(SYS_readlinkat, current().get(), name.c_str(), target.data(), target.size());
    if (size == -EINVAL) {
      return false;
    }
    if (size < 0) {
      return failed(size);
    }
    target.resize(static_cast<std::size_t>(size));
    if (options_.links == Links::refuse || ++links_ > kMaxLinks || TRY(is_magic())) {
      return failed(ELOOP);
    }
    if (target.empty()) {
      return failed(ENOENT);
    }
    if (target.front() == '/') {
      entered_.clear();
    }
    push_parts(target, pending_.empty());
    return true;
  }

  // procfs has links that lead to objects and not to their text, all of them below its root folder
  // (/proc/PID/exe, fd/N, ns/*): RESOLVE_NO_MAGICLINKS refuses them.
  Result<bool> is_magic() const {
    if (TRY(filesystem_type(current())) != PROC_SUPER_MAGIC) {
      return false;
    }
    return TRY(stat_fd(current())).st_ino != kProcRootInode;
  }

  // Enters the folder `part`, through links, and makes it when that is asked for.
  Result<> enter(const std::string& part) {
    for (int race = 0; race < kMaxRaces; ++race) {
      const long fd = raw_retry(SYS_openat, current().get(), part.c_str(),
                                O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
      if (fd >= 0) {
        entered_.emplace_back(static_cast<int>(fd));
        return {};
      }
      if (fd == -ENOENT && options_.missing != Missing::fail) {
        const long made = raw(SYS_mkdirat, current().get(), part.c_str(), options_.dir_mode);
        if (made < 0 && made != -EEXIST) {
          return failed(made);
        }
        continue;
      }
      if (fd != -ENOTDIR && fd != -ELOOP) {
        return failed(fd);
      }
      if (TRY(expand(part))) {
        return {};
      }
      struct stat status = {};
      const long looked =
          raw(SYS_newfstatat, current().get(), part.c_str(), &status, AT_SYMLINK_NOFOLLOW);
      if (looked == 0 && !S_ISDIR(status.st_mode) && !S_ISLNK(status.st_mode)) {
        return failed(ENOTDIR);
      }
    }
    return failed(EAGAIN);
  }

  // Opens the last part into `found`, or expands it and leaves `found` empty.
  Result<> last(const std::string& part, UniqueFd& found) {
    for (int race = 0; race < kMaxRaces; ++race) {
      if (options_.missing != Missing::fail) {
        TRY(make_last(part, found));
        if (found.valid()) {
          return {};
        }
      }
      const long fd =
          raw_retry(SYS_openat, current().get(), part.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
      if (fd == -ENOENT && options_.missing != Missing::fail) {
        continue;
      }
      if (fd < 0) {
        return failed(fd);
      }
      if (TRY(open_or_expand(part, UniqueFd(static_cast<int>(fd)), found))) {
        return {};
      }
    }
    return failed(EAGAIN);
  }

  // `object` is what the last part was a moment ago; false when it is something else by now.
  Result<bool> open_or_expand(const std::string& part, UniqueFd object, UniqueFd& found) {
    const bool follow = (options_.flags & O_NOFOLLOW) == 0;
    const struct stat status = TRY(stat_fd(object));
    if (S_ISLNK(status.st_mode) && follow) {
      return expand(part);
    }
    if (!S_ISDIR(status.st_mode) && (options_.flags & O_DIRECTORY) != 0) {
      return failed(ENOTDIR);
    }
    if ((options_.flags & O_PATH) != 0) {
      found = std::move(object);
      return true;
    }
    auto opened = open_at(current(), part.c_str(), options_.flags | O_NOFOLLOW);
    if (!opened && opened.error().err() == ELOOP && follow) {
      return false;
    }
    found = TRY(std::move(opened));
    return true;
  }

  // Makes the last part, which was missing when the path was looked up; `found` stays empty when
  // something is there after all, be it a dangling link.
  Result<> make_last(const std::string& part, UniqueFd& found) {
    const bool folder = options_.missing == Missing::make_dirs;
    if (folder) {
      const long made = raw(SYS_mkdirat, current().get(), part.c_str(), options_.dir_mode);
      if (made < 0) {
        return made == -EEXIST ? Result<>{} : failed(made);
      }
    }
    const int flags = folder ? O_PATH | O_DIRECTORY : O_CREAT | O_EXCL | O_WRONLY;
    const long fd = raw_retry(SYS_openat, current().get(), part.c_str(),
                              flags | O_NOFOLLOW | O_CLOEXEC, options_.file_mode);
    if (fd >= 0) {
      found = UniqueFd(static_cast<int>(fd));
      return {};
    }
    // A new folder that is gone or something else by now is looked at again.
    return folder || fd == -EEXIST ? Result<>{} : failed(fd);
  }

  // The folder that the walk has ended in.
  Result<UniqueFd> here() {
    if (!entered_.empty() && (options_.flags & O_PATH) != 0) {
      UniqueFd folder = std::move(entered_.back());
      entered_.pop_back();
      return folder;
    }
    return open_at(current(), ".", options_.flags & ~O_NOFOLLOW);
  }

  BorrowedFd root_;
  std::string_view path_;
  const WalkOptions& options_;
  std::vector<UniqueFd> entered_;
  std::vector<std::string> pending_;
  bool dir_at_end_ = false;  // "a/" and "a/.": a must be a folder, and is followed
  int links_ = 0;
};

Result<UniqueFd> walk_with(BorrowedFd root, std::string_view path, const WalkOptions& options) {
  return Walk(root, path, options).run();
}

Result<UniqueFd> resolve(BorrowedFd root, const char* path, int flags, Links links) {
  const std::uint64_t resolve_flags =
      RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | (links == Links::refuse ? RESOLVE_NO_SYMLINKS : 0U);
  auto fd = open_at2(root, path, static_cast<std::uint64_t>(flags), 0, resolve_flags);
  // EAGAIN: on a machine that mounts and renames all the time, the kernel may never be sure of
  // "..".
  const int reason = fd ? 0 : fd.error().err();
  if (reason != ENOSYS && reason != EPERM && reason != EAGAIN) {
    return fd;
  }
  return walk_with(root, path, {.flags = flags, .links = links});
}

}  // namespace

Result<UniqueFd> open_in_root(BorrowedFd root, const char* path, int flags, Links links) {
  if ((flags & (O_CREAT | O_TRUNC)) != 0) {
    return fail(Error::system(EINVAL, cat("open in root '", path, "'")));
  }
  if ((flags & O_PATH) != 0) {
    return resolve(root, path, flags, links);
  }
  // open(2) of a device or a FIFO can act or wait, so we look first. The second look-up may be led
  // elsewhere by a rename: what was opened must be what was looked at.
  const int look_flags = O_PATH | (flags & (O_NOFOLLOW | O_DIRECTORY));
  const UniqueFd seen = TRY(resolve(root, path, look_flags, links));
  const struct stat before = TRY(stat_fd(seen));
  if (S_ISLNK(before.st_mode)) {
    return fail(Error::system(ELOOP, cat("open in root '", path, "'")));
  }
  if (!S_ISREG(before.st_mode) && !S_ISDIR(before.st_mode)) {
    return fail(
        Error::invalid(cat("open in root '", path, "': neither a regular file nor a folder")));
  }
  UniqueFd fd = TRY(resolve(root, path, flags | O_NONBLOCK | O_NOCTTY, links));
  const struct stat after = TRY(stat_fd(fd));
  if (after.st_dev != before.st_dev || after.st_ino != before.st_ino) {
    return fail(Error::system(EAGAIN, cat("open in root '", path, "'")));
  }
  return fd;
}

Result<UniqueFd> make_dir_in_root(BorrowedFd root, std::string_view path, mode_t mode,
                                  Known known) {
  if (known == Known::nothing) {
    const std::string text(path);
    auto fd = resolve(root, text.c_str(), O_PATH | O_DIRECTORY, Links::follow);
    if (fd || fd.error().err() != ENOENT) {
      return fd;
    }
  }
  return walk_with(
      root, path, {.flags = O_PATH | O_DIRECTORY, .missing = Missing::make_dirs, .dir_mode = mode});
}

Result<UniqueFd> create_file_in_root(BorrowedFd root, std::string_view path, mode_t mode,
                                     Known known) {
  if (known == Known::nothing) {
    const std::string text(path);
    auto fd = resolve(root, text.c_str(), O_PATH, Links::follow);
    if (fd || fd.error().err() != ENOENT) {
      return fd;
    }
  }
  return walk_with(root, path, {.missing = Missing::make_file, .file_mode = mode});
}

Result<ParentInRoot> open_parent_in_root(BorrowedFd root, std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) {
    path.remove_suffix(1);
  }
  const std::size_t slash = path.find_last_of('/');
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  if (name.empty() || name == "." || name == "..") {
    return fail(Error::system(EINVAL, cat("open in root '", path, "'")));
  }
  std::string_view dir = slash == std::string_view::npos ? "/" : path.substr(0, slash);
  if (dir.empty()) {
    dir = "/";
  }
  return ParentInRoot{.dir = TRY(make_dir_in_root(root, dir)), .name = std::string(name)};
}

namespace in_root_internal {

Result<UniqueFd> walk(BorrowedFd root, std::string_view path, int flags, Links links) {
  return walk_with(root, path, {.flags = flags, .links = links});
}

}  // namespace in_root_internal

}  // namespace plimsoll::sys
