// The folder of one process in the host's /proc, checked to be procfs.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/types.h>

#include <string>

#include "runtime/base/result.h"
#include "runtime/base/text.h"
#include "runtime/base/unique_fd.h"
#include "runtime/sys/file.h"

namespace plimsoll::linux {

// `pid` 0 is the caller. What is written below the fd reaches this process or nobody, even when the
// number is used again.
inline Result<UniqueFd> open_proc_folder(pid_t pid) {
  const std::string path = pid == 0 ? std::string("/proc/self") : cat("/proc/", pid);
  // /proc/self is a link of procfs itself; the check below holds for where it led.
  UniqueFd folder = TRY(sys::open_at(sys::cwd(), path.c_str(), O_PATH | O_DIRECTORY));
  if (TRY(sys::filesystem_type(folder)) != PROC_SUPER_MAGIC) {
    return fail(Error::invalid(cat("'", path, "' is not on procfs")));
  }
  return folder;
}

}  // namespace plimsoll::linux
