// Capabilities that make root of the container as good as root of the host (man 7 capabilities).
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "validator/lint/row.h"

namespace plimsoll::lint {
namespace {

struct Set {
  std::string_view name;
  std::optional<spec::Strings> spec::Capabilities::* member;
};
constexpr auto kSets = std::to_array<Set>({
    {"effective", &spec::Capabilities::effective},
    {"permitted", &spec::Capabilities::permitted},
    {"ambient", &spec::Capabilities::ambient},
    {"inheritable", &spec::Capabilities::inheritable},
    {"bounding", &spec::Capabilities::bounding},
});

// Once, in the set that gives the most.
void find_capability(const Spec& config, const Row& row, Findings& found) {
  if (!config.process || !config.process->capabilities) {
    return;
  }
  for (const Set& set : kSets) {
    const auto& names = (*config.process->capabilities).*set.member;
    for (std::size_t i = 0; names && i < names->size(); ++i) {
      if ((*names)[i] == row.subject) {
        found.add(cat("/process/capabilities/", set.name, "/", i),
                  cat("the container has ", row.subject));
        return;
      }
    }
  }
}

// Its power ends at the user namespace's border.
void without_user_namespace(const Spec& config, const Row& row, Findings& found) {
  if (!has_user_namespace(config)) {
    find_capability(config, row, found);
  }
}

void inheritable(const Spec& config, const Row& /*row*/, Findings& found) {
  if (!config.process || !config.process->capabilities) {
    return;
  }
  const spec::Capabilities& sets = *config.process->capabilities;
  if (sets.inheritable && !sets.inheritable->empty() &&
      sets.ambient.value_or(spec::Strings()).empty()) {
    found.add("/process/capabilities/inheritable", "inheritable capabilities without ambient ones");
  }
}

void ambient_for_user(const Spec& config, const Row& /*row*/, Findings& found) {
  if (config.process && config.process->user.uid != 0 && config.process->capabilities &&
      !config.process->capabilities->ambient.value_or(spec::Strings()).empty()) {
    found.add("/process/capabilities/ambient",
              "every program that the container's user starts keeps the ambient capabilities");
  }
}

constexpr std::string_view kDrop =
    "leave it out of every set, or give the container a user namespace";

constexpr auto kRows = std::to_array<Row>({
    {{"risk.capability.sys-admin", Level::risk, "leave CAP_SYS_ADMIN out of every set",
      "mounts, namespaces, cgroup release agents and most of the kernel's administrative calls: "
      "the "
      "classic ways out of a container begin here"},
     find_capability,
     "CAP_SYS_ADMIN"},
    {{"risk.capability.sys-module", Level::risk, kDrop, "own code in the host's kernel"},
     without_user_namespace,
     "CAP_SYS_MODULE"},
    {{"risk.capability.sys-rawio", Level::risk, kDrop,
      "I/O ports, /dev/mem and raw commands to disks: the host's memory and data"},
     without_user_namespace,
     "CAP_SYS_RAWIO"},
    {{"risk.capability.sys-ptrace", Level::risk, kDrop,
      "memory and descriptors of every process that the container can see, past their own rules"},
     without_user_namespace,
     "CAP_SYS_PTRACE"},
    {{"risk.capability.sys-boot", Level::risk, kDrop,
      "a restart of the host, or a kernel of the attacker's choice by kexec"},
     without_user_namespace,
     "CAP_SYS_BOOT"},
    {{"risk.capability.sys-time", Level::risk, kDrop,
      "the host's clock: certificates, logs and tokens of every program stop being right"},
     without_user_namespace,
     "CAP_SYS_TIME"},
    {{"risk.capability.sys-resource", Level::risk, kDrop,
      "limits of its own choice: quotas, rlimits and reserved disk blocks no longer hold it"},
     without_user_namespace,
     "CAP_SYS_RESOURCE"},
    {{"risk.capability.sys-nice", Level::risk, kDrop,
      "real-time priority and other processes' CPUs: it can starve the host"},
     without_user_namespace,
     "CAP_SYS_NICE"},
    {{"risk.capability.sys-pacct", Level::risk, kDrop,
      "the host's process accounting, switched off or written to a file of its choice"},
     without_user_namespace,
     "CAP_SYS_PACCT"},
    {{"risk.capability.sys-tty-config", Level::risk, kDrop,
      "the host's consoles: hang-ups and keyboard maps of who is logged in there"},
     without_user_namespace,
     "CAP_SYS_TTY_CONFIG"},
    {{"risk.capability.dac-read-search", Level::risk, kDrop,
      "any file of the host by open_by_handle_at, outside the container's root too"},
     without_user_namespace,
     "CAP_DAC_READ_SEARCH"},
    {{"risk.capability.linux-immutable", Level::risk, kDrop,
      "files that stay: append-only and immutable marks on mounted host files, set or taken away"},
     without_user_namespace,
     "CAP_LINUX_IMMUTABLE"},
    {{"risk.capability.net-admin", Level::risk, "leave CAP_NET_ADMIN out of every set",
      "addresses, routes and firewall of its network namespace, and netfilter's parsers, a steady "
      "source of kernel faults"},
     find_capability,
     "CAP_NET_ADMIN"},
    {{"risk.capability.net-raw", Level::risk, "leave CAP_NET_RAW out: ping works without it",
      "forged packets: ARP and DNS answers in other containers' names"},
     find_capability,
     "CAP_NET_RAW"},
    {{"risk.capability.bpf", Level::risk, kDrop,
      "programs in the kernel that read its memory and, with a fault in the verifier, write it"},
     without_user_namespace,
     "CAP_BPF"},
    {{"risk.capability.perfmon", Level::risk, kDrop,
      "samples and traces of the whole host, addresses of the kernel included"},
     without_user_namespace,
     "CAP_PERFMON"},
    {{"risk.capability.syslog", Level::risk, kDrop,
      "the kernel's log and its hidden addresses, which exploits need"},
     without_user_namespace,
     "CAP_SYSLOG"},
    {{"risk.capability.mac-admin", Level::risk, kDrop,
      "the host's mandatory access policy: profiles can be replaced"},
     without_user_namespace,
     "CAP_MAC_ADMIN"},
    {{"risk.capability.mac-override", Level::risk, kDrop,
      "freedom from Smack's mandatory access rules"},
     without_user_namespace,
     "CAP_MAC_OVERRIDE"},
    {{"risk.capability.audit-control", Level::risk, kDrop,
      "the host's audit rules: an attack need not leave a trace"},
     without_user_namespace,
     "CAP_AUDIT_CONTROL"},
    {{"risk.capability.audit-read", Level::risk, kDrop,
      "the host's audit records: what every other program does"},
     without_user_namespace,
     "CAP_AUDIT_READ"},
    {{"risk.capability.checkpoint-restore", Level::risk, kDrop,
      "process ids of its choice and other processes' memory maps"},
     without_user_namespace,
     "CAP_CHECKPOINT_RESTORE"},
    {{"risk.capability.block-suspend", Level::risk, kDrop, "a host that cannot go to sleep"},
     without_user_namespace,
     "CAP_BLOCK_SUSPEND"},
    {{"risk.capability.wake-alarm", Level::risk, kDrop, "timers that wake the host"},
     without_user_namespace,
     "CAP_WAKE_ALARM"},
    {{"risk.capability.inheritable", Level::risk, "leave the inheritable set empty",
      "programs with inheritable file capabilities give them to any user of the container "
      "(CVE-2022-24769)"},
     inheritable,
     ""},
    {{"risk.capability.ambient", Level::risk,
      "leave the ambient set empty, and give single programs file capabilities",
      "a fault in any program of an unprivileged user yields its capabilities"},
     ambient_for_user,
     ""},
});

}  // namespace

std::span<const Row> capability_rows() { return kRows; }

}  // namespace plimsoll::lint
