// The folder of one session.
// SPDX-License-Identifier: Apache-2.0
#include "bench/measure/workspace.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <system_error>

namespace plimsoll::bench {
namespace {

// One for all sessions of root: each sees its own tmpfs on it. It stays, empty: to remove a mount
// point takes the mount from everybody.
constexpr const char* kMountPoint = "/run/plimsoll-bench";

}  // namespace

Workspace::Workspace(CgroupView view) {
  if (geteuid() == 0) {
    path_ = kMountPoint;
    if (mkdir(kMountPoint, 0755) != 0 && errno != EEXIST) {
      throw std::system_error(errno, std::generic_category(), "mkdir '" + path_ + "'");
    }
    enter_private_mounts(view);
    if (mount("tmpfs", kMountPoint, "tmpfs", 0, "mode=755") != 0) {
      throw std::system_error(errno, std::generic_category(), "mount a tmpfs on '" + path_ + "'");
    }
    return;
  }
  if (view != CgroupView::host) {
    throw std::runtime_error("another view of the cgroups needs root");
  }
  const char* runtime_dir = getenv("XDG_RUNTIME_DIR");
  path_ = std::string(runtime_dir != nullptr ? runtime_dir : "/tmp") + "/plimsoll-bench.XXXXXX";
  if (mkdtemp(path_.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), "mkdtemp '" + path_ + "'");
  }
}

Workspace::~Workspace() {
  if (path_ == kMountPoint) {
    umount2(kMountPoint, MNT_DETACH);
    return;
  }
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string Workspace::folder(const std::string& name) const {
  const std::string full = path_ + "/" + name;
  std::filesystem::create_directories(full);
  return full;
}

}  // namespace plimsoll::bench
