// The processes of a cgroup and of those below it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/cgroup/tree.h"

namespace plimsoll::cgroup {

// A folder that is gone has no processes. Processes of other pid namespaces (number 0) are left
// out.
Result<std::vector<pid_t>> processes_below(const Tree& tree, const std::string& path);

// rmdir of a folder and of those below it, children first. EBUSY when one still has processes; gone
// already is success.
Result<> remove_below(const Tree& tree, const std::string& path);

}  // namespace plimsoll::cgroup
