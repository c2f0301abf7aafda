// The clocks of a new time namespace (man 7 time_namespaces). Runs in init, or in the parent.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/base/text.h"
#include "runtime/linux/host.h"
#include "runtime/linux/proc_folder.h"
#include "runtime/sys/file.h"

namespace plimsoll::linux {

Result<> write_time_offsets(pid_t pid, const std::vector<plan::TimeOffset>& offsets) {
  if (offsets.empty()) {
    return {};
  }
  const UniqueFd folder = TRY(open_proc_folder(pid));
  // One write a clock, so that the error can name it: the kernel refuses all lines of a write
  // alike.
  for (const plan::TimeOffset& offset : offsets) {
    const std::string line = cat(offset.clock, ' ', offset.secs, ' ', offset.nanosecs, '\n');
    TRY_DOING(cat("time offset of clock '", offset.clock, "'"),
              sys::write_file_at(folder, "timens_offsets", line));
  }
  return {};
}

}  // namespace plimsoll::linux
