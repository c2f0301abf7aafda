// Views of the cgroup hierarchies.
// SPDX-License-Identifier: Apache-2.0
#include "bench/measure/cgroup_view.h"

#include <errno.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include <array>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "bench/measure/files.h"

namespace plimsoll::bench {
namespace {

constexpr const char* kRoot = "/sys/fs/cgroup";
constexpr const char* kUnified = "/sys/fs/cgroup/unified";
constexpr std::array<std::string_view, 3> kViewNames{"host", "v1", "v2"};
constexpr std::array<std::string_view, 4> kLayoutNames{"none", "v1", "v2", "hybrid"};

void check(int result, const char* doing) {
  if (result != 0) {
    throw std::system_error(errno, std::generic_category(), doing);
  }
}

bool is_cgroup2(const char* path) {
  struct statfs info{};
  return statfs(path, &info) == 0 && info.f_type == CGROUP2_SUPER_MAGIC;
}

void show_v1() {
  if (is_cgroup2(kRoot)) {
    throw std::runtime_error("this host has only cgroup v2: --cgroup-view v1 is not possible");
  }
  if (is_cgroup2(kUnified)) {
    check(umount2(kUnified, MNT_DETACH), "umount the unified hierarchy");
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
  if (view == CgroupView::v1) {
    show_v1();
  } else if (view == CgroupView::v2) {
    show_v2();
  }
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
  const std::filesystem::directory_iterator folder(kRoot, ignored);
  return folder == std::filesystem::directory_iterator() ? CgroupLayout::none : CgroupLayout::v1;
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
  // Beside the controllers' folders stand links for those that share one ("cpu" -> "cpu,cpuacct").
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(kRoot, ignored)) {
    std::istringstream names(entry.path().filename());
    for (std::string name; std::getline(names, name, ',');) {
      found.insert(name);
    }
  }
  return found;
}

}  // namespace plimsoll::bench
