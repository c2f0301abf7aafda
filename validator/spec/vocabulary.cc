// The tables of names, but for mount options (vocabulary_mounts.cc) and seccomp
// (vocabulary_seccomp.cc). SPDX-License-Identifier: Apache-2.0
#include "validator/spec/vocabulary.h"

#include <linux/capability.h>
#include <linux/mempolicy.h>
#include <linux/mount.h>
#include <linux/personality.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "validator/spec/vocabulary_lookup.h"

namespace plimsoll::spec {
namespace {

constexpr auto kNamespaces = std::to_array<NamespaceInfo>({
    {.name = "user", .proc_name = "user", .clone_flag = CLONE_NEWUSER},
    {.name = "ipc", .proc_name = "ipc", .clone_flag = CLONE_NEWIPC},
    {.name = "uts", .proc_name = "uts", .clone_flag = CLONE_NEWUTS},
    {.name = "network", .proc_name = "net", .clone_flag = CLONE_NEWNET},
    {.name = "pid", .proc_name = "pid", .clone_flag = CLONE_NEWPID},
    {.name = "mount", .proc_name = "mnt", .clone_flag = CLONE_NEWNS},
    {.name = "cgroup", .proc_name = "cgroup", .clone_flag = CLONE_NEWCGROUP},
    {.name = "time", .proc_name = "time", .clone_flag = CLONE_NEWTIME},
});

constexpr auto kCapabilities = std::to_array<Named<int>>({
    {"CAP_CHOWN", CAP_CHOWN},
    {"CAP_DAC_OVERRIDE", CAP_DAC_OVERRIDE},
    {"CAP_DAC_READ_SEARCH", CAP_DAC_READ_SEARCH},
    {"CAP_FOWNER", CAP_FOWNER},
    {"CAP_FSETID", CAP_FSETID},
    {"CAP_KILL", CAP_KILL},
    {"CAP_SETGID", CAP_SETGID},
    {"CAP_SETUID", CAP_SETUID},
    {"CAP_SETPCAP", CAP_SETPCAP},
    {"CAP_LINUX_IMMUTABLE", CAP_LINUX_IMMUTABLE},
    {"CAP_NET_BIND_SERVICE", CAP_NET_BIND_SERVICE},
    {"CAP_NET_BROADCAST", CAP_NET_BROADCAST},
    {"CAP_NET_ADMIN", CAP_NET_ADMIN},
    {"CAP_NET_RAW", CAP_NET_RAW},
    {"CAP_IPC_LOCK", CAP_IPC_LOCK},
    {"CAP_IPC_OWNER", CAP_IPC_OWNER},
    {"CAP_SYS_MODULE", CAP_SYS_MODULE},
    {"CAP_SYS_RAWIO", CAP_SYS_RAWIO},
    {"CAP_SYS_CHROOT", CAP_SYS_CHROOT},
    {"CAP_SYS_PTRACE", CAP_SYS_PTRACE},
    {"CAP_SYS_PACCT", CAP_SYS_PACCT},
    {"CAP_SYS_ADMIN", CAP_SYS_ADMIN},
    {"CAP_SYS_BOOT", CAP_SYS_BOOT},
    {"CAP_SYS_NICE", CAP_SYS_NICE},
    {"CAP_SYS_RESOURCE", CAP_SYS_RESOURCE},
    {"CAP_SYS_TIME", CAP_SYS_TIME},
    {"CAP_SYS_TTY_CONFIG", CAP_SYS_TTY_CONFIG},
    {"CAP_MKNOD", CAP_MKNOD},
    {"CAP_LEASE", CAP_LEASE},
    {"CAP_AUDIT_WRITE", CAP_AUDIT_WRITE},
    {"CAP_AUDIT_CONTROL", CAP_AUDIT_CONTROL},
    {"CAP_SETFCAP", CAP_SETFCAP},
    {"CAP_MAC_OVERRIDE", CAP_MAC_OVERRIDE},
    {"CAP_MAC_ADMIN", CAP_MAC_ADMIN},
    {"CAP_SYSLOG", CAP_SYSLOG},
    {"CAP_WAKE_ALARM", CAP_WAKE_ALARM},
    {"CAP_BLOCK_SUSPEND", CAP_BLOCK_SUSPEND},
    {"CAP_AUDIT_READ", CAP_AUDIT_READ},
    {"CAP_PERFMON", CAP_PERFMON},
    {"CAP_BPF", CAP_BPF},
    {"CAP_CHECKPOINT_RESTORE", CAP_CHECKPOINT_RESTORE},
});
static_assert(kCapabilities.size() == 41);
static_assert([] {
  for (std::size_t i = 0; i < kCapabilities.size(); ++i) {
    if (kCapabilities[i].value != static_cast<int>(i)) {
      return false;
    }
  }
  return true;
}());

constexpr auto kRlimits = std::to_array<Named<int>>({
    {"RLIMIT_CPU", RLIMIT_CPU},
    {"RLIMIT_FSIZE", RLIMIT_FSIZE},
    {"RLIMIT_DATA", RLIMIT_DATA},
    {"RLIMIT_STACK", RLIMIT_STACK},
    {"RLIMIT_CORE", RLIMIT_CORE},
    {"RLIMIT_RSS", RLIMIT_RSS},
    {"RLIMIT_NPROC", RLIMIT_NPROC},
    {"RLIMIT_NOFILE", RLIMIT_NOFILE},
    {"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
    {"RLIMIT_AS", RLIMIT_AS},
    {"RLIMIT_LOCKS", RLIMIT_LOCKS},
    {"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
    {"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
    {"RLIMIT_NICE", RLIMIT_NICE},
    {"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
    {"RLIMIT_RTTIME", RLIMIT_RTTIME},
});

constexpr auto kSignals = std::to_array<Named<int>>({
    {"SIGHUP", SIGHUP},       {"SIGINT", SIGINT},   {"SIGQUIT", SIGQUIT},     {"SIGILL", SIGILL},
    {"SIGTRAP", SIGTRAP},     {"SIGABRT", SIGABRT}, {"SIGIOT", SIGIOT},       {"SIGBUS", SIGBUS},
    {"SIGFPE", SIGFPE},       {"SIGKILL", SIGKILL}, {"SIGUSR1", SIGUSR1},     {"SIGSEGV", SIGSEGV},
    {"SIGUSR2", SIGUSR2},     {"SIGPIPE", SIGPIPE}, {"SIGALRM", SIGALRM},     {"SIGTERM", SIGTERM},
    {"SIGCHLD", SIGCHLD},     {"SIGCLD", SIGCHLD},  {"SIGCONT", SIGCONT},     {"SIGSTOP", SIGSTOP},
    {"SIGTSTP", SIGTSTP},     {"SIGTTIN", SIGTTIN}, {"SIGTTOU", SIGTTOU},     {"SIGURG", SIGURG},
    {"SIGXCPU", SIGXCPU},     {"SIGXFSZ", SIGXFSZ}, {"SIGVTALRM", SIGVTALRM}, {"SIGPROF", SIGPROF},
    {"SIGWINCH", SIGWINCH},   {"SIGIO", SIGIO},     {"SIGPOLL", SIGPOLL},     {"SIGPWR", SIGPWR},
    {"SIGSYS", SIGSYS},
#ifdef SIGSTKFLT
    {"SIGSTKFLT", SIGSTKFLT},
#endif
});
// As programs see them: the C library keeps the kernel's first two to itself.
constexpr int kSigRtMin = 34;
constexpr int kSigRtMax = 64;

constexpr auto kSchedulerPolicies = std::to_array<Named<std::uint32_t>>({
    {"SCHED_OTHER", SCHED_NORMAL},
    {"SCHED_FIFO", SCHED_FIFO},
    {"SCHED_RR", SCHED_RR},
    {"SCHED_BATCH", SCHED_BATCH},
    {"SCHED_ISO", 4},  // reserved by the kernel, which refuses it
    {"SCHED_IDLE", SCHED_IDLE},
    {"SCHED_DEADLINE", SCHED_DEADLINE},
});

constexpr auto kSchedulerFlags = std::to_array<Named<std::uint64_t>>({
    {"SCHED_FLAG_RESET_ON_FORK", SCHED_FLAG_RESET_ON_FORK},
    {"SCHED_FLAG_RECLAIM", SCHED_FLAG_RECLAIM},
    {"SCHED_FLAG_DL_OVERRUN", SCHED_FLAG_DL_OVERRUN},
    {"SCHED_FLAG_KEEP_POLICY", SCHED_FLAG_KEEP_POLICY},
    {"SCHED_FLAG_KEEP_PARAMS", SCHED_FLAG_KEEP_PARAMS},
    {"SCHED_FLAG_UTIL_CLAMP_MIN", SCHED_FLAG_UTIL_CLAMP_MIN},
    {"SCHED_FLAG_UTIL_CLAMP_MAX", SCHED_FLAG_UTIL_CLAMP_MAX},
});

constexpr auto kIoClasses = std::to_array<Named<int>>({
    {"IOPRIO_CLASS_RT", 1},
    {"IOPRIO_CLASS_BE", 2},
    {"IOPRIO_CLASS_IDLE", 3},
});

constexpr auto kMemoryPolicyModes = std::to_array<Named<int>>({
    {"MPOL_DEFAULT", MPOL_DEFAULT},
    {"MPOL_BIND", MPOL_BIND},
    {"MPOL_INTERLEAVE", MPOL_INTERLEAVE},
    {"MPOL_WEIGHTED_INTERLEAVE", 6},  // Linux 6.9
    {"MPOL_PREFERRED", MPOL_PREFERRED},
    {"MPOL_PREFERRED_MANY", MPOL_PREFERRED_MANY},
    {"MPOL_LOCAL", MPOL_LOCAL},
});

constexpr auto kMemoryPolicyFlags = std::to_array<Named<int>>({
    {"MPOL_F_NUMA_BALANCING", MPOL_F_NUMA_BALANCING},
    {"MPOL_F_RELATIVE_NODES", MPOL_F_RELATIVE_NODES},
    {"MPOL_F_STATIC_NODES", MPOL_F_STATIC_NODES},
});

constexpr auto kPersonalities = std::to_array<Named<unsigned long>>({
    {"LINUX", PER_LINUX},
    {"LINUX32", PER_LINUX32},
});

// The spec names four; callers also write the recursive forms of mount(8), as runc takes them.
constexpr auto kRootfsPropagations = std::to_array<Named<std::uint64_t>>({
    {"shared", MS_SHARED},
    {"slave", MS_SLAVE},
    {"private", MS_PRIVATE},
    {"unbindable", MS_UNBINDABLE},
    {"rshared", MS_SHARED | MS_REC},
    {"rslave", MS_SLAVE | MS_REC},
    {"rprivate", MS_PRIVATE | MS_REC},
    {"runbindable", MS_UNBINDABLE | MS_REC},
});

constexpr auto kDeviceTypes = std::to_array<Named<std::uint32_t>>({
    {"c", S_IFCHR},
    {"u", S_IFCHR},
    {"b", S_IFBLK},
    {"p", S_IFIFO},
});

constexpr auto kHookNames = std::to_array<std::string_view>({
    "prestart",
    "createRuntime",
    "createContainer",
    "startContainer",
    "poststart",
    "poststop",
});

std::optional<int> parse_small(std::string_view digits) {
  int value = 0;
  const char* end = digits.data() + digits.size();
  const std::from_chars_result result = std::from_chars(digits.data(), end, value);
  if (result.ec != std::errc() || result.ptr != end || digits.front() == '-') {
    return std::nullopt;
  }
  return value;
}

// "RTMIN", "RTMIN+n", "RTMAX-n" after "SIG".
std::optional<int> find_real_time_signal(std::string_view name) {
  const bool from_min = name.starts_with("RTMIN");
  if (!from_min && !name.starts_with("RTMAX")) {
    return std::nullopt;
  }
  const int base = from_min ? kSigRtMin : kSigRtMax;
  name.remove_prefix(5);
  if (name.empty()) {
    return base;
  }
  if (name.size() < 2 || name.front() != (from_min ? '+' : '-')) {
    return std::nullopt;
  }
  const std::optional<int> step = parse_small(name.substr(1));
  if (!step || *step > kSigRtMax - kSigRtMin) {
    return std::nullopt;
  }
  return from_min ? base + *step : base - *step;
}

}  // namespace

std::span<const NamespaceInfo> namespaces() { return kNamespaces; }
const NamespaceInfo* find_namespace(std::string_view name) { return find_row(kNamespaces, name); }

std::span<const Named<int>> capabilities() { return kCapabilities; }
std::optional<int> find_capability(std::string_view name) {
  return find_value(kCapabilities, name);
}

std::span<const Named<int>> rlimits() { return kRlimits; }
std::optional<int> find_rlimit(std::string_view name) { return find_value(kRlimits, name); }

std::span<const Named<int>> signals() { return kSignals; }
std::optional<int> find_signal(std::string_view name) {
  if (name.empty()) {
    return std::nullopt;
  }
  if (const std::optional<int> number = parse_small(name)) {
    return *number >= 1 && *number <= kSigRtMax ? number : std::nullopt;
  }
  std::string upper;
  for (const char c : name) {
    upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  }
  if (!upper.starts_with("SIG")) {
    upper.insert(0, "SIG");
  }
  if (const std::optional<int> number = find_value(kSignals, upper)) {
    return number;
  }
  return find_real_time_signal(std::string_view(upper).substr(3));
}

std::span<const Named<std::uint32_t>> scheduler_policies() { return kSchedulerPolicies; }
std::optional<std::uint32_t> find_scheduler_policy(std::string_view name) {
  return find_value(kSchedulerPolicies, name);
}

std::span<const Named<std::uint64_t>> scheduler_flags() { return kSchedulerFlags; }
std::optional<std::uint64_t> find_scheduler_flag(std::string_view name) {
  return find_value(kSchedulerFlags, name);
}

std::span<const Named<int>> io_classes() { return kIoClasses; }
std::optional<int> find_io_class(std::string_view name) { return find_value(kIoClasses, name); }

std::span<const Named<int>> memory_policy_modes() { return kMemoryPolicyModes; }
std::optional<int> find_memory_policy_mode(std::string_view name) {
  return find_value(kMemoryPolicyModes, name);
}

std::span<const Named<int>> memory_policy_flags() { return kMemoryPolicyFlags; }
std::optional<int> find_memory_policy_flag(std::string_view name) {
  return find_value(kMemoryPolicyFlags, name);
}

std::span<const Named<unsigned long>> personalities() { return kPersonalities; }
std::optional<unsigned long> find_personality(std::string_view name) {
  return find_value(kPersonalities, name);
}

std::span<const Named<std::uint64_t>> rootfs_propagations() { return kRootfsPropagations; }
std::optional<std::uint64_t> find_rootfs_propagation(std::string_view name) {
  return find_value(kRootfsPropagations, name);
}

std::span<const Named<std::uint32_t>> device_types() { return kDeviceTypes; }
std::optional<std::uint32_t> find_device_type(std::string_view name) {
  return find_value(kDeviceTypes, name);
}

std::span<const std::string_view> hook_names() { return kHookNames; }

}  // namespace plimsoll::spec
