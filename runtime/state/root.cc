// The state root and the ids below it.
// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "runtime/base/text.h"
#include "runtime/state/state.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"

namespace plimsoll::state {

namespace {

constexpr std::size_t kMaxId = 255;  // NAME_MAX

bool is_id_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '+' || c == '-' || c == '.';
}

// basedir-spec: a file in $XDG_RUNTIME_DIR that is not used for 6 hours may be removed, but not one
// with the sticky bit.
bool below_runtime_dir(std::string_view path) {
  const char* variable =
      std::getenv("XDG_RUNTIME_DIR");  // NOLINT(concurrency-mt-unsafe): no threads
  if (variable == nullptr || *variable != '/') {
    return false;
  }
  const std::string dir = clean_path(variable) + "/";
  return dir != "//" && clean_path(path).starts_with(dir);
}

Result<UniqueFd> make_root(const std::string& path) {
  TRY_DOING(cat("state root '", path, "'"), sys::mkdir_all_at(sys::cwd(), path, 0700));
  UniqueFd root =
      TRY_DOING("state root", sys::open_at(sys::cwd(), path.c_str(), O_RDONLY | O_DIRECTORY));
  if (below_runtime_dir(path)) {
    TRY_DOING(cat("state root '", path, "'"), sys::chmod_fd(root, S_ISVTX | 0700));
  }
  return root;
}

Result<UniqueFd> open_or_make_root(const std::string& path, bool create) {
  auto root = sys::open_at(sys::cwd(), path.c_str(), O_RDONLY | O_DIRECTORY);
  if (root) {
    return root;
  }
  if (root.error().err() != ENOENT) {
    return fail(std::move(root).error().wrap("state root"));
  }
  if (!create) {
    return fail(Error::not_found(cat("state root '", path, "' does not exist")));
  }
  return make_root(path);
}

}  // namespace

Result<> check_id(std::string_view id) {
  const bool valid = !id.empty() && id.size() <= kMaxId && id != "." && id != ".." &&
                     std::all_of(id.begin(), id.end(), is_id_character);
  if (!valid) {
    return fail(Error::invalid("invalid container ID format"));
  }
  return {};
}

Result<UniqueFd> open_root(const std::string& path, bool create) {
  if (path.empty() || clean_path(path) == "/") {
    return fail(Error::invalid(cat("state root '", path, "': must be a folder of its own")));
  }
  UniqueFd root = TRY(open_or_make_root(path, create));
  const struct stat status = TRY_DOING("state root", sys::stat_fd(root));
  if (status.st_uid != 0 && status.st_uid != sys::effective_user_id()) {
    return fail(Error::invalid(
        cat("state root '", path, "' is owned by uid ", status.st_uid, ": refusing to use it")));
  }
  if ((status.st_mode & S_IWOTH) != 0) {
    return fail(Error::invalid(
        cat("state root '", path, "' can be written by everybody: refusing to use it")));
  }
  return root;
}

Result<std::vector<std::string>> list_ids(BorrowedFd root) {
  std::vector<std::string> ids;
  for (sys::DirEntry& entry : TRY_DOING("state root", sys::list_dir(root))) {
    const bool folder = entry.type == DT_DIR || entry.type == DT_UNKNOWN;
    if (folder && check_id(entry.name)) {
      ids.push_back(std::move(entry.name));
    }
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace plimsoll::state
