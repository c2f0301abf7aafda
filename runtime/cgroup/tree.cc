// SPDX-License-Identifier: Apache-2.0
#include "runtime/cgroup/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>

#include <array>
#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"

namespace plimsoll::cgroup {

namespace {

// Errors of the calls below name only the part from the open folder on.
template <typename T>
Result<T> naming(Result<T> result, std::string_view call, std::string_view path) {
  if (!result && result.error().err() != 0) {
    return fail(Error::system(result.error().err(), cat(call, " '", path, "'")));
  }
  return result;
}

Result<UniqueFd> open_beneath(BorrowedFd dir, const char* path, int flags) {
  const std::uint64_t resolve =
      RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | (dir.get() == AT_FDCWD ? 0 : RESOLVE_BENEATH);
  auto fd = sys::open_at2(dir, path, static_cast<std::uint64_t>(flags), 0, resolve);
  // Kernels before 5.6, and seccomp filters older than openat2. The names are clean, and a cgroup
  // file system has no symbolic links.
  if (!fd && (fd.error().err() == ENOSYS || fd.error().err() == EPERM)) {
    return sys::open_at(dir, path, flags | O_NOFOLLOW);
  }
  return fd;
}

}  // namespace

Result<Tree> Tree::open(std::string root) {
  Tree tree;
  tree.fd_ = TRY(sys::open_at(sys::cwd(), root.c_str(), O_RDONLY | O_DIRECTORY));
  tree.root_ = std::move(root);
  return tree;
}

std::pair<int, const char*> Tree::place(const std::string& path) const {
  if (path == root_) {
    return {fd_.get(), "."};
  }
  if (path.starts_with(root_) && path[root_.size()] == '/') {
    return {fd_.get(), path.c_str() + root_.size() + 1};
  }
  return {AT_FDCWD, path.c_str()};
}

Result<UniqueFd> Tree::open_file(const std::string& path, int flags) const {
  const auto [dir, name] = place(path);
  return naming(open_beneath(BorrowedFd::of(dir), name, flags | O_NOCTTY), "open", path);
}

Result<UniqueFd> Tree::open_dir(const std::string& path) const {
  return open_file(path, O_RDONLY | O_DIRECTORY);
}

Result<std::string> Tree::read(const std::string& path, std::size_t limit) const {
  const UniqueFd fd = TRY(open_file(path, O_RDONLY | O_NONBLOCK));
  return naming(sys::read_to_end(fd, limit), "read", path);
}

Result<std::string> Tree::read_small(const std::string& path) const {
  const UniqueFd fd = TRY(open_file(path, O_RDONLY | O_NONBLOCK));
  std::array<char, 4096> buffer;
  const std::size_t count =
      TRY(naming(sys::read_some(fd, buffer.data(), buffer.size()), "read", path));
  if (count == buffer.size()) {
    return fail(Error::system(EFBIG, cat("read '", path, "'")));
  }
  return std::string(trim(std::string_view(buffer.data(), count)));
}

std::string Tree::read_word(const std::string& path) const {
  return read_small(path).value_or(std::string());
}

Result<> Tree::write(const std::string& path, std::string_view value) const {
  const UniqueFd fd = TRY(open_file(path, O_WRONLY | O_NONBLOCK));
  const std::size_t count =
      TRY(naming(sys::write_some(fd, value.data(), value.size()), "write", path));
  if (count != value.size()) {
    return fail(Error::system(EIO, cat("write '", path, "'")));
  }
  return {};
}

Result<> Tree::make_dir(const std::string& path) const {
  const auto [dir, name] = place(path);
  return naming(sys::mkdir_at(BorrowedFd::of(dir), name, 0755), "mkdir", path);
}

Result<> Tree::remove_dir(const std::string& path) const {
  const auto [dir, name] = place(path);
  return naming(sys::unlink_at(BorrowedFd::of(dir), name, AT_REMOVEDIR), "rmdir", path);
}

Result<> Tree::change_owner(const std::string& path, uid_t uid) const {
  const auto [dir, name] = place(path);
  return naming(
      sys::chown_at(BorrowedFd::of(dir), name, uid, static_cast<gid_t>(-1), AT_SYMLINK_NOFOLLOW),
      "chown", path);
}

Result<std::vector<std::string>> Tree::names(const std::string& path, bool folders) const {
  const UniqueFd dir = TRY(open_dir(path));
  std::vector<std::string> names;
  for (sys::DirEntry& entry : TRY(naming(sys::list_dir(dir), "getdents64", path))) {
    if ((entry.type == DT_DIR) == folders) {
      names.push_back(std::move(entry.name));
    }
  }
  return names;
}

Result<std::vector<std::string>> Tree::folders(const std::string& path) const {
  return names(path, true);
}

Result<std::vector<std::string>> Tree::files(const std::string& path) const {
  return names(path, false);
}

std::string_view parent_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

FolderMaker::~FolderMaker() { undo(made_.size()); }

Result<std::vector<std::string>> FolderMaker::make(const std::string& mount,
                                                   const std::string& path) {
  // The parents are there as a rule: from the bottom up to the first that can be made.
  std::vector<std::string> missing;
  std::vector<std::string> made;
  std::string current = path;
  for (;;) {
    const auto result = tree_.make_dir(current);
    if (result) {
      made_.push_back(current);
      made.push_back(current);
    } else if (result.error().err() == ENOENT && parent_of(current).size() > mount.size()) {
      missing.push_back(current);
      current = parent_of(current);
      continue;
    } else if (result.error().err() != EEXIST) {
      return fail(result.error());
    }
    if (missing.empty()) {
      return made;
    }
    current = std::move(missing.back());
    missing.pop_back();
  }
}

void FolderMaker::undo(std::size_t count) {
  for (; count > 0 && !made_.empty(); --count) {
    (void)tree_.remove_dir(made_.back());
    made_.pop_back();
  }
}

}  // namespace plimsoll::cgroup
