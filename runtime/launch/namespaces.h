// Opening the namespaces that are joined by path, and making the container's process inside them.
// Runs in the driver. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"
#include "runtime/cgroup/cgroup.h"
#include "runtime/plan/plan.h"
#include "runtime/sys/process.h"

namespace plimsoll::launch {

// The files of Namespaces::join, in its order, each checked to be a namespace of its kind.
Result<std::vector<UniqueFd>> open_joined_namespaces(const plan::Namespaces& namespaces);

// True when init itself cannot do the joining: a pid or time namespace counts for children only, a
// joined user namespace must own the new namespaces, and one that is joined from inside a new user
// namespace would be out of reach.
bool needs_intermediate(const plan::Namespaces& namespaces);

struct SpawnRequest {
  std::uint64_t create = 0;  // CLONE_NEW* of the new namespaces
  const std::vector<UniqueFd>* join =
      nullptr;  // entered by an intermediate process first, in order
  const std::vector<int>* join_flags = nullptr;  // CLONE_NEW* of each; a mask for a pidfd
  int cgroup_dir = -1;                           // v2 folder for CLONE_INTO_CGROUP
  bool share_memory = true;  // false: see docs/decisions/0003-shared-memory-child.md, rule 6
  int (*entry)(void*) = nullptr;
  void* argument = nullptr;
  bool* held = nullptr;  // set before a child is made that is moved into its cgroup afterwards
};
// A child of this process, on `stack`. With `join`, an intermediate process enters those
// namespaces, makes the child as this process's own (CLONE_PARENT) and ends.
Result<sys::Process> spawn(const SpawnRequest& request, const sys::ChildStack& stack);

// As spawn, into the v2 cgroup of `cgroup`: from birth where the kernel and the caller's rights
// allow CLONE_INTO_CGROUP, else by moving the child at once.
Result<sys::Process> spawn_in_cgroup(SpawnRequest request, const sys::ChildStack& stack,
                                     cgroup::Cgroup& cgroup);

}  // namespace plimsoll::launch
