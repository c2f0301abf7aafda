// What checkpoint and restore have in common.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"
#include "runtime/cgroup/cgroup.h"
#include "runtime/checkpoint/criu.h"
#include "runtime/container/verbs.h"
#include "runtime/plan/plan.h"

namespace plimsoll::container {

// The image's file with the links of init's descriptors 0-2, a JSON array; Podman packs it up too.
inline constexpr const char* kDescriptors = "descriptors.json";

struct ImageFolders {
  std::string image;  // absolute
  std::string work;   // absolute, or empty
  UniqueFd image_fd;
  UniqueFd work_fd;
};
// Makes the folders where they are missing.
Result<ImageFolders> open_folders(const CriuOptions& options);

// The options that both directions take, and the folders.
Result<> add_common_options(const CriuOptions& options, const plan::Plan& plan,
                            const ImageFolders& folders, checkpoint::Session& session);

// "extRootNetNS": the name of a namespace that the image leaves out because it has a path. Empty
// for a type that CRIU joins by path instead.
std::string external_namespace_key(std::string_view spec_type);
// As /proc/PID/ns names it: "net" for "network".
std::string_view kernel_namespace(std::string_view spec_type);

// Where a mount's destination really is below `root`, symbolic links resolved; the destination as
// written where it does not exist.
std::string resolved_in(BorrowedFd root, const std::string& destination);

// The binds of mounts of type "cgroup" whose source is the host's: destination and host folder.
// None where a cgroup namespace makes them ordinary mounts.
std::vector<checkpoint::ExternalMount> cgroup_binds(const plan::Plan& plan,
                                                    const cgroup::Cgroup& cgroup,
                                                    plan::CgroupMode mode);

}  // namespace plimsoll::container
