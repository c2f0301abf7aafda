// The names that the runtime-spec gives to things of the kernel, and the kernel's values for them:
// one row per name. Every find_* is exact about case unless it says otherwise, and gives nullptr or
// nullopt for an unknown name. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace plimsoll::spec {

// How much of an obligation a runtime has to support a name.
enum class Support : std::uint8_t { must, should, may };

template <typename T>
struct Named {
  std::string_view name;
  T value;
};

// -- namespaces --

struct NamespaceInfo {
  std::string_view name;       // "network"
  std::string_view proc_name;  // below /proc/PID/ns: "net"
  int clone_flag = 0;          // CLONE_NEW*
};
// In the order in which they must be joined: user first, so that the rest can be.
std::span<const NamespaceInfo> namespaces();
const NamespaceInfo* find_namespace(std::string_view name);

// -- mount options --

enum class MountOptionKind : std::uint8_t {
  flag,          // sets MS_* (and may clear others)
  clear,         // clears MS_*
  propagation,   // MS_PRIVATE … | MS_REC, a mount(2) call of its own
  recursive,     // mount_setattr(2) with AT_RECURSIVE
  data_special,  // handled by the runtime: idmap, ridmap, tmpcopyup
};

// An option that comes later overrides: flags = (flags & ~clear) | set, and for the recursive ones
// attr_set = (attr_set & ~row.attr_clr) | row.attr_set, attr_clr |= row.attr_clr.
struct MountOption {
  std::string_view name;
  MountOptionKind kind = MountOptionKind::flag;
  std::uint64_t set = 0;       // MS_*
  std::uint64_t clear = 0;     // MS_*
  std::uint64_t attr_set = 0;  // MOUNT_ATTR_*
  std::uint64_t attr_clr = 0;  // MOUNT_ATTR_*
  Support level = Support::must;
};
std::span<const MountOption> mount_options();
const MountOption* find_mount_option(std::string_view name);

// -- process --

std::span<const Named<int>> capabilities();  // CAP_*: row n is capability n
std::optional<int> find_capability(std::string_view name);
std::span<const Named<int>> rlimits();  // RLIMIT_*
std::optional<int> find_rlimit(std::string_view name);
// "SIGTERM", "TERM" in any case, "15", "SIGRTMIN+3", "RTMAX-1"; 1 to 64.
std::optional<int> find_signal(std::string_view name);
std::span<const Named<int>> signals();  // "SIGHUP" …, without the real-time ones

std::span<const Named<std::uint32_t>> scheduler_policies();  // SCHED_*
std::optional<std::uint32_t> find_scheduler_policy(std::string_view name);
std::span<const Named<std::uint64_t>> scheduler_flags();  // SCHED_FLAG_*
std::optional<std::uint64_t> find_scheduler_flag(std::string_view name);
// IOPRIO_CLASS_* and the place of a class in an I/O priority (man 2 ioprio_set). <linux/ioprio.h>
// is not for C++: newer ones have a parameter named "class".
std::span<const Named<int>> io_classes();  // not shifted
inline constexpr int kIoClassShift = 13;
std::optional<int> find_io_class(std::string_view name);
std::span<const Named<int>> memory_policy_modes();  // MPOL_*
std::optional<int> find_memory_policy_mode(std::string_view name);
std::span<const Named<int>> memory_policy_flags();  // MPOL_F_*
std::optional<int> find_memory_policy_flag(std::string_view name);
std::span<const Named<unsigned long>> personalities();  // "LINUX", "LINUX32"
std::optional<unsigned long> find_personality(std::string_view name);

// -- root filesystem --

// MS_SHARED, MS_SLAVE, MS_PRIVATE or MS_UNBINDABLE, with MS_REC for the r-forms.
std::span<const Named<std::uint64_t>> rootfs_propagations();
std::optional<std::uint64_t> find_rootfs_propagation(std::string_view name);
// "c", "u", "b", "p" and the file type S_IFCHR, S_IFBLK, S_IFIFO.
std::span<const Named<std::uint32_t>> device_types();
std::optional<std::uint32_t> find_device_type(std::string_view name);

// -- seccomp --

struct SeccompAction {
  std::string_view name;            // "SCMP_ACT_ERRNO"
  std::uint32_t kernel_action = 0;  // SECCOMP_RET_*
  bool takes_errno = false;         // errnoRet has a meaning: SCMP_ACT_ERRNO and SCMP_ACT_TRACE
};
std::span<const SeccompAction> seccomp_actions();
const SeccompAction* find_seccomp_action(std::string_view name);
// SCMP_CMP_*, by libseccomp's numbers (enum scmp_compare).
std::span<const Named<int>> seccomp_operators();
std::optional<int> find_seccomp_operator(std::string_view name);
// "SCMP_ARCH_X86_64" and libseccomp's token: AUDIT_ARCH_*, but for x32, which has none.
std::span<const Named<std::uint32_t>> seccomp_architectures();
std::optional<std::uint32_t> find_seccomp_architecture(std::string_view name);
// "SECCOMP_FILTER_FLAG_LOG" and the flag of seccomp(2).
std::span<const Named<std::uint32_t>> seccomp_flags();
std::optional<std::uint32_t> find_seccomp_flag(std::string_view name);

// -- hooks --

std::span<const std::string_view> hook_names();  // in the order in which they run

}  // namespace plimsoll::spec
