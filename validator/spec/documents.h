// What a runtime writes about itself, as values: the state document (runtime.md#state) and the
// features document (features.md). An absent optional member is nullopt: in a features document an
// absent list means "not known", an empty one "none". SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "validator/spec/spec.h"

namespace plimsoll::spec {

// runtime.md#state
struct State {
  std::string oci_version;
  std::string id;
  std::string status;
  std::optional<std::int64_t> pid;
  std::string bundle;
  StringMap annotations;
};

// features-linux.md
struct CgroupFeatures {
  std::optional<bool> v1;
  std::optional<bool> v2;
  std::optional<bool> systemd;
  std::optional<bool> systemd_user;
  std::optional<bool> rdma;
};

struct SeccompFeatures {
  std::optional<bool> enabled;
  std::optional<Strings> actions;
  std::optional<Strings> operators;
  std::optional<Strings> archs;
  std::optional<Strings> known_flags;
  std::optional<Strings> supported_flags;
};

struct EnabledFeature {
  std::optional<bool> enabled;
};

struct MemoryPolicyFeatures {
  std::optional<Strings> modes;
  std::optional<Strings> flags;
};

struct IntelRdtFeatures {
  std::optional<bool> enabled;
  std::optional<bool> schemata;
  std::optional<bool> monitoring;
};

struct MountExtensions {
  std::optional<EnabledFeature> idmap;
};

struct LinuxFeatures {
  std::optional<Strings> namespaces;
  std::optional<Strings> capabilities;
  std::optional<CgroupFeatures> cgroup;
  std::optional<SeccompFeatures> seccomp;
  std::optional<EnabledFeature> apparmor;
  std::optional<EnabledFeature> selinux;
  std::optional<MemoryPolicyFeatures> memory_policy;
  std::optional<IntelRdtFeatures> intel_rdt;
  std::optional<MountExtensions> mount_extensions;
  std::optional<EnabledFeature> net_devices;
};

// features.md
struct Features {
  std::string oci_version_min;
  std::string oci_version_max;
  std::optional<Strings> hooks;
  std::optional<Strings> mount_options;
  std::optional<LinuxFeatures> linux;
  StringMap annotations;
  std::optional<Strings> potentially_unsafe_config_annotations;
};

}  // namespace plimsoll::spec
