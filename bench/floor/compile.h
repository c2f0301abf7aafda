// Turns a bundle into floor scripts: the system calls that an operation cannot do without, in the
// order of a good runtime, with everything computed before. Not included: reading JSON, hooks,
// hardening against a hostile image, error paths. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "bench/measure/operation.h"
#include "bench/measure/subject.h"

namespace plimsoll::bench {

// Whether there is a script for each of them: not for pause and list.
bool floor_can(std::span<const Operation> operations);
// Writes the scripts of all operations on the container `id` into the two bundles of `places`, as
// "ID.OPERATION.floor".
void compile_floor(const Places& places, const std::string& id);
// Takes away the cgroups that a floor which has failed left behind.
void clear_floor(const std::string& id);

}  // namespace plimsoll::bench
