// SPDX-License-Identifier: Apache-2.0
#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/linux/process_setup.h"

namespace plimsoll::linux {

Result<> set_oom_score_adj(int value, std::vector<std::string>& warnings) {
  const Procfs proc = TRY(Procfs::open_subset());
  const Result<> written = proc.write("self/oom_score_adj", cat(value));
  if (written) {
    return {};
  }
  // Below the lowest value that a privileged process gave, only CAP_SYS_RESOURCE may go (man 5
  // proc). A higher chance to be killed harms nobody but the container.
  if (written.error().err() == EACCES || written.error().err() == EPERM) {
    warnings.push_back(cat("ignoring oomScoreAdj ", value, ": ", written.error().message()));
    return {};
  }
  return written;
}

}  // namespace plimsoll::linux
