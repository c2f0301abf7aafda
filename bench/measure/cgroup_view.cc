// Views of the cgroup hierarchies.
// SPDX-License-Identifier: Apache-2.0
#include "bench/measure/cgroup_view.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include "bench/measure/files.h"

namespace plimsoll::bench {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRoot = "/sys/fs/cgroup";
constexpr const char* kUnified = "/sys/fs/cgroup/unified";
constexpr std::array<std::string_view, 3> kViewNames{"host", "v1", "v2"};
constexpr std::array<std::string_view, 4> kLayoutNames{"none", "v1", "v2", "hybrid"};

void check(int result, const char* doing) {
  if (result != 0) {
    throw std::system_error(errno, std::generic_category(), doing);
  }
}

bool is_cgroup2(const std::string& path) {
  struct statfs info{};
  return statfs(path.c_str(), &info) == 0 && info.f_type == CGROUP2_SUPER_MAGIC;
}

// A v1 hierarchy, not a plain folder that somebody has made beside them.
bool is_hierarchy(const std::string& path) {
  struct statfs info{};
  return statfs(path.c_str(), &info) == 0 && info.f_type == CGROUP_SUPER_MAGIC;
}

// The hierarchies of a v1 or hybrid host on a tmpfs of our own: crun makes plain folders in the one
// that holds them, and that one is shared with the host, whatever namespace it is seen from.
void copy_hierarchies(bool with_unified) {
  std::vector<std::pair<std::string, int>> trees;
  std::vector<std::pair<fs::path, fs::path>> links;
  for (const auto& entry : fs::directory_iterator(kRoot)) {
    const std::string path = entry.path();
    if (entry.is_symlink()) {
      links.emplace_back(entry.path().filename(), fs::read_symlink(entry.path()));
    } else if (is_hierarchy(path) || (with_unified && path == kUnified && is_cgroup2(path))) {
      const auto tree = static_cast<int>(
          syscall(SYS_open_tree, AT_FDCWD, path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
      check(tree < 0 ? -1 : 0, "open_tree a cgroup hierarchy");
      trees.emplace_back(path, tree);
    }
  }
  check(mount("tmpfs", kRoot, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=755"),
        "mount a tmpfs on /sys/fs/cgroup");
  for (const auto& [path, tree] : trees) {
    fs::create_directory(path);
    check(static_cast<int>(
              syscall(SYS_move_mount, tree, "", AT_FDCWD, path.c_str(), MOVE_MOUNT_F_EMPTY_PATH)),
          "move_mount a cgroup hierarchy");
    close(tree);
  }
  for (const auto& [name, target] : links) {
    fs::create_symlink(target, fs::path(kRoot) / name);
  }
}

void show_v2() {
  if (is_cgroup2(kRoot)) {
    return;
  }
  check(umount2(kRoot, MNT_DETACH), "umount /sys/fs/cgroup");
  check(mount("none", kRoot, "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr),
        "mount cgroup2");
  // The host's controllers may be offered to containers, as systemd does at boot; each alone, since
  // one that is bound to a v1 hierarchy is absent here.
  std::istringstream names(read_file_if_any("/sys/fs/cgroup/cgroup.controllers"));
  for (std::string name; names >> name;) {
    try {
      write_file("/sys/fs/cgroup/cgroup.subtree_control", "+" + name);
    } catch (const std::system_error&) {
      continue;
    }
  }
}

void show(CgroupView view) {
  if (view == CgroupView::v2) {
    show_v2();
  } else if (is_cgroup2(kRoot)) {
    if (view == CgroupView::v1) {
      throw std::runtime_error("this host has only cgroup v2: --cgroup-view v1 is not possible");
    }
  } else {
    copy_hierarchies(view == CgroupView::host);
  }
}

}  // namespace

std::string_view cgroup_view_name(CgroupView view) {
  return kViewNames.at(static_cast<std::size_t>(view));
}

CgroupView cgroup_view_of(std::string_view name) {
  for (std::size_t i = 0; i < kViewNames.size(); ++i) {
    if (kViewNames.at(i) == name) {
      return static_cast<CgroupView>(i);
    }
  }
  throw std::runtime_error("no cgroup view '" + std::string(name) + "': host, v1 or v2");
}

void enter_private_mounts(CgroupView view) {
  check(unshare(CLONE_NEWNS), "unshare the mount namespace");
  check(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "make the mounts private");
  show(view);
}

std::string_view cgroup_layout_name(CgroupLayout layout) {
  return kLayoutNames.at(static_cast<std::size_t>(layout));
}

CgroupLayout cgroup_layout() {
  if (is_cgroup2(kRoot)) {
    return CgroupLayout::v2;
  }
  if (is_cgroup2(kUnified)) {
    return CgroupLayout::hybrid;
  }
  std::error_code ignored;
  const fs::directory_iterator folder(kRoot, ignored);
  return folder == fs::directory_iterator() ? CgroupLayout::none : CgroupLayout::v1;
}

std::vector<std::string> cgroup_hierarchies() {
  std::vector<std::string> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(kRoot, ignored)) {
    if (!entry.is_symlink() && is_hierarchy(entry.path())) {
      found.push_back(entry.path());
    }
  }
  std::ranges::sort(found);
  return found;
}

std::set<std::string> cgroup_controllers() {
  std::set<std::string> found;
  if (cgroup_layout() == CgroupLayout::v2) {
    std::istringstream names(read_file_if_any("/sys/fs/cgroup/cgroup.controllers"));
    for (std::string name; names >> name;) {
      found.insert(name == "io" ? "blkio" : name);
    }
    return found;
  }
  for (const std::string& hierarchy : cgroup_hierarchies()) {
    // Those that share a hierarchy are named together: "cpu,cpuacct".
    std::istringstream names(fs::path(hierarchy).filename());
    for (std::string name; std::getline(names, name, ',');) {
      found.insert(name);
    }
  }
  return found;
}

}  // namespace plimsoll::bench
