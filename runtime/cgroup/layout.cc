// SPDX-License-Identifier: Apache-2.0
#include "runtime/cgroup/layout.h"

#include <algorithm>
#include <optional>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"

namespace plimsoll::cgroup {

namespace {

bool contains_word(std::string_view list, std::string_view word) {
  const auto words = split(list, ',');
  return std::ranges::find(words, word) != words.end();
}

// mountinfo writes space, tab, newline and backslash as octal ("\040").
std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    int value = 0;
    std::size_t digits = 0;
    while (text[i] == '\\' && digits < 3 && i + digits + 1 < text.size() &&
           text[i + digits + 1] >= '0' && text[i + digits + 1] <= '7') {
      value = value * 8 + (text[i + ++digits] - '0');
    }
    out += digits == 3 ? static_cast<char>(value) : text[i];
    i += digits == 3 ? 3 : 0;
  }
  return out;
}

std::optional<CgroupMount> parse_mount_line(std::string_view line) {
  // "30 22 0:27 /root /point rw shared:1 - type source options"
  const std::size_t separator = line.find(" - ");
  if (separator == std::string_view::npos) {
    return std::nullopt;
  }
  const auto before = split(line.substr(0, separator), ' ');
  const auto after = split(line.substr(separator + 3), ' ');
  if (before.size() < 6 || after.size() < 3 || (after[0] != "cgroup" && after[0] != "cgroup2")) {
    return std::nullopt;
  }
  return CgroupMount{.options = std::string(after[2]),
                     .point = unescape(before[4]),
                     .root = unescape(before[3]),
                     .v2 = after[0] == "cgroup2"};
}

// "/a" and "b" are "/a/b"; a root adds nothing.
std::string join(std::string_view folder, std::string_view rest) {
  std::string out(folder == "/" ? "" : folder);
  if (!rest.starts_with('/') && !rest.empty()) {
    out += '/';
  }
  out += rest == "/" ? "" : rest;
  return out;
}

// Finds one hierarchy after the other, and reads mountinfo at most once.
class Finder {
 public:
  explicit Finder(const Layout& layout) : layout_(layout) {}

  Result<> list(BorrowedFd root) {
    if (layout_.mode != plan::CgroupMode::v2) {
      for (sys::DirEntry& entry : TRY(sys::list_dir(root))) {
        names_.push_back(std::move(entry.name));
      }
    }
    return {};
  }

  // nullopt: not mounted here.
  Result<std::optional<Hierarchy>> find(const OwnCgroup& own, const plan::Cgroup& plan) {
    std::string mount = usual_mount(own);
    std::string folder;  // below the mount point: what the container's path is relative to
    const bool relative = !plan.path.starts_with('/');
    if (relative && !mount.empty()) {
      folder = own_folder(own);
      // A mount that does not show our own cgroup shows only a part of the hierarchy.
      if (!folder.empty() && !exists(join(mount, folder))) {
        mount.clear();
      }
    }
    if (mount.empty()) {
      const auto found = TRY(find_mount(own));
      if (!found) {
        return std::optional<Hierarchy>();
      }
      mount = found->point;
      folder = relative ? below(own_folder(own), found->root) : "";
    }
    const std::string path = clean_path(join(join(mount, folder), plan.path));
    return std::optional<Hierarchy>({.controllers = own.controllers, .mount = mount, .path = path});
  }

 private:
  std::string usual_mount(const OwnCgroup& own) const {
    if (own.controllers.empty()) {
      return layout_.mode == plan::CgroupMode::v2 ? layout_.root : cat(layout_.root, "/unified");
    }
    std::string_view name = own.controllers;
    if (name.starts_with("name=")) {
      name.remove_prefix(5);
    }
    return std::ranges::find(names_, name) != names_.end() ? cat(layout_.root, "/", name)
                                                           : std::string();
  }

  // The caller's own cgroup; on v2 its parent, because a cgroup with processes of its own cannot
  // give controllers to its children.
  std::string own_folder(const OwnCgroup& own) const {
    // A path with ".." is outside of our cgroup namespace: out of reach.
    if (own.path.starts_with("/..")) {
      return {};
    }
    std::string path = own.path == "/" ? "" : own.path;
    if (layout_.mode == plan::CgroupMode::v2 && !path.empty()) {
      path.erase(path.rfind('/'));
    }
    return path;
  }

  static std::string below(std::string_view path, std::string_view mounted) {
    if (mounted == "/") {
      return std::string(path);
    }
    if (path == mounted) {
      return {};
    }
    if (path.starts_with(mounted) && path[mounted.size()] == '/') {
      return std::string(path.substr(mounted.size()));
    }
    return {};
  }

  static bool exists(const std::string& path) {
    return sys::stat_at(sys::cwd(), path.c_str(), AT_SYMLINK_NOFOLLOW).has_value();
  }

  Result<std::optional<CgroupMount>> find_mount(const OwnCgroup& own) {
    if (!mounts_) {
      mounts_ = parse_cgroup_mounts(TRY(layout_.mountinfo()));
    }
    for (const CgroupMount& mount : *mounts_) {
      const bool fits =
          own.controllers.empty()
              ? mount.v2
              : !mount.v2 && std::ranges::all_of(split(own.controllers, ','), [&](auto controller) {
                  return contains_word(mount.options, controller);
                });
      if (fits) {
        return std::optional<CgroupMount>(mount);
      }
    }
    return std::optional<CgroupMount>();
  }

  const Layout& layout_;
  std::vector<std::string> names_;
  std::optional<std::vector<CgroupMount>> mounts_;
};

}  // namespace

bool Hierarchy::has(std::string_view controller) const {
  return contains_word(controllers, controller);
}

std::vector<OwnCgroup> parse_proc_cgroup(std::string_view text) {
  std::vector<OwnCgroup> out;
  for (const std::string_view line : split(text, '\n')) {
    // "4:memory:/path"; the path may hold colons.
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos || !line.substr(second + 1).starts_with('/')) {
      continue;
    }
    out.push_back({.controllers = std::string(line.substr(first + 1, second - first - 1)),
                   .path = std::string(line.substr(second + 1))});
  }
  return out;
}

std::vector<CgroupMount> parse_cgroup_mounts(std::string_view mountinfo) {
  std::vector<CgroupMount> out;
  for (const std::string_view line : split(mountinfo, '\n')) {
    if (auto mount = parse_mount_line(line)) {
      out.push_back(std::move(*mount));
    }
  }
  return out;
}

Result<std::vector<Hierarchy>> find_hierarchies(const Layout& layout, BorrowedFd root,
                                                const plan::Cgroup& plan) {
  if (plan.path.contains('\0') || plan.path.contains('\n')) {
    return fail(Error::invalid("cgroupsPath has a character that no cgroup's name may have"));
  }
  plan::Cgroup cleaned;
  cleaned.path = clean_path(plan.path);
  if (cleaned.path.empty() || cleaned.path == "/" || cleaned.path == ".") {
    return fail(Error::invalid(
        cat("cgroupsPath '", plan.path, "' is not a cgroup of the container's own")));
  }
  Finder finder(layout);
  TRY(finder.list(root));
  std::vector<Hierarchy> out;
  for (const OwnCgroup& own : parse_proc_cgroup(layout.proc_cgroup)) {
    const bool wanted = own.controllers.empty() ? layout.mode != plan::CgroupMode::v1
                                                : layout.mode != plan::CgroupMode::v2;
    if (!wanted) {
      continue;
    }
    if (auto hierarchy = TRY(finder.find(own, cleaned))) {
      out.push_back(std::move(*hierarchy));
    }
  }
  return out;
}

}  // namespace plimsoll::cgroup
