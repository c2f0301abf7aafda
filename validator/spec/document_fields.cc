// The members of the state and features documents, one row each. Only the validator reads those, so
// they are kept out of the runtime. SPDX-License-Identifier: Apache-2.0
#include <array>

#include "validator/spec/documents.h"
#include "validator/spec/field.h"

namespace plimsoll::spec {

template <>
struct FieldsOf<State> {
  static constexpr auto value = std::to_array<Field>({
      required<&State::oci_version>("ociVersion"),
      required<&State::id>("id"),
      required<&State::status>("status"),
      field<&State::pid>("pid"),
      required<&State::bundle>("bundle"),
      field<&State::annotations>("annotations"),
  });
};

template <>
struct FieldsOf<CgroupFeatures> {
  static constexpr auto value = std::to_array<Field>({
      field<&CgroupFeatures::v1>("v1"),
      field<&CgroupFeatures::v2>("v2"),
      field<&CgroupFeatures::systemd>("systemd"),
      field<&CgroupFeatures::systemd_user>("systemdUser"),
      field<&CgroupFeatures::rdma>("rdma"),
  });
};

template <>
struct FieldsOf<SeccompFeatures> {
  static constexpr auto value = std::to_array<Field>({
      field<&SeccompFeatures::enabled>("enabled"),
      field<&SeccompFeatures::actions>("actions"),
      field<&SeccompFeatures::operators>("operators"),
      field<&SeccompFeatures::archs>("archs"),
      field<&SeccompFeatures::known_flags>("knownFlags"),
      field<&SeccompFeatures::supported_flags>("supportedFlags"),
  });
};

template <>
struct FieldsOf<EnabledFeature> {
  static constexpr auto value = std::to_array<Field>({
      field<&EnabledFeature::enabled>("enabled"),
  });
};

template <>
struct FieldsOf<MemoryPolicyFeatures> {
  static constexpr auto value = std::to_array<Field>({
      field<&MemoryPolicyFeatures::modes>("modes"),
      field<&MemoryPolicyFeatures::flags>("flags"),
  });
};

template <>
struct FieldsOf<IntelRdtFeatures> {
  static constexpr auto value = std::to_array<Field>({
      field<&IntelRdtFeatures::enabled>("enabled"),
      field<&IntelRdtFeatures::schemata>("schemata"),
      field<&IntelRdtFeatures::monitoring>("monitoring"),
  });
};

template <>
struct FieldsOf<MountExtensions> {
  static constexpr auto value = std::to_array<Field>({
      field<&MountExtensions::idmap>("idmap"),
  });
};

template <>
struct FieldsOf<LinuxFeatures> {
  static constexpr auto value = std::to_array<Field>({
      field<&LinuxFeatures::namespaces>("namespaces"),
      field<&LinuxFeatures::capabilities>("capabilities"),
      field<&LinuxFeatures::cgroup>("cgroup"),
      field<&LinuxFeatures::seccomp>("seccomp"),
      field<&LinuxFeatures::apparmor>("apparmor"),
      field<&LinuxFeatures::selinux>("selinux"),
      field<&LinuxFeatures::memory_policy>("memoryPolicy"),
      field<&LinuxFeatures::intel_rdt>("intelRdt"),
      field<&LinuxFeatures::mount_extensions>("mountExtensions"),
      field<&LinuxFeatures::net_devices>("netDevices"),
  });
};

template <>
struct FieldsOf<Features> {
  static constexpr auto value = std::to_array<Field>({
      required<&Features::oci_version_min>("ociVersionMin"),
      required<&Features::oci_version_max>("ociVersionMax"),
      field<&Features::hooks>("hooks"),
      field<&Features::mount_options>("mountOptions"),
      field<&Features::linux>("linux"),
      field<&Features::annotations>("annotations"),
      field<&Features::potentially_unsafe_config_annotations>("potentiallyUnsafeConfigAnnotations"),
  });
};

const Type kStateType = TypeOf<State>::value;
const Type kFeaturesType = TypeOf<Features>::value;

}  // namespace plimsoll::spec
