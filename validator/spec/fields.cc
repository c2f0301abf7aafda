// One row per member of the configuration: its name, where it goes, and its type where that is not
// plain. SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdint>
#include <limits>
#include <vector>

#include "validator/spec/field.h"
#include "validator/spec/spec.h"

namespace plimsoll::spec {
namespace {

// The kernel keeps 2^32-1 for "no id": chown and setresuid take it as "leave as it is".
constexpr std::uint64_t kMaxId = std::numeric_limits<std::uint32_t>::max() - 1;
using Id = IntegerType<std::uint32_t, kMaxId>;
using OptionalId = OptionalType<std::uint32_t, Id>;
using Ids = ListType<std::uint32_t, Id>;

}  // namespace

// -- config.md --

template <>
struct FieldsOf<Root> {
  static constexpr auto value = std::to_array<Field>({
      field<&Root::path>("path"),
      field<&Root::readonly>("readonly"),
  });
};

template <>
struct FieldsOf<IdMapping> {
  static constexpr auto value = std::to_array<Field>({
      required<&IdMapping::container_id>("containerID", Id::value),
      required<&IdMapping::host_id>("hostID", Id::value),
      required<&IdMapping::size>("size"),
  });
};

template <>
struct FieldsOf<Mount> {
  static constexpr auto value = std::to_array<Field>({
      field<&Mount::destination>("destination"),
      field<&Mount::type>("type"),
      field<&Mount::source>("source"),
      field<&Mount::options>("options"),
      field<&Mount::uid_mappings>("uidMappings"),
      field<&Mount::gid_mappings>("gidMappings"),
  });
};

template <>
struct FieldsOf<ConsoleSize> {
  static constexpr auto value = std::to_array<Field>({
      required<&ConsoleSize::height>("height"),
      required<&ConsoleSize::width>("width"),
  });
};

template <>
struct FieldsOf<Rlimit> {
  static constexpr auto value = std::to_array<Field>({
      field<&Rlimit::type>("type"),
      required<&Rlimit::hard>("hard"),
      required<&Rlimit::soft>("soft"),
  });
};

template <>
struct FieldsOf<Capabilities> {
  static constexpr auto value = std::to_array<Field>({
      field<&Capabilities::bounding>("bounding"),
      field<&Capabilities::effective>("effective"),
      field<&Capabilities::inheritable>("inheritable"),
      field<&Capabilities::permitted>("permitted"),
      field<&Capabilities::ambient>("ambient"),
  });
};

template <>
struct FieldsOf<Scheduler> {
  static constexpr auto value = std::to_array<Field>({
      field<&Scheduler::policy>("policy"),
      field<&Scheduler::nice>("nice"),
      field<&Scheduler::priority>("priority"),
      field<&Scheduler::flags>("flags"),
      field<&Scheduler::runtime>("runtime"),
      field<&Scheduler::deadline>("deadline"),
      field<&Scheduler::period>("period"),
  });
};

template <>
struct FieldsOf<IoPriority> {
  static constexpr auto value = std::to_array<Field>({
      field<&IoPriority::io_class>("class"),
      required<&IoPriority::priority>("priority"),
  });
};

template <>
struct FieldsOf<ExecCpuAffinity> {
  static constexpr auto value = std::to_array<Field>({
      field<&ExecCpuAffinity::initial>("initial"),
      field<&ExecCpuAffinity::final>("final"),
  });
};

template <>
struct FieldsOf<User> {
  static constexpr auto value = std::to_array<Field>({
      required<&User::uid>("uid", Id::value),
      required<&User::gid>("gid", Id::value),
      field<&User::umask>("umask"),
      field<&User::additional_gids>("additionalGids", Ids::value),
      field<&User::username>("username"),
  });
};

template <>
struct FieldsOf<Process> {
  static constexpr auto value = std::to_array<Field>({
      field<&Process::terminal>("terminal"),
      field<&Process::console_size>("consoleSize"),
      field<&Process::user>("user"),
      field<&Process::args>("args"),
      field<&Process::command_line>("commandLine"),
      field<&Process::env>("env"),
      field<&Process::cwd>("cwd"),
      field<&Process::capabilities>("capabilities"),
      field<&Process::rlimits>("rlimits"),
      field<&Process::no_new_privileges>("noNewPrivileges"),
      field<&Process::apparmor_profile>("apparmorProfile"),
      field<&Process::oom_score_adj>("oomScoreAdj"),
      field<&Process::scheduler>("scheduler"),
      field<&Process::selinux_label>("selinuxLabel"),
      field<&Process::io_priority>("ioPriority"),
      field<&Process::exec_cpu_affinity>("execCPUAffinity"),
  });
};

template <>
struct FieldsOf<Hook> {
  static constexpr auto value = std::to_array<Field>({
      field<&Hook::path>("path"),
      field<&Hook::args>("args"),
      field<&Hook::env>("env"),
      field<&Hook::timeout>("timeout"),
  });
};

template <>
struct FieldsOf<Hooks> {
  static constexpr auto value = std::to_array<Field>({
      field<&Hooks::prestart>("prestart"),
      field<&Hooks::create_runtime>("createRuntime"),
      field<&Hooks::create_container>("createContainer"),
      field<&Hooks::start_container>("startContainer"),
      field<&Hooks::poststart>("poststart"),
      field<&Hooks::poststop>("poststop"),
  });
};

// -- config-linux.md --

template <>
struct FieldsOf<Namespace> {
  static constexpr auto value = std::to_array<Field>({
      field<&Namespace::type>("type"),
      field<&Namespace::path>("path"),
  });
};

template <>
struct FieldsOf<Device> {
  static constexpr auto value = std::to_array<Field>({
      field<&Device::path>("path"),
      field<&Device::type>("type"),
      field<&Device::major>("major"),
      field<&Device::minor>("minor"),
      field<&Device::file_mode>("fileMode"),
      field<&Device::uid>("uid", OptionalId::value),
      field<&Device::gid>("gid", OptionalId::value),
  });
};

template <>
struct FieldsOf<NetDevice> {
  static constexpr auto value = std::to_array<Field>({
      field<&NetDevice::name>("name"),
  });
};

template <>
struct FieldsOf<DeviceRule> {
  static constexpr auto value = std::to_array<Field>({
      required<&DeviceRule::allow>("allow"),
      field<&DeviceRule::type>("type"),
      field<&DeviceRule::major>("major"),
      field<&DeviceRule::minor>("minor"),
      field<&DeviceRule::access>("access"),
  });
};

template <>
struct FieldsOf<Memory> {
  static constexpr auto value = std::to_array<Field>({
      field<&Memory::limit>("limit"),
      field<&Memory::reservation>("reservation"),
      field<&Memory::swap>("swap"),
      field<&Memory::kernel>("kernel"),
      field<&Memory::kernel_tcp>("kernelTCP"),
      field<&Memory::swappiness>("swappiness"),
      field<&Memory::disable_oom_killer>("disableOOMKiller"),
      field<&Memory::use_hierarchy>("useHierarchy"),
      field<&Memory::check_before_update>("checkBeforeUpdate"),
  });
};

template <>
struct FieldsOf<Cpu> {
  static constexpr auto value = std::to_array<Field>({
      field<&Cpu::shares>("shares"),
      field<&Cpu::quota>("quota"),
      field<&Cpu::burst>("burst"),
      field<&Cpu::period>("period"),
      field<&Cpu::realtime_runtime>("realtimeRuntime"),
      field<&Cpu::realtime_period>("realtimePeriod"),
      field<&Cpu::cpus>("cpus"),
      field<&Cpu::mems>("mems"),
      field<&Cpu::idle>("idle"),
  });
};

template <>
struct FieldsOf<WeightDevice> {
  static constexpr auto value = std::to_array<Field>({
      required<&WeightDevice::major>("major"),
      required<&WeightDevice::minor>("minor"),
      field<&WeightDevice::weight>("weight"),
      field<&WeightDevice::leaf_weight>("leafWeight"),
  });
};

template <>
struct FieldsOf<ThrottleDevice> {
  static constexpr auto value = std::to_array<Field>({
      required<&ThrottleDevice::major>("major"),
      required<&ThrottleDevice::minor>("minor"),
      required<&ThrottleDevice::rate>("rate"),
  });
};

template <>
struct FieldsOf<BlockIo> {
  static constexpr auto value = std::to_array<Field>({
      field<&BlockIo::weight>("weight"),
      field<&BlockIo::leaf_weight>("leafWeight"),
      field<&BlockIo::weight_device>("weightDevice"),
      field<&BlockIo::throttle_read_bps_device>("throttleReadBpsDevice"),
      field<&BlockIo::throttle_write_bps_device>("throttleWriteBpsDevice"),
      field<&BlockIo::throttle_read_iops_device>("throttleReadIOPSDevice"),
      field<&BlockIo::throttle_write_iops_device>("throttleWriteIOPSDevice"),
  });
};

template <>
struct FieldsOf<HugepageLimit> {
  static constexpr auto value = std::to_array<Field>({
      field<&HugepageLimit::page_size>("pageSize"),
      required<&HugepageLimit::limit>("limit"),
  });
};

template <>
struct FieldsOf<InterfacePriority> {
  static constexpr auto value = std::to_array<Field>({
      field<&InterfacePriority::name>("name"),
      required<&InterfacePriority::priority>("priority"),
  });
};

template <>
struct FieldsOf<Network> {
  static constexpr auto value = std::to_array<Field>({
      field<&Network::class_id>("classID"),
      field<&Network::priorities>("priorities"),
  });
};

template <>
struct FieldsOf<Pids> {
  static constexpr auto value = std::to_array<Field>({
      field<&Pids::limit>("limit"),
  });
};

template <>
struct FieldsOf<Rdma> {
  static constexpr auto value = std::to_array<Field>({
      field<&Rdma::hca_handles>("hcaHandles"),
      field<&Rdma::hca_objects>("hcaObjects"),
  });
};

template <>
struct FieldsOf<Resources> {
  static constexpr auto value = std::to_array<Field>({
      field<&Resources::devices>("devices"),
      field<&Resources::memory>("memory"),
      field<&Resources::cpu>("cpu"),
      field<&Resources::pids>("pids"),
      field<&Resources::block_io>("blockIO"),
      field<&Resources::hugepage_limits>("hugepageLimits"),
      field<&Resources::network>("network"),
      field<&Resources::rdma>("rdma", KeyedType<Rdma, &Rdma::device>::value),
      field<&Resources::unified>("unified"),
  });
};

template <>
struct FieldsOf<SeccompArg> {
  static constexpr auto value = std::to_array<Field>({
      required<&SeccompArg::index>("index"),
      required<&SeccompArg::value>("value"),
      field<&SeccompArg::value_two>("valueTwo"),
      field<&SeccompArg::op>("op"),
  });
};

template <>
struct FieldsOf<SeccompSyscall> {
  static constexpr auto value = std::to_array<Field>({
      field<&SeccompSyscall::names>("names"),
      field<&SeccompSyscall::action>("action"),
      field<&SeccompSyscall::errno_ret>("errnoRet"),
      field<&SeccompSyscall::args>("args"),
  });
};

template <>
struct FieldsOf<Seccomp> {
  static constexpr auto value = std::to_array<Field>({
      field<&Seccomp::default_action>("defaultAction"),
      field<&Seccomp::default_errno_ret>("defaultErrnoRet"),
      field<&Seccomp::architectures>("architectures"),
      field<&Seccomp::flags>("flags"),
      field<&Seccomp::listener_path>("listenerPath"),
      field<&Seccomp::listener_metadata>("listenerMetadata"),
      field<&Seccomp::syscalls>("syscalls"),
  });
};

template <>
struct FieldsOf<IntelRdt> {
  static constexpr auto value = std::to_array<Field>({
      field<&IntelRdt::clos_id>("closID"),
      field<&IntelRdt::schemata>("schemata"),
      field<&IntelRdt::l3_cache_schema>("l3CacheSchema"),
      field<&IntelRdt::mem_bw_schema>("memBwSchema"),
      field<&IntelRdt::enable_monitoring>("enableMonitoring"),
  });
};

template <>
struct FieldsOf<MemoryPolicy> {
  static constexpr auto value = std::to_array<Field>({
      field<&MemoryPolicy::mode>("mode"),
      field<&MemoryPolicy::nodes>("nodes"),
      field<&MemoryPolicy::flags>("flags"),
  });
};

template <>
struct FieldsOf<Personality> {
  static constexpr auto value = std::to_array<Field>({
      field<&Personality::domain>("domain"),
      field<&Personality::flags>("flags"),
  });
};

template <>
struct FieldsOf<TimeOffset> {
  static constexpr auto value = std::to_array<Field>({
      field<&TimeOffset::secs>("secs"),
      field<&TimeOffset::nanosecs>("nanosecs"),
  });
};

template <>
struct FieldsOf<Linux> {
  static constexpr auto value = std::to_array<Field>({
      field<&Linux::uid_mappings>("uidMappings"),
      field<&Linux::gid_mappings>("gidMappings"),
      field<&Linux::sysctl>("sysctl"),
      field<&Linux::resources>("resources"),
      field<&Linux::cgroups_path>("cgroupsPath"),
      field<&Linux::namespaces>("namespaces"),
      field<&Linux::devices>("devices"),
      field<&Linux::net_devices>("netDevices", KeyedType<NetDevice, &NetDevice::host_name>::value),
      field<&Linux::seccomp>("seccomp"),
      field<&Linux::rootfs_propagation>("rootfsPropagation"),
      field<&Linux::masked_paths>("maskedPaths"),
      field<&Linux::readonly_paths>("readonlyPaths"),
      field<&Linux::mount_label>("mountLabel"),
      field<&Linux::intel_rdt>("intelRdt"),
      field<&Linux::memory_policy>("memoryPolicy"),
      field<&Linux::personality>("personality"),
      field<&Linux::time_offsets>("timeOffsets", KeyedType<TimeOffset, &TimeOffset::clock>::value),
  });
};

template <>
struct FieldsOf<Spec> {
  static constexpr auto value = std::to_array<Field>({
      field<&Spec::oci_version>("ociVersion"),
      field<&Spec::process>("process"),
      field<&Spec::root>("root"),
      field<&Spec::hostname>("hostname"),
      field<&Spec::domainname>("domainname"),
      field<&Spec::mounts>("mounts"),
      field<&Spec::hooks>("hooks"),
      field<&Spec::annotations>("annotations"),
      field<&Spec::linux>("linux"),
      field<&Spec::has_vm>("vm", kPresence),
      unused("solaris"),
      unused("windows"),
      unused("zos"),
      unused("freebsd"),
  });
};

const Type kSpecType = TypeOf<Spec>::value;
const Type kProcessType = TypeOf<Process>::value;
const Type kResourcesType = TypeOf<Resources>::value;

}  // namespace plimsoll::spec
