// The parts of a floor script: each adds the steps of one subject to the script.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bench/bundle/bundle.h"
#include "bench/floor/script_builder.h"

namespace plimsoll::bench {

// What a script is made for.
struct FloorScene {
  const Json& config;
  std::string bundle;  // its folder
  std::string id;
  bool user_namespace() const { return has_namespace("user"); }
  bool has_namespace(std::string_view type) const;
};

// -- cgroups (the parent, before the clone) --

// The container's cgroup folders: one for each v1 hierarchy that has controllers, or the v2 one.
std::vector<std::string> floor_cgroups(const FloorScene& scene);
struct JoinedCgroups {
  std::vector<Saved> tasks;  // v1: the child writes "0" to each
  Saved folder;              // v2: for CLONE_INTO_CGROUP
};
JoinedCgroups make_cgroups(ScriptBuilder& script, const FloorScene& scene);
// For `exec`, which finds them there.
JoinedCgroups open_cgroups(ScriptBuilder& script, const FloorScene& scene);
void join_cgroups(ScriptBuilder& script, const JoinedCgroups& cgroups);

// -- the child --

// From the first mount to the last: the caller's root is the container's afterwards.
void build_root(ScriptBuilder& script, const FloorScene& scene);
// Host name, loopback, sysctl, limits, ids, capabilities, seccomp: everything between the mounts
// and exec. `for_init`: also what belongs to the namespaces and not to one process.
void set_process(ScriptBuilder& script, const FloorScene& scene, bool for_init);
void execute(ScriptBuilder& script, const FloorScene& scene);

unsigned long namespace_flags(const FloorScene& scene);

}  // namespace plimsoll::bench
