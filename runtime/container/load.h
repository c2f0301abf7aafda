// Reading what the verbs start from: the bundle's config, or the one that was saved with the
// container. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"
#include "runtime/container/verbs.h"
#include "runtime/linux/seccomp.h"
#include "runtime/plan/build.h"
#include "runtime/state/state.h"
#include "validator/spec/parse.h"
#include "validator/spec/spec.h"

namespace plimsoll::container {

// The size limit of every JSON document that a caller hands over: 16 MiB.
inline constexpr std::size_t kMaxDocument = std::size_t{16} * 1024 * 1024;

Result<spec::Spec> parse_config(std::string_view bytes, std::string_view name,
                                spec::Extent* seccomp = nullptr);
// Applies the rules; findings below MUST become warnings of the log.
Result<> check_config(const spec::Spec& config);

// A bundle's config, as create reads it.
struct BundleConfig {
  spec::Spec spec;
  spec::Extent seccomp;  // where linux.seccomp is in the bytes
  // The program for the profile there, which `spec` then lacks: an earlier create has accepted it.
  std::optional<linux::SeccompProgram> program;
};
Result<BundleConfig> parse_bundle_config(std::string_view bytes);
// The same, with what is known in the state root `root`. Not for showing what was read.
Result<BundleConfig> parse_bundle_config(std::string_view bytes, const std::string& root);

// The config that create saved: what the bundle says by now has no effect.
Result<spec::Spec> load_saved_config(const state::ContainerDir& dir);
// The same for exec: with the program that init got in place of linux.seccomp, where one was saved.
struct SavedConfig {
  spec::Spec spec;
  std::optional<linux::SeccompProgram> seccomp;
};
Result<SavedConfig> load_config_for_exec(const state::ContainerDir& dir);

// The options and facts from which a plan for an existing container is built again, for exec.
plan::Options options_of(const state::Record& record);
// HostFacts with the cgroup mode; whether the host knows labels is asked only where `process`,
// which may be null, has some.
plan::HostFacts host_facts(const Globals& globals, const spec::Process* process);

// Continues from a copy of the program, as for a container that may do anything on the host.
Result<> run_from_copy(const Globals& globals);
// Called when it is known what `process` of a container of `config` may do, before any effect:
// starts again where the program is not protected enough from it.
Result<> protect_executable_from(const Globals& globals, const spec::Process& process,
                                 const spec::Spec& config);

// An absolute form of `path`, which is relative to the folder that the caller was in; "" stays "".
Result<std::string> absolute_path(const std::string& path);

}  // namespace plimsoll::container
