// The seccomp profile of the Podman-like bundle.
// SPDX-License-Identifier: Apache-2.0
#include "bench/bundle/seccomp_profile.h"

#include <sys/socket.h>

#include <initializer_list>

#include "bench/bundle/allowed_calls_table.h"

namespace plimsoll::bench {
namespace {

constexpr unsigned kEperm = 1;
constexpr unsigned kEnosys = 38;
// The namespace flags of clone(2) that an engine's profile looks for.
constexpr std::uint64_t kNamespaceFlags = 0x7E020000;

Json rule(std::string_view action, std::initializer_list<std::string_view> names) {
  return {{"names", Json(names)}, {"action", action}};
}

Json allow_if(std::string_view name, std::uint64_t value, std::string_view op) {
  Json allowed = rule("SCMP_ACT_ALLOW", {name});
  allowed["args"] = Json::array({{{"index", 0}, {"value", value}, {"op", op}}});
  return allowed;
}

Json refuse(std::initializer_list<std::string_view> names, unsigned error) {
  Json refused = rule("SCMP_ACT_ERRNO", names);
  refused["errnoRet"] = error;
  return refused;
}

}  // namespace

Json engine_seccomp_profile() {
  Json rules = Json::array();
  rules.push_back({{"names", kAllowedCalls}, {"action", "SCMP_ACT_ALLOW"}});
  for (const std::uint64_t persona : {0x0U, 0x8U, 0x20000U, 0x20008U, 0xFFFFFFFFU}) {
    rules.push_back(allow_if("personality", persona, "SCMP_CMP_EQ"));
  }
  rules.push_back(rule("SCMP_ACT_ALLOW", {"arch_prctl"}));
  rules.push_back(rule("SCMP_ACT_ALLOW", {"modify_ldt"}));
  rules.push_back(rule("SCMP_ACT_ALLOW", {"ptrace", "process_vm_readv", "process_vm_writev"}));
  rules.push_back(rule("SCMP_ACT_ALLOW", {"chroot"}));
  rules.push_back(rule("SCMP_ACT_ALLOW", {"name_to_handle_at"}));
  for (const int family : {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK}) {
    rules.push_back(allow_if("socket", static_cast<std::uint64_t>(family), "SCMP_CMP_EQ"));
  }
  Json clone = rule("SCMP_ACT_ALLOW", {"clone"});
  clone["args"] = Json::array(
      {{{"index", 0}, {"value", kNamespaceFlags}, {"valueTwo", 0}, {"op", "SCMP_CMP_MASKED_EQ"}}});
  rules.push_back(clone);
  rules.push_back(refuse({"clone3"}, kEnosys));
  rules.push_back(refuse({"bpf", "fanotify_init", "lookup_dcookie", "perf_event_open", "quotactl",
                          "quotactl_fd", "setdomainname", "sethostname", "setns", "unshare"},
                         kEperm));
  rules.push_back(refuse({"mount", "umount", "umount2", "fsconfig", "fsmount", "fsopen", "fspick",
                          "move_mount", "mount_setattr", "open_tree", "pivot_root"},
                         kEperm));
  rules.push_back(refuse({"delete_module", "init_module", "finit_module", "kexec_load",
                          "kexec_file_load", "reboot", "swapon", "swapoff", "syslog", "vhangup"},
                         kEperm));
  rules.push_back(
      refuse({"add_key", "keyctl", "request_key", "userfaultfd", "acct", "kcmp"}, kEperm));
  rules.push_back(refuse({"clock_settime", "clock_settime64", "settimeofday", "stime"}, kEperm));
  return {{"defaultAction", "SCMP_ACT_ERRNO"},
          {"defaultErrnoRet", kEnosys},
          {"architectures", {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"}},
          {"syscalls", rules}};
}

}  // namespace plimsoll::bench
