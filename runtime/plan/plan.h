// The Plan: everything that `create`, `run` and `exec` will do, decided before anything is done.
// Built by plan::build from the Spec, the options and the host's facts; only read afterwards, by
// the parent and by init (which share memory). Plain values of the spec that need no decision are
// kept in the spec's own types. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "validator/spec/spec.h"

namespace plimsoll::plan {

using spec::Hook;
using spec::Hooks;
using spec::IdMapping;
using spec::IntelRdt;
using spec::NetDevice;
using spec::Seccomp;
using spec::TimeOffset;

// Which cgroup hierarchies the host has mounted on /sys/fs/cgroup.
enum class CgroupMode : std::uint8_t {
  none,    // nothing usable
  v1,      // controllers in v1 hierarchies only
  hybrid,  // v1 controllers, and a cgroup2 mount beside them
  v2,      // one cgroup2 hierarchy
};

// What the build needs to know of the machine and the caller. Filled by linux/host_facts; a test
// fills it by hand.
struct HostFacts {
  CgroupMode cgroup_mode = CgroupMode::none;
  uid_t euid = 0;
  gid_t egid = 0;
  bool in_user_namespace =
      false;  // the runtime itself is in a user namespace that is not the initial one
  bool apparmor_enabled = false;
  bool selinux_enabled = false;
};

struct Options {
  std::string id;
  std::string bundle;  // absolute
  bool rootless = false;
  bool systemd_cgroup = false;
  bool no_pivot = false;
  bool no_new_keyring = false;
  std::string notify_dir;  // host folder of the notify socket's proxy, or empty: no NOTIFY_SOCKET
  int listen_fds = 0;      // LISTEN_FDS handed over by the caller
  int preserve_fds = 0;    // further fds handed over, after stdio and listen_fds
};

// -- namespaces and ids --

struct JoinNamespace {
  int clone_flag = 0;  // CLONE_NEW*
  std::string type;    // the spec's name
  std::string path;
};

struct Namespaces {
  std::uint64_t create = 0;         // CLONE_NEW* of the new ones
  std::vector<JoinNamespace> join;  // in the order in which they must be joined: user first
  bool has(int clone_flag) const;   // new or joined: not the runtime's own
};

struct IdMaps {
  std::vector<IdMapping> uid;
  std::vector<IdMapping> gid;
};

// -- root filesystem --

// mount_setattr(2) values for AT_RECURSIVE options (rro, rnosuid, …).
struct RecursiveAttributes {
  std::uint64_t set = 0;
  std::uint64_t clear = 0;
  bool any() const { return (set | clear) != 0; }
};

struct IdmappedMount {
  bool recursive = false;
  // Both empty: the container's own mappings.
  std::vector<IdMapping> uid;
  std::vector<IdMapping> gid;
};

enum class MountKind : std::uint8_t {
  filesystem,  // any type with its own superblock: tmpfs, devpts, mqueue, overlay, …
  bind,
  proc,
  sysfs,
  cgroup,  // v1 or v2, as the host has it
};

struct Mount {
  MountKind kind = MountKind::filesystem;
  std::string destination;          // absolute and clean, below the root filesystem
  std::string type;                 // as the kernel names it; "bind" for binds
  std::string source;               // for a bind: absolute; else as the config says, or the type
  std::uint64_t flags = 0;          // MS_* that are set, MS_BIND and MS_REC included
  std::uint64_t cleared_flags = 0;  // MS_* that an option (rw, suid, …) asks to be clear
  std::vector<std::uint64_t> propagation{};  // MS_PRIVATE and so on, | MS_REC, in order
  RecursiveAttributes recursive_attributes{};
  std::string data{};  // what is left for the filesystem: "mode=755,size=65536k"
  bool tmpcopyup = false;
  std::optional<IdmappedMount> idmap{};
  std::string label{};  // SELinux mount label, or empty
};

struct DeviceNode {
  std::string path;  // absolute and clean, in the container
  mode_t type = 0;   // S_IFCHR, S_IFBLK or S_IFIFO
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  mode_t mode = 0666;
  uid_t uid = 0;
  gid_t gid = 0;
  bool standard = false;  // one of the default devices, which every container gets
};

struct Rootfs {
  std::string path;  // absolute, on the host
  bool readonly = false;
  std::uint64_t propagation = 0;   // MS_* | MS_REC for "/" of the new mount namespace; never 0
  bool propagation_given = false;  // by linux.rootfsPropagation: the root may then be a slave
  bool no_pivot = false;
  std::vector<Mount> mounts;
  bool setup_dev = false;  // nodes, links and ptmx are made: not when /dev is a bind from the host
  std::vector<DeviceNode> devices;
  std::vector<std::string> masked_paths;
  std::vector<std::string> readonly_paths;
  std::string mount_label;
};

// -- the process: init's, or exec's --

struct Rlimit {
  int resource = 0;  // RLIMIT_*
  std::string name;  // as in the config
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
};

// Bit n is capability n.
struct CapabilitySets {
  std::uint64_t bounding = 0;
  std::uint64_t effective = 0;
  std::uint64_t inheritable = 0;
  std::uint64_t permitted = 0;
  std::uint64_t ambient = 0;
};

struct Scheduler {
  std::uint32_t policy = 0;  // SCHED_*
  std::uint64_t flags = 0;   // SCHED_FLAG_*
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 0, deadline = 0, period = 0;  // nanoseconds
};

struct MemoryPolicy {
  int mode = 0;                      // MPOL_* | MPOL_F_*
  std::vector<std::uint64_t> nodes;  // bit mask, 64 nodes a word
};

struct Process {
  std::vector<std::string> args;
  std::vector<std::string> env;  // duplicates removed, the last one kept
  std::string cwd;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
  mode_t umask = 0022;
  bool terminal = false;
  std::uint16_t console_height = 0, console_width = 0;  // 0: not given
  std::vector<Rlimit> rlimits;
  std::optional<CapabilitySets> capabilities;  // absent: all sets are left as they are
  bool no_new_privileges = false;
  std::optional<int> oom_score_adj;
  std::optional<Scheduler> scheduler;
  std::optional<int> io_priority;                   // packed as ioprio_set(2) wants it
  std::optional<std::string> cpu_affinity_initial;  // exec only; "0-3,7"
  std::optional<std::string> cpu_affinity_final;
  std::string apparmor_profile;
  std::string selinux_label;
  std::optional<unsigned long> personality;
  std::optional<MemoryPolicy> memory_policy;
  std::optional<Seccomp> seccomp;
  int inherited_fds = 0;  // fds from 3 on that reach the program: LISTEN_FDS and --preserve-fds
  int listen_fds = 0;     // how many of them are LISTEN_FDS
};

struct Sysctl {
  std::string key;   // "net.ipv4.ip_forward", as in the config
  std::string path;  // below /proc/sys: "net/ipv4/ip_forward"
  std::string value;
};

// -- cgroup --

// What becomes of a write that the kernel does not take. (The plan cannot know which files a kernel
// has.)
enum class OnFailure : std::uint8_t {
  fail,       // an error
  skip,       // a missing file is skipped: the setting cannot differ from the default without it
  take_next,  // a missing file: the next write stands for it. When this one works, the next is left
              // out
  retry,  // EINVAL: again after the other writes of this controller, whose values bound this one
};

struct CgroupWrite {
  std::string controller;  // "memory"; "" for a file of the cgroup core
  std::string file;
  std::string value;
  OnFailure on_failure = OnFailure::fail;
};

struct DeviceRule {
  bool allow = false;
  char type = 'a';          // 'a', 'b' or 'c'
  std::int64_t major = -1;  // -1 is any
  std::int64_t minor = -1;
  bool read = false, write = false, mknod = false;
};

// A property of a systemd unit as D-Bus takes it: `atoms` are the values of the basic types in
// `signature`, in order; an array is preceded by the number of its elements.
struct UnitProperty {
  std::string name;
  std::string signature{};
  std::vector<std::string> atoms{};
  int since = 0;               // the version of systemd that brought it; older ones do not get it
  bool only_at_start = false;  // systemd refuses to change it later
};

// The unit that holds the container, with the systemd cgroup driver.
struct SystemdUnit {
  std::string name;                        // "prefix-name.scope", or "name.slice"
  std::string slice;                       // that it lies in
  std::string cgroup;                      // below the cgroup of the manager, starting with '/'
  bool user = false;                       // the user's own manager, not the system's
  std::vector<UnitProperty> properties{};  // limits, device rules, annotations
};

struct Cgroup {
  // cgroupfs: below the hierarchy's root, clean, starting with '/'. Relative paths of the config
  // ("foo") are put below the caller's own cgroup by the driver, which alone can know it: then this
  // does not start with '/'.
  std::string path;
  bool systemd = false;             // then `path` is the unit's, below its manager's cgroup
  std::optional<SystemdUnit> unit;  // for create
  bool explicit_path = false;       // linux.cgroupsPath was given
  bool rootless = false;  // failure to create or to limit is tolerated where nothing was asked for
  std::vector<CgroupWrite> writes;
  std::vector<DeviceRule>
      devices;                 // the whole list in order: deny all, the config's, the default ones
  bool any_resources = false;  // the config asked for a limit (devices apart)
  std::optional<uid_t> owner;  // v2 delegation: host uid of the container's root
  bool check_before_update = false;
  std::optional<std::int64_t> memory_limit;  // bytes, for check_before_update and for the OOM hint
  std::optional<std::int64_t> memory_swap;
};

// -- the whole --

struct Plan {
  std::string id;
  std::string bundle;  // absolute
  std::string oci_version;
  bool rootless = false;
  Namespaces namespaces;
  IdMaps id_maps;
  Rootfs rootfs;
  std::optional<Process> process;  // absent: create works, start is an error
  std::string hostname;
  std::string domainname;
  std::vector<Sysctl> sysctls;
  std::vector<TimeOffset> time_offsets;
  std::vector<NetDevice> net_devices;
  std::optional<IntelRdt> intel_rdt;
  Hooks hooks;
  Cgroup cgroup;
  bool new_keyring = true;
  spec::StringMap annotations;
  std::vector<std::string> warnings;  // to be logged once, before anything is done
};

}  // namespace plimsoll::plan
