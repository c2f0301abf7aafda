// The folder of one session: bundles, state roots and streams. For root a tmpfs in the private
// mount namespace, so that no disk is measured; it ends with the process. SPDX-License-Identifier:
// Apache-2.0
#pragma once

#include <string>

#include "bench/measure/cgroup_view.h"

namespace plimsoll::bench {

class Workspace {
 public:
  // Enters the private mount namespace when this process is root's; others see the host's view
  // only.
  explicit Workspace(CgroupView view);
  ~Workspace();
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;
  const std::string& path() const { return path_; }
  // Makes a folder below the workspace and gives its path.
  std::string folder(const std::string& name) const;

 private:
  std::string path_;
};

}  // namespace plimsoll::bench
