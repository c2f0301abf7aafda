// Finding a container that exists, and what state it is in: the first half of every verb but
// create. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "runtime/base/result.h"
#include "runtime/cgroup/cgroup.h"
#include "runtime/container/verbs.h"
#include "runtime/state/state.h"

namespace plimsoll::container {

// "container does not exist" also where there is no state root.
Result<state::ContainerDir> open_container(const Globals& globals, const std::string& id,
                                           state::ContainerDir::Lock lock);

// The record of a container that create has completed. Until then: "container not running".
Result<state::Record> load_completed(const state::ContainerDir& dir);

// runtime.md#state; "paused" is any container with a live init in a frozen cgroup.
state::Status status_of(const state::ContainerDir& dir, const state::Record& record);

// The whole view, also of a container that is being created or whose creation was cut short.
Result<state::View> look_up(const state::ContainerDir& dir);

// The cgroups of the record. Fails only when they cannot be reached at all.
Result<cgroup::Cgroup> cgroup_of(const state::Record& record);

}  // namespace plimsoll::container
