// The system call filter: absent, switched off, or open where it should not be.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "validator/lint/row.h"

namespace plimsoll::lint {
namespace {

const spec::Seccomp* profile_of(const Spec& config) {
  return config.linux && config.linux->seccomp ? &*config.linux->seccomp : nullptr;
}

bool lets_through(std::string_view action) {
  return action == "SCMP_ACT_ALLOW" || action == "SCMP_ACT_LOG" || action == "SCMP_ACT_TRACE";
}

void absent(const Spec& config, const Row& /*row*/, Findings& found) {
  if (config.linux && profile_of(config) == nullptr) {
    found.add("/linux/seccomp", "no system call is filtered");
  }
}

void default_allows(const Spec& config, const Row& /*row*/, Findings& found) {
  const spec::Seccomp* profile = profile_of(config);
  if (profile != nullptr && lets_through(profile->default_action)) {
    found.add("/linux/seccomp/defaultAction", "what no rule names is let through");
  }
}

// Any of the calls is let through whatever its arguments are. A default that allows is another
// rule's finding.
void allows_call(const Spec& config, const Row& row, Findings& found) {
  const spec::Seccomp* profile = profile_of(config);
  for (std::size_t i = 0; profile != nullptr && i < profile->syscalls.size(); ++i) {
    const spec::SeccompSyscall& rule = profile->syscalls[i];
    if (!lets_through(rule.action) || !rule.args.empty()) {
      continue;
    }
    for (std::size_t j = 0; j < rule.names.size(); ++j) {
      if (cat(" ", row.subject, " ").find(cat(" ", rule.names[j], " ")) != std::string::npos) {
        found.add(cat("/linux/seccomp/syscalls/", i, "/names/", j),
                  cat("'", rule.names[j], "' is allowed"));
      }
    }
  }
}

void speculation(const Spec& config, const Row& /*row*/, Findings& found) {
  const spec::Seccomp* profile = profile_of(config);
  for (std::size_t i = 0; profile != nullptr && profile->flags && i < profile->flags->size(); ++i) {
    if ((*profile->flags)[i] == "SECCOMP_FILTER_FLAG_SPEC_ALLOW") {
      found.add(cat("/linux/seccomp/flags/", i), "the filter leaves speculation unmitigated");
    }
  }
}

void listener_in_shared_folder(const Spec& config, const Row& /*row*/, Findings& found) {
  const spec::Seccomp* profile = profile_of(config);
  const std::string path =
      profile != nullptr ? clean_path(profile->listener_path.value_or("")) : "/";
  for (const std::string_view folder : {"/tmp", "/var/tmp", "/dev/shm"}) {
    if (is_at_or_below(path, folder)) {
      found.add("/linux/seccomp/listenerPath", cat("any user may write to ", folder));
    }
  }
}

constexpr std::string_view kNoCall = "take the call out of the rule";

constexpr auto kRows = std::to_array<Row>({
    {{"risk.seccomp.absent", Level::risk, "use the default profile of your engine",
      "all of the kernel's system calls, those with last week's faults too"},
     absent,
     ""},
    {{"risk.seccomp.default-allow", Level::risk, "SCMP_ACT_ERRNO, and list what is allowed",
      "every call that is not listed, and each that a later kernel adds"},
     default_allows,
     ""},
    {{"risk.seccomp.kexec", Level::risk, kNoCall, "a kernel of the attacker's choice"},
     allows_call,
     "kexec_load kexec_file_load reboot"},
    {{"risk.seccomp.modules", Level::risk, kNoCall, "own code in the host's kernel"},
     allows_call,
     "init_module finit_module delete_module create_module"},
    {{"risk.seccomp.mount", Level::risk, kNoCall,
      "mounts, where a capability is won: masks and read-only paths are taken off"},
     allows_call,
     "mount umount umount2 fsopen fsmount fsconfig move_mount open_tree mount_setattr "
     "pivot_root"},
    {{"risk.seccomp.bpf", Level::risk, kNoCall,
      "the verifier's faults: reads and writes in the kernel"},
     allows_call,
     "bpf"},
    {{"risk.seccomp.perf", Level::risk, kNoCall,
      "counters and traces that tell other tenants' secrets"},
     allows_call,
     "perf_event_open"},
    {{"risk.seccomp.userfaultfd", Level::risk, kNoCall,
      "races in the kernel that are won every time: pages that stop it where the attacker likes"},
     allows_call,
     "userfaultfd"},
    {{"risk.seccomp.file-handles", Level::risk, kNoCall,
      "any file of a mounted file system, outside the container's root too"},
     allows_call,
     "open_by_handle_at"},
    {{"risk.seccomp.namespaces", Level::risk, kNoCall,
      "a user namespace of its own, and in it the kernel code that only root could reach"},
     allows_call,
     "unshare setns"},
    {{"risk.seccomp.clock", Level::risk, kNoCall, "the host's clock"},
     allows_call,
     "settimeofday stime clock_settime clock_adjtime adjtimex"},
    {{"risk.seccomp.raw-io", Level::risk, kNoCall, "the hardware's ports"},
     allows_call,
     "iopl ioperm"},
    {{"risk.seccomp.swap", Level::risk, kNoCall, "the host's swap, and with it others' memory"},
     allows_call,
     "swapon swapoff"},
    {{"risk.seccomp.io-uring", Level::risk, kNoCall,
      "file and network work that the filter does not see, and a young subsystem's faults"},
     allows_call,
     "io_uring_setup io_uring_enter io_uring_register"},
    {{"risk.seccomp.speculation", Level::risk, "leave SECCOMP_FILTER_FLAG_SPEC_ALLOW out",
      "memory of other programs by speculative store bypass"},
     speculation,
     ""},
    {{"risk.seccomp.listener-folder", Level::risk, "a folder that only root may write",
      "the say over every call that the filter asks the agent about"},
     listener_in_shared_folder,
     ""},
});

}  // namespace

std::span<const Row> seccomp_rows() { return kRows; }

}  // namespace plimsoll::lint
