// The container's oom_score_adj, set by the driver on itself before the clone: the child inherits
// it. The child could not set its own: the file of a process that is not dumpable belongs to the
// host's root, and the kernel gives the value to every process that shares the memory anyway
// (fs/proc/base.c, __set_oom_adj). SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "runtime/base/result.h"
#include "runtime/plan/plan.h"

namespace plimsoll::launch {

class OomScore {
 public:
  // Does nothing when the process asks for no value. What is ignored is logged.
  Result<> lend(const plan::Process& process);
  // Gives this process its own value back: only after the child has executed its program, and with
  // it left this memory.
  void take_back();

 private:
  std::optional<int> own_;
};

}  // namespace plimsoll::launch
