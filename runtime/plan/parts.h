// The pieces of plan::build, one file each. Not for other modules.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/plan/plan.h"

namespace plimsoll::plan {

// config.md#platform-specific-configuration: the section may be left out. It lives as long as
// `spec`.
const spec::Linux& linux_of(const spec::Spec& spec);
Result<Namespaces> build_namespaces(const spec::Linux& config);

struct RootfsInput {
  const spec::Spec* spec = nullptr;
  const Options* options = nullptr;
  const HostFacts* facts = nullptr;
  const Namespaces* namespaces = nullptr;
};
Result<Rootfs> build_rootfs(const RootfsInput& input, std::vector<std::string>& warnings);
Result<Mount> build_mount(const spec::Mount& mount, const Options& options);

Result<Cgroup> build_cgroup(const spec::Spec& spec, const Options& options, const HostFacts& facts,
                            const Plan& plan, std::vector<std::string>& warnings);

// The host's number for an id of the container; nullopt when it is not mapped.
std::optional<std::uint32_t> host_id(const std::vector<IdMapping>& maps,
                                     std::uint32_t container_id);

}  // namespace plimsoll::plan
