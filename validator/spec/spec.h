// The runtime-spec 1.3 configuration (config.json) for Linux, as values. Every member keeps the
// spec's own name in snake_case; an absent optional member is nullopt, an absent list is empty.
// Nothing here is checked beyond its JSON type and its range: validator/rules says what is wrong
// with it. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace plimsoll::spec {

// The version that this structure follows, and that state documents of the runtime comply with.
inline constexpr std::string_view kVersion = "1.3.0";

using Strings = std::vector<std::string>;
// In document order: the spec gives maps no order, and a diagnosis must name entries as they were
// written.
using StringMap = std::vector<std::pair<std::string, std::string>>;

// config.md#root
struct Root {
  std::string path;
  bool readonly = false;
};

// config-linux.md#user-namespace-mappings
struct IdMapping {
  std::uint32_t container_id = 0;
  std::uint32_t host_id = 0;
  std::uint32_t size = 0;
};

// config.md#mounts
struct Mount {
  std::string destination;
  std::optional<std::string> type;
  std::optional<std::string> source;
  Strings options;
  std::optional<std::vector<IdMapping>> uid_mappings;
  std::optional<std::vector<IdMapping>> gid_mappings;
};

// config.md#process
struct ConsoleSize {
  std::uint64_t height = 0;
  std::uint64_t width = 0;
};

struct Rlimit {
  std::string type;
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
};

struct Capabilities {
  std::optional<Strings> bounding;
  std::optional<Strings> effective;
  std::optional<Strings> inheritable;
  std::optional<Strings> permitted;
  std::optional<Strings> ambient;
};

struct Scheduler {
  std::string policy;
  std::optional<std::int32_t> nice;
  std::optional<std::int32_t> priority;
  Strings flags;
  std::optional<std::uint64_t> runtime;   // nanoseconds
  std::optional<std::uint64_t> deadline;  // nanoseconds
  std::optional<std::uint64_t> period;    // nanoseconds
};

struct IoPriority {
  std::string io_class;  // "class"
  std::int64_t priority = 0;
};

struct ExecCpuAffinity {
  std::optional<std::string> initial;
  std::optional<std::string> final;
};

struct User {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::optional<std::uint32_t> umask;
  std::vector<std::uint32_t> additional_gids;
  std::optional<std::string> username;
};

struct Process {
  bool terminal = false;
  std::optional<ConsoleSize> console_size;
  std::string cwd;
  Strings env;
  Strings args;
  std::optional<std::string> command_line;
  User user;
  std::vector<Rlimit> rlimits;
  std::optional<std::string> apparmor_profile;
  std::optional<Capabilities> capabilities;
  bool no_new_privileges = false;
  std::optional<std::int32_t> oom_score_adj;
  std::optional<Scheduler> scheduler;
  std::optional<std::string> selinux_label;
  std::optional<IoPriority> io_priority;
  std::optional<ExecCpuAffinity> exec_cpu_affinity;
};

// config.md#posix-platform-hooks
struct Hook {
  std::string path;
  Strings args;
  std::optional<Strings> env;           // absent and empty differ: only an absent one may inherit
  std::optional<std::int64_t> timeout;  // seconds
};

struct Hooks {
  std::vector<Hook> prestart;
  std::vector<Hook> create_runtime;
  std::vector<Hook> create_container;
  std::vector<Hook> start_container;
  std::vector<Hook> poststart;
  std::vector<Hook> poststop;
};

// config-linux.md#namespaces
struct Namespace {
  std::string type;
  std::optional<std::string> path;
};

// config-linux.md#devices
struct Device {
  std::string type;
  std::string path;
  std::optional<std::int64_t> major;
  std::optional<std::int64_t> minor;
  std::optional<std::uint32_t> file_mode;
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
};

// config-linux.md#network-devices
struct NetDevice {
  std::string host_name;  // the member's key
  std::optional<std::string> name;
};

// config-linux.md#allowed-device-list
struct DeviceRule {
  bool allow = false;
  std::optional<std::string> type;
  std::optional<std::int64_t> major;
  std::optional<std::int64_t> minor;
  std::optional<std::string> access;
  bool operator==(const DeviceRule&) const = default;
};

// config-linux.md#memory; bytes, -1 is unlimited
struct Memory {
  std::optional<std::int64_t> limit;
  std::optional<std::int64_t> reservation;
  std::optional<std::int64_t> swap;
  std::optional<std::int64_t> kernel;
  std::optional<std::int64_t> kernel_tcp;
  std::optional<std::uint64_t> swappiness;
  std::optional<bool> disable_oom_killer;
  std::optional<bool> use_hierarchy;
  std::optional<bool> check_before_update;
};

// config-linux.md#cpu
struct Cpu {
  std::optional<std::uint64_t> shares;
  std::optional<std::int64_t> quota;             // microseconds
  std::optional<std::uint64_t> burst;            // microseconds
  std::optional<std::uint64_t> period;           // microseconds
  std::optional<std::int64_t> realtime_runtime;  // microseconds
  std::optional<std::uint64_t> realtime_period;  // microseconds
  std::optional<std::string> cpus;
  std::optional<std::string> mems;
  std::optional<std::int64_t> idle;
};

// config-linux.md#block-io
struct WeightDevice {
  std::int64_t major = 0;
  std::int64_t minor = 0;
  std::optional<std::uint16_t> weight;
  std::optional<std::uint16_t> leaf_weight;
};

struct ThrottleDevice {
  std::int64_t major = 0;
  std::int64_t minor = 0;
  std::uint64_t rate = 0;
};

struct BlockIo {
  std::optional<std::uint16_t> weight;
  std::optional<std::uint16_t> leaf_weight;
  std::vector<WeightDevice> weight_device;
  std::vector<ThrottleDevice> throttle_read_bps_device;
  std::vector<ThrottleDevice> throttle_write_bps_device;
  std::vector<ThrottleDevice> throttle_read_iops_device;
  std::vector<ThrottleDevice> throttle_write_iops_device;
};

// config-linux.md#huge-page-limits
struct HugepageLimit {
  std::string page_size;
  std::uint64_t limit = 0;
};

// config-linux.md#network
struct InterfacePriority {
  std::string name;
  std::uint32_t priority = 0;
};

struct Network {
  std::optional<std::uint32_t> class_id;
  std::vector<InterfacePriority> priorities;
};

// config-linux.md#pids
struct Pids {
  std::optional<std::int64_t> limit;
};

// config-linux.md#rdma
struct Rdma {
  std::string device;  // the member's key
  std::optional<std::uint32_t> hca_handles;
  std::optional<std::uint32_t> hca_objects;
};

struct Resources {
  std::vector<DeviceRule> devices;
  std::optional<Memory> memory;
  std::optional<Cpu> cpu;
  std::optional<BlockIo> block_io;
  std::vector<HugepageLimit> hugepage_limits;
  std::optional<Network> network;
  std::optional<Pids> pids;
  std::vector<Rdma> rdma;
  StringMap unified;
};

// config-linux.md#seccomp
struct SeccompArg {
  std::uint32_t index = 0;
  std::uint64_t value = 0;
  std::uint64_t value_two = 0;
  std::string op;
};

struct SeccompSyscall {
  Strings names;
  std::string action;
  std::optional<std::uint32_t> errno_ret;
  std::vector<SeccompArg> args;
};

struct Seccomp {
  std::string default_action;
  std::optional<std::uint32_t> default_errno_ret;
  Strings architectures;
  std::optional<Strings> flags;
  std::optional<std::string> listener_path;
  std::optional<std::string> listener_metadata;
  std::vector<SeccompSyscall> syscalls;
};

// config-linux.md#intelrdt
struct IntelRdt {
  std::optional<std::string> clos_id;
  std::optional<Strings> schemata;
  std::optional<std::string> l3_cache_schema;
  std::optional<std::string> mem_bw_schema;
  std::optional<bool> enable_monitoring;
};

// config-linux.md#memory-policy
struct MemoryPolicy {
  std::string mode;
  std::optional<std::string> nodes;
  Strings flags;
};

// config-linux.md#personality
struct Personality {
  std::string domain;
  Strings flags;
};

// config-linux.md#time-offset
struct TimeOffset {
  std::string clock;  // the member's key: "monotonic" or "boottime"
  std::int64_t secs = 0;
  std::uint32_t nanosecs = 0;
};

struct Linux {
  std::vector<IdMapping> uid_mappings;
  std::vector<IdMapping> gid_mappings;
  StringMap sysctl;
  std::optional<Resources> resources;
  std::optional<std::string> cgroups_path;
  std::vector<Namespace> namespaces;
  std::vector<Device> devices;
  std::vector<NetDevice> net_devices;
  std::optional<Seccomp> seccomp;
  std::optional<std::string> rootfs_propagation;
  Strings masked_paths;
  Strings readonly_paths;
  std::optional<std::string> mount_label;
  std::optional<IntelRdt> intel_rdt;
  std::optional<MemoryPolicy> memory_policy;
  std::optional<Personality> personality;
  std::vector<TimeOffset> time_offsets;
};

struct Spec {
  std::string oci_version;
  std::optional<Root> root;
  std::vector<Mount> mounts;
  std::optional<Process> process;
  std::optional<std::string> hostname;
  std::optional<std::string> domainname;
  Hooks hooks;
  StringMap annotations;
  std::optional<Linux> linux;
  bool has_vm = false;  // the "vm" section is there; no Linux runtime of this kind can use it
};

}  // namespace plimsoll::spec
