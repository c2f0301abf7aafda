// The folder of one session.
// SPDX-License-Identifier: Apache-2.0
#include "bench/measure/workspace.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <system_error>

namespace plimsoll::bench {

Workspace::Workspace(CgroupView view) {
  const bool root = geteuid() == 0;
  if (!root && view != CgroupView::host) {
    throw std::runtime_error("another view of the cgroups needs root");
  }
  const char* runtime_dir = getenv("XDG_RUNTIME_DIR");
  const char* base = root ? "/tmp" : runtime_dir != nullptr ? runtime_dir : "/tmp";
  path_ = std::string(base) + "/plimsoll-bench.XXXXXX";
  if (mkdtemp(path_.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), "mkdtemp '" + path_ + "'");
  }
  if (!root) {
    return;
  }
  try {
    enter_private_mounts(view);
    // 0755: the root of a user namespace walks through it to its root file system.
    if (mount("tmpfs", path_.c_str(), "tmpfs", 0, "mode=755") != 0) {
      throw std::system_error(errno, std::generic_category(), "mount a tmpfs on '" + path_ + "'");
    }
    mounted_ = true;
  } catch (...) {
    rmdir(path_.c_str());
    throw;
  }
}

Workspace::~Workspace() {
  if (mounted_) {
    umount2(path_.c_str(), MNT_DETACH);
    rmdir(path_.c_str());
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
