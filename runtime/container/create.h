// create and run have their first half in common: everything up to a container that waits to be
// started. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "runtime/base/result.h"
#include "runtime/container/verbs.h"
#include "runtime/launch/parent.h"
#include "runtime/plan/plan.h"

namespace plimsoll::container {

// All that init reads after the clone, and goes on reading when this process has ended: made with
// new, never freed once init exists.
struct Made {
  std::string config;  // the bytes that the plan was made from
  plan::Plan plan;
  UniqueFd root;
  state::ContainerDir dir;
  state::Record record;
  cgroup::Cgroup cgroup;
  launch::Creation creation;

  Made(UniqueFd root_fd, state::ContainerDir container_dir, cgroup::Cgroup located)
      : root(std::move(root_fd)), dir(std::move(container_dir)), cgroup(std::move(located)) {}
};

// The first part of it: the plan, the state folder with its intent, and all that Creation wants to
// know. Nothing runs yet. On failure everything is undone.
Result<Made*> prepare_container(const Globals& globals, const CreateOptions& options,
                                bool start_follows);

// The container in status "created"; on failure everything is undone, poststop hooks included.
Result<Made*> make_container(const Globals& globals, const CreateOptions& options,
                             bool start_follows);

// Undoes a container that could not be completed: poststop hooks run last, as after delete.
void unmake_container(Made& made);

// The end of a foreground command: waits, deletes unless asked to keep, and returns the status.
Result<int> wait_and_remove(const Globals& globals, const CreateOptions& options, Made& made);

}  // namespace plimsoll::container
