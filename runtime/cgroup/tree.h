// Files and folders of the cgroup file systems by absolute path, each reached from one open folder
// so that no name can lead out of it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"

namespace plimsoll::cgroup {

class Tree {
 public:
  Tree() = default;
  // `root` is usually /sys/fs/cgroup. Paths outside of it (hierarchies mounted elsewhere) are
  // reached without following any symbolic link.
  static Result<Tree> open(std::string root);

  BorrowedFd root() const { return fd_; }
  // Errors name the call and the whole path.
  Result<UniqueFd> open_file(const std::string& path, int flags) const;
  Result<UniqueFd> open_dir(const std::string& path) const;
  // At most 1 MiB unless `limit` says otherwise.
  Result<std::string> read(const std::string& path, std::size_t limit = 1 << 20) const;
  // A file of less than 4 KiB by one read(2), trimmed.
  Result<std::string> read_small(const std::string& path) const;
  // read_small(); "" for a file that cannot be read.
  std::string read_word(const std::string& path) const;
  Result<> write(const std::string& path, std::string_view value) const;
  Result<> make_dir(const std::string& path) const;
  Result<> remove_dir(const std::string& path) const;
  Result<> change_owner(const std::string& path, uid_t uid) const;
  // The names of the folders, and of everything else, in a folder.
  Result<std::vector<std::string>> folders(const std::string& path) const;
  Result<std::vector<std::string>> files(const std::string& path) const;

 private:
  Result<std::vector<std::string>> names(const std::string& path, bool folders) const;
  // The fd and the path from there.
  std::pair<int, const char*> place(const std::string& path) const;

  std::string root_;
  UniqueFd fd_;
};

// Makes folders, and removes what it made unless keep() is called.
class FolderMaker {
 public:
  explicit FolderMaker(const Tree& tree) : tree_(tree) {}
  FolderMaker(const FolderMaker&) = delete;
  FolderMaker& operator=(const FolderMaker&) = delete;
  ~FolderMaker();

  // mkdir -p of `path` below `mount`, which exists. Returns the folders it made, parents first;
  // none when `path` was there.
  Result<std::vector<std::string>> make(const std::string& mount, const std::string& path);
  // Removes the newest `count` folders again.
  void undo(std::size_t count);
  std::size_t count() const { return made_.size(); }
  void keep() { made_.clear(); }

 private:
  const Tree& tree_;
  std::vector<std::string> made_;
};

std::string_view parent_of(std::string_view path);

}  // namespace plimsoll::cgroup
