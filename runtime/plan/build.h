// Spec + options + host facts -> Plan. Pure: no system call, no file. The last place that can say
// "unsupported". SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/plan/plan.h"

namespace plimsoll::plan {

Result<Plan> build(const spec::Spec& spec, const Options& options, const HostFacts& facts);

// The process half alone, as `exec` needs it: `process` is the document given to exec, or the
// config's own; seccomp, LSM and the namespaces' facts come from the container's config.
Result<Process> build_process(const spec::Process& process, const spec::Spec& container,
                              const Options& options, const HostFacts& facts);

// True when `process` in a container of `container`, or a hook that is executed inside of it, may
// have on the host a capability that acts on a whole file system through any file of it, however
// that is mounted: freezing it, shutting it down, opening others of its files by handle.
bool administers_filesystems(const spec::Process& process, const spec::Spec& container);

// The stable text of a Plan: one decision a line, in the order in which it is applied.
std::string dump(const Plan& plan);

}  // namespace plimsoll::plan
