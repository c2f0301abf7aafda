// The floor's process: what is set between the mounts and exec.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <stdexcept>

#include "bench/floor/filters.h"
#include "bench/floor/parts.h"
#include "bench/measure/files.h"

namespace plimsoll::bench {
namespace {

// In the order of their numbers (man 7 capabilities).
constexpr auto kCapabilities = std::to_array<std::string_view>({
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
});

constexpr std::pair<std::string_view, int> kLimits[] = {
    {"RLIMIT_AS", RLIMIT_AS},
    {"RLIMIT_CORE", RLIMIT_CORE},
    {"RLIMIT_CPU", RLIMIT_CPU},
    {"RLIMIT_DATA", RLIMIT_DATA},
    {"RLIMIT_FSIZE", RLIMIT_FSIZE},
    {"RLIMIT_LOCKS", RLIMIT_LOCKS},
    {"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
    {"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
    {"RLIMIT_NICE", RLIMIT_NICE},
    {"RLIMIT_NOFILE", RLIMIT_NOFILE},
    {"RLIMIT_NPROC", RLIMIT_NPROC},
    {"RLIMIT_RSS", RLIMIT_RSS},
    {"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
    {"RLIMIT_RTTIME", RLIMIT_RTTIME},
    {"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
    {"RLIMIT_STACK", RLIMIT_STACK},
};

constexpr std::pair<std::string_view, unsigned long> kNamespaces[] = {
    {"pid", CLONE_NEWPID},   {"network", CLONE_NEWNET}, {"ipc", CLONE_NEWIPC},
    {"uts", CLONE_NEWUTS},   {"mount", CLONE_NEWNS},    {"cgroup", CLONE_NEWCGROUP},
    {"user", CLONE_NEWUSER},
};

std::uint64_t capability_mask(const Json& process, const char* set) {
  std::uint64_t mask = 0;
  const Json names = process.value("capabilities", Json::object()).value(set, Json::array());
  for (const Json& name : names) {
    const std::string bare = name.get<std::string>().substr(4);
    const auto* place = std::ranges::find(kCapabilities, bare);
    if (place != kCapabilities.end()) {
      mask |= std::uint64_t{1} << (place - kCapabilities.begin());
    }
  }
  return mask;
}

void drop_bounding_set(ScriptBuilder& script, std::uint64_t kept) {
  const int last = std::stoi(read_file("/proc/sys/kernel/cap_last_cap"));
  for (int capability = 0; capability <= last; ++capability) {
    if ((kept >> capability & 1U) == 0) {
      script.call(SYS_prctl, {PR_CAPBSET_DROP, capability, 0, 0, 0});
    }
  }
}

void set_capabilities(ScriptBuilder& script, const Json& process) {
  __user_cap_header_struct header{};
  header.version = _LINUX_CAPABILITY_VERSION_3;
  const std::uint64_t effective = capability_mask(process, "effective");
  const std::uint64_t permitted = capability_mask(process, "permitted");
  const std::uint64_t inheritable = capability_mask(process, "inheritable");
  std::array<__user_cap_data_struct, 2> data{};
  for (unsigned half = 0; half < 2; ++half) {
    data.at(half) = {.effective = static_cast<std::uint32_t>(effective >> (32 * half)),
                     .permitted = static_cast<std::uint32_t>(permitted >> (32 * half)),
                     .inheritable = static_cast<std::uint32_t>(inheritable >> (32 * half))};
  }
  script.call(SYS_capset,
              {script.bytes({reinterpret_cast<const char*>(&header), sizeof header}),
               script.bytes({reinterpret_cast<const char*>(data.data()), sizeof data})});
}

void load_filter(ScriptBuilder& script, const Json& seccomp) {
  const std::string filter = seccomp_filter(seccomp);
  const auto instructions = script.bytes(filter);
  sock_fprog program{};
  program.len = static_cast<unsigned short>(filter.size() / sizeof(sock_filter));
  const auto place = script.bytes({reinterpret_cast<const char*>(&program), sizeof program});
  script.store(ScriptBuilder::behind(place, offsetof(sock_fprog, filter)), instructions);
  script.call(SYS_seccomp, {SECCOMP_SET_MODE_FILTER, 0, place});
}

void raise_loopback(ScriptBuilder& script) {
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  const Saved socket = script.call(SYS_socket, {AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0});
  script.call(SYS_ioctl, {socket, SIOCSIFFLAGS,
                          script.bytes({reinterpret_cast<const char*>(&request), sizeof request})});
  script.call(SYS_close, {socket});
}

void set_namespaces(ScriptBuilder& script, const FloorScene& scene) {
  if (scene.has_namespace("network")) {
    raise_loopback(script);
  }
  const auto hostname = scene.config.value("hostname", std::string());
  if (!hostname.empty()) {
    script.call(SYS_sethostname, {script.text(hostname), static_cast<long>(hostname.size())});
  }
}

void set_limits(ScriptBuilder& script, const Json& process) {
  for (const Json& limit : process.value("rlimits", Json::array())) {
    const auto* row = std::ranges::find(kLimits, limit.at("type").get<std::string>(),
                                        &std::pair<std::string_view, int>::first);
    if (row == std::end(kLimits)) {
      throw std::runtime_error("the floor does not know " + limit.at("type").dump());
    }
    const rlimit64 values{.rlim_cur = limit.at("soft"), .rlim_max = limit.at("hard")};
    script.call(
        SYS_prlimit64,
        {0, row->second, script.bytes({reinterpret_cast<const char*>(&values), sizeof values}), 0});
  }
}

}  // namespace

bool FloorScene::has_namespace(std::string_view type) const {
  for (const Json& one : config["linux"].value("namespaces", Json::array())) {
    if (one.at("type") == type && !one.contains("path")) {
      return true;
    }
  }
  return false;
}

unsigned long namespace_flags(const FloorScene& scene) {
  unsigned long flags = 0;
  for (const auto& [type, flag] : kNamespaces) {
    flags |= scene.has_namespace(type) ? flag : 0UL;
  }
  return flags;
}

void set_process(ScriptBuilder& script, const FloorScene& scene, bool for_init) {
  const Json& process = scene.config.at("process");
  if (for_init) {
    set_namespaces(script, scene);
    script.call(SYS_keyctl, {KEYCTL_JOIN_SESSION_KEYRING, 0});
  }
  set_limits(script, process);
  drop_bounding_set(script, capability_mask(process, "bounding"));
  const bool no_new_privileges = process.value("noNewPrivileges", false);
  if (no_new_privileges) {
    script.call(SYS_prctl, {PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0});
  }
  const Json linux = scene.config.value("linux", Json::object());
  const bool filtered = linux.contains("seccomp");
  // Without no_new_privs only CAP_SYS_ADMIN may load a filter: before the capabilities go.
  if (filtered && !no_new_privileges) {
    load_filter(script, linux["seccomp"]);
  }
  set_capabilities(script, process);
  if (filtered && no_new_privileges) {
    load_filter(script, linux["seccomp"]);
  }
}

void execute(ScriptBuilder& script, const FloorScene& scene) {
  const Json& process = scene.config.at("process");
  const auto args = process.at("args").get<std::vector<std::string>>();
  const auto env = process.value("env", std::vector<std::string>());
  const auto argv = script.text_array(args);
  const auto envp = script.text_array(env);
  script.call(SYS_execve, {script.text(args.at(0)), argv, envp});
}

}  // namespace plimsoll::bench
