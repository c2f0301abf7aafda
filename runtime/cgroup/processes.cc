// SPDX-License-Identifier: Apache-2.0
#include "runtime/cgroup/processes.h"

#include <cerrno>

#include "runtime/base/text.h"

namespace plimsoll::cgroup {

namespace {

// A container with a writable cgroup mount decides how deep its tree is.
constexpr std::size_t kMaxFolders = 100000;
constexpr std::size_t kProcsLimit = 64 << 20;

bool is_gone(const Error& error) { return error.err() == ENOENT || error.err() == ENODEV; }

void append_pids(std::string_view text, std::vector<pid_t>& out) {
  for (const std::string_view line : split(text, '\n')) {
    const auto pid = parse_unsigned(line);
    if (pid && *pid > 0 && *pid <= 0x7fffffff) {
      out.push_back(static_cast<pid_t>(*pid));
    }
  }
}

// `path` and the folders below it, parents first. A list and not a recursion: the depth is the
// container's choice.
Result<std::vector<std::string>> folders_of(const Tree& tree, const std::string& path) {
  std::vector<std::string> folders = {path};
  for (std::size_t i = 0; i < folders.size(); ++i) {
    const auto names = tree.folders(folders[i]);
    if (!names) {
      if (is_gone(names.error())) {
        continue;
      }
      return fail(names.error());
    }
    if (folders.size() + names->size() > kMaxFolders) {
      return fail(Error::system(E2BIG, cat("cgroups below '", path, "'")));
    }
    for (const std::string& name : *names) {
      folders.push_back(cat(folders[i], "/", name));
    }
  }
  return folders;
}

}  // namespace

Result<std::vector<pid_t>> processes_below(const Tree& tree, const std::string& path) {
  std::vector<pid_t> pids;
  for (const std::string& folder : TRY(folders_of(tree, path))) {
    const auto text = tree.read(cat(folder, "/cgroup.procs"), kProcsLimit);
    if (text) {
      append_pids(*text, pids);
    } else if (!is_gone(text.error()) && text.error().err() != EOPNOTSUPP) {
      // EOPNOTSUPP: a threaded cgroup; its processes are listed at the domain above it.
      return fail(text.error());
    }
  }
  return pids;
}

Result<> remove_below(const Tree& tree, const std::string& path) {
  auto removed = tree.remove_dir(path);
  if (removed || is_gone(removed.error())) {
    return {};
  }
  if (removed.error().err() != EBUSY && removed.error().err() != ENOTEMPTY) {
    return removed;
  }
  const std::vector<std::string> folders = TRY(folders_of(tree, path));
  for (std::size_t i = folders.size(); i > 0; --i) {
    removed = tree.remove_dir(folders[i - 1]);
    if (!removed && !is_gone(removed.error())) {
      return removed;
    }
  }
  return {};
}

}  // namespace plimsoll::cgroup
