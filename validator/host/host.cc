// What this host cannot give a configuration. SPDX-License-Identifier: Apache-2.0
#include <linux/magic.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "validator/host/look.h"
#include "validator/json/json.h"
#include "validator/spec/vocabulary.h"

namespace plimsoll::host {
namespace {

struct Row {
  Info info;
  void (*check)(const Spec& config, Findings& found);
};

// -- namespaces and ids --

void namespaces(const Spec& config, Findings& found) {
  for (std::size_t i = 0; config.linux && i < config.linux->namespaces.size(); ++i) {
    const spec::NamespaceInfo* info = spec::find_namespace(config.linux->namespaces[i].type);
    if (info != nullptr && !exists(cat("/proc/self/ns/", info->proc_name))) {
      found.add(cat("/linux/namespaces/", i, "/type"),
                cat("the kernel has no ", info->name, " namespaces"));
    }
  }
}

void namespace_limits(const Spec& config, Findings& found) {
  for (std::size_t i = 0; config.linux && i < config.linux->namespaces.size(); ++i) {
    const spec::NamespaceInfo* info = spec::find_namespace(config.linux->namespaces[i].type);
    if (info == nullptr || !config.linux->namespaces[i].path.value_or("").empty()) {
      continue;
    }
    const std::string path = cat("/proc/sys/user/max_", info->proc_name, "_namespaces");
    if (read_text(path) == "0\n") {
      found.add(cat("/linux/namespaces/", i, "/type"), cat(path, " is 0: nobody may make one"));
    }
  }
}

// Without root a namespace for anything else needs a user namespace first.
void rootless(const Spec& config, Findings& found) {
  if (::geteuid() != 0 && config.linux && rules::find_namespace(config, "user") == nullptr) {
    found.add("/linux/namespaces", "without a user namespace only root can start this container");
  }
}

// A file like /proc/self/uid_map: inside, outside, length.
bool is_mapped(const std::vector<std::string>& map, std::uint64_t id) {
  for (std::size_t i = 0; i + 3 <= map.size(); i += 3) {
    std::uint64_t first = 0;
    std::uint64_t count = 0;
    std::from_chars(map[i].data(), map[i].data() + map[i].size(), first);
    std::from_chars(map[i + 2].data(), map[i + 2].data() + map[i + 2].size(), count);
    if (id >= first && id - first < count) {
      return true;
    }
  }
  return false;
}

void id_maps(const Spec& config, Findings& found) {
  const auto check = [&](const std::vector<spec::IdMapping>& mappings, std::string_view file,
                         std::string_view name) {
    const std::vector<std::string> map = words(read_text(cat("/proc/self/", file)).value_or(""));
    for (std::size_t i = 0; !map.empty() && i < mappings.size(); ++i) {
      const std::uint64_t last = mappings[i].host_id + std::uint64_t{mappings[i].size} - 1;
      if (!is_mapped(map, mappings[i].host_id) || !is_mapped(map, last)) {
        found.add(cat("/linux/", name, "/", i, "/hostID"),
                  "the caller's own user namespace does not have all of these ids");
      }
    }
  };
  if (config.linux) {
    check(config.linux->uid_mappings, "uid_map", "uidMappings");
    check(config.linux->gid_mappings, "gid_map", "gidMappings");
  }
}

// -- process --

std::uint64_t status_mask(std::string_view name) {
  const std::vector<std::string> status = words(read_text("/proc/self/status").value_or(""));
  const auto label = std::ranges::find(status, name);
  std::uint64_t mask = 0;
  if (label != status.end() && label + 1 != status.end()) {
    std::from_chars((label + 1)->data(), (label + 1)->data() + (label + 1)->size(), mask, 16);
  }
  return mask;
}

void capabilities(const Spec& config, Findings& found) {
  if (!config.process || !config.process->capabilities || !config.process->capabilities->bounding) {
    return;
  }
  const std::uint64_t own = status_mask("CapBnd:");
  const spec::Strings& names = *config.process->capabilities->bounding;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::optional<int> number = spec::find_capability(names[i]);
    if (number && (own >> *number & 1) == 0) {
      found.add(cat("/process/capabilities/bounding/", i),
                cat("the caller's bounding set has no ", names[i]));
    }
  }
}

void rlimits(const Spec& config, Findings& found) {
  constexpr unsigned kSysResource = 24;  // CAP_SYS_RESOURCE
  if ((status_mask("CapEff:") >> kSysResource & 1) != 0) {
    return;
  }
  for (std::size_t i = 0; config.process && i < config.process->rlimits.size(); ++i) {
    const spec::Rlimit& wanted = config.process->rlimits[i];
    const std::optional<int> resource = spec::find_rlimit(wanted.type);
    struct rlimit own = {};
    if (resource && ::getrlimit(static_cast<__rlimit_resource>(*resource), &own) == 0 &&
        wanted.hard > own.rlim_max) {
      found.add(cat("/process/rlimits/", i, "/hard"),
                cat(wanted.type, ": the caller's hard limit is ", own.rlim_max,
                    ", and it lacks CAP_SYS_RESOURCE"));
    }
  }
}

void apparmor(const Spec& config, Findings& found) {
  const std::string profile =
      config.process ? config.process->apparmor_profile.value_or("") : std::string();
  if (!profile.empty() &&
      !read_text("/sys/module/apparmor/parameters/enabled").value_or("").starts_with('Y')) {
    found.add("/process/apparmorProfile", "AppArmor is not enabled");
  }
}

void selinux(const Spec& config, Findings& found) {
  const bool enabled = exists("/sys/fs/selinux/enforce");
  if (config.process && !config.process->selinux_label.value_or("").empty() && !enabled) {
    found.add("/process/selinuxLabel", "SELinux is not enabled");
  }
  if (config.linux && !config.linux->mount_label.value_or("").empty() && !enabled) {
    found.add("/linux/mountLabel", "SELinux is not enabled");
  }
}

void seccomp_actions(const Spec& config, Findings& found) {
  if (!config.linux || !config.linux->seccomp) {
    return;
  }
  const std::vector<std::string> known =
      words(read_text("/proc/sys/kernel/seccomp/actions_avail").value_or(""));
  if (known.empty()) {
    found.add("/linux/seccomp", "the kernel has no seccomp filters");
  } else if (std::ranges::find(known, "user_notif") == known.end()) {
    for (std::size_t i = 0; i < config.linux->seccomp->syscalls.size(); ++i) {
      if (config.linux->seccomp->syscalls[i].action == "SCMP_ACT_NOTIFY") {
        found.add(cat("/linux/seccomp/syscalls/", i, "/action"),
                  "the kernel cannot notify an agent");
      }
    }
  }
}

// -- file systems --

void file_systems(const Spec& config, Findings& found) {
  const std::vector<std::string> known = words(read_text("/proc/filesystems").value_or(""));
  for (std::size_t i = 0; !known.empty() && i < config.mounts.size(); ++i) {
    const spec::Mount& mount = config.mounts[i];
    const std::string type = mount.type.value_or("");
    const auto has = [&](std::string_view name) {
      return std::ranges::find(mount.options, name) != mount.options.end();
    };
    if (type.empty() || type == "none" || type == "bind" || type == "rbind" || type == "cgroup" ||
        has("bind") || has("rbind") || has("remount")) {
      continue;
    }
    if (std::ranges::find(known, type) == known.end()) {
      found.add(cat("/mounts/", i, "/type"), cat("the kernel has no file system ", type));
    }
  }
}

// -- cgroups --

void controllers(const Spec& config, Findings& found) {
  if (!config.linux || !config.linux->resources) {
    return;
  }
  const spec::Resources& resources = *config.linux->resources;
  const Cgroups cgroups = look_at_cgroups();
  const auto need = [&](bool given, std::string_view controller, std::string_view member) {
    if (given && !cgroups.has(controller)) {
      found.add(cat("/linux/resources/", member),
                cat("this host has no cgroup controller ", controller));
    }
  };
  need(resources.memory.has_value(), "memory", "memory");
  need(resources.cpu && (resources.cpu->shares || resources.cpu->quota), "cpu", "cpu");
  need(resources.cpu && (resources.cpu->cpus || resources.cpu->mems), "cpuset", "cpu");
  need(resources.pids.has_value(), "pids", "pids");
  need(resources.block_io.has_value(), "io", "blockIO");
  need(!resources.hugepage_limits.empty(), "hugetlb", "hugepageLimits");
  need(!resources.rdma.empty(), "rdma", "rdma");
  if (resources.network && resources.network->class_id.value_or(0) != 0) {
    need(true, "net_cls", "network");
  }
}

void unified(const Spec& config, Findings& found) {
  if (config.linux && config.linux->resources && !config.linux->resources->unified.empty() &&
      !look_at_cgroups().v2_controllers) {
    found.add("/linux/resources/unified", "this host's controllers are those of cgroup version 1");
  }
}

void version_one_only(const Spec& config, Findings& found) {
  if (!config.linux || !config.linux->resources) {
    return;
  }
  const spec::Resources& resources = *config.linux->resources;
  if (!look_at_cgroups().v2_controllers) {
    return;
  }
  if (resources.memory && resources.memory->swappiness) {
    found.add("/linux/resources/memory/swappiness", "cgroup version 2 has no such setting");
  }
  if (resources.memory && resources.memory->disable_oom_killer.value_or(false)) {
    found.add("/linux/resources/memory/disableOOMKiller", "cgroup version 2 has no such setting");
  }
  if (resources.cpu && (resources.cpu->realtime_runtime || resources.cpu->realtime_period)) {
    found.add("/linux/resources/cpu", "cgroup version 2 has no real-time limits");
  }
  if (resources.network) {
    found.add("/linux/resources/network", "cgroup version 2 has no such controller");
  }
}

void page_sizes(const Spec& config, Findings& found) {
  for (std::size_t i = 0; config.linux && config.linux->resources &&
                          i < config.linux->resources->hugepage_limits.size();
       ++i) {
    const std::string& size = config.linux->resources->hugepage_limits[i].page_size;
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), number);
    const std::string_view unit(end, static_cast<std::size_t>(size.data() + size.size() - end));
    const std::uint64_t kib = unit == "GB" ? number << 20 : unit == "MB" ? number << 10 : number;
    if (error == std::errc() && !exists(cat("/sys/kernel/mm/hugepages/hugepages-", kib, "kB"))) {
      found.add(cat("/linux/resources/hugepageLimits/", i, "/pageSize"),
                cat("the kernel has no pages of ", size));
    }
  }
}

void check_list(const std::string& list, const std::string& file, const std::string& pointer,
                std::string_view what, Findings& found) {
  const std::string online = read_text(file).value_or("");
  for (const unsigned long number : numbers(list)) {
    if (!online.empty() && !list_has(online, number)) {
      found.add(pointer, cat("this host has no ", what, " ", number));
      return;
    }
  }
}

void processors(const Spec& config, Findings& found) {
  constexpr std::string_view kCpus = "/sys/devices/system/cpu/online";
  constexpr std::string_view kNodes = "/sys/devices/system/node/online";
  const auto check = [&](const std::optional<std::string>& list, std::string_view file,
                         const std::string& pointer, std::string_view what) {
    if (list) {
      check_list(*list, std::string(file), pointer, what, found);
    }
  };
  if (config.linux && config.linux->resources && config.linux->resources->cpu) {
    check(config.linux->resources->cpu->cpus, kCpus, "/linux/resources/cpu/cpus", "processor");
    check(config.linux->resources->cpu->mems, kNodes, "/linux/resources/cpu/mems", "memory node");
  }
  if (config.linux && config.linux->memory_policy) {
    check(config.linux->memory_policy->nodes, kNodes, "/linux/memoryPolicy/nodes", "memory node");
  }
  if (config.process && config.process->exec_cpu_affinity) {
    check(config.process->exec_cpu_affinity->final, kCpus, "/process/execCPUAffinity/final",
          "processor");
    check(config.process->exec_cpu_affinity->initial, kCpus, "/process/execCPUAffinity/initial",
          "processor");
  }
}

// -- the rest --

void net_devices(const Spec& config, Findings& found) {
  for (std::size_t i = 0; config.linux && i < config.linux->net_devices.size(); ++i) {
    const std::string& name = config.linux->net_devices[i].host_name;
    if (name.find('/') == std::string::npos && !exists(cat("/sys/class/net/", name))) {
      std::string pointer = "/linux/netDevices";
      json::append_pointer_token(pointer, name);
      found.add(pointer, cat("this host has no network device ", name));
    }
  }
}

void sysctls(const Spec& config, Findings& found) {
  for (std::size_t i = 0; config.linux && i < config.linux->sysctl.size(); ++i) {
    const std::string& key = config.linux->sysctl[i].first;
    std::string path = key;
    if (path.find('/') == std::string::npos) {
      std::ranges::replace(path, '.', '/');
    }
    // A key of the network may name a device that the container gets later.
    if (path.find("..") == std::string::npos && path.find("/conf/") == std::string::npos &&
        path.find("/neigh/") == std::string::npos && !exists(cat("/proc/sys/", path))) {
      std::string pointer = "/linux/sysctl";
      json::append_pointer_token(pointer, key);
      found.add(pointer, cat("the kernel has no parameter ", key));
    }
  }
}

void intel_rdt(const Spec& config, Findings& found) {
  if (config.linux && config.linux->intel_rdt && !exists("/sys/fs/resctrl/schemata")) {
    found.add("/linux/intelRdt", "no resctrl file system is mounted at /sys/fs/resctrl");
  }
}

void architecture(const Spec& config, Findings& found) {
  struct utsname name = {};
  if (config.linux && config.linux->personality && ::uname(&name) == 0 &&
      config.linux->personality->domain == "LINUX32" &&
      std::string_view(name.machine).find("64") == std::string_view::npos) {
    found.add("/linux/personality/domain", cat("the host is ", std::string_view(name.machine)));
  }
}

constexpr auto kRows = std::to_array<Row>({
    {{"host.namespaces", Level::must, "a kernel with this type of namespace"}, namespaces},
    {{"host.namespace-limits", Level::must, "raise the limit"}, namespace_limits},
    {{"host.rootless", Level::must, "add a user namespace, or be root"}, rootless},
    {{"host.id-maps", Level::must, "ids of /proc/self/uid_map and gid_map"}, id_maps},
    {{"host.capabilities", Level::should, "capabilities that the caller has"}, capabilities},
    {{"host.rlimits", Level::must, "a hard limit no greater than the caller's"}, rlimits},
    {{"host.apparmor", Level::must, "leave the profile out, or enable AppArmor"}, apparmor},
    {{"host.selinux", Level::must, "leave the label out, or enable SELinux"}, selinux},
    {{"host.seccomp", Level::must, "a kernel with the action"}, seccomp_actions},
    {{"host.file-systems", Level::should,
      "a file system of /proc/filesystems; a module may bring it"},
     file_systems},
    {{"host.controllers", Level::must, "enable the controller, or leave the limits out"},
     controllers},
    {{"host.unified", Level::must, "boot with cgroup version 2"}, unified},
    {{"host.cgroup-version-one", Level::should, "leave it out"}, version_one_only},
    {{"host.page-sizes", Level::must, "a size of /sys/kernel/mm/hugepages"}, page_sizes},
    {{"host.processors", Level::must, "processors and memory nodes that are online"}, processors},
    {{"host.net-devices", Level::must, "a device of the caller's network namespace"}, net_devices},
    {{"host.sysctls", Level::should, "a parameter of /proc/sys"}, sysctls},
    {{"host.intel-rdt", Level::must, "mount resctrl"}, intel_rdt},
    {{"host.personality", Level::should, "leave it out"}, architecture},
});

}  // namespace

rules::Report check_host(const Spec& config) {
  rules::Report report;
  Findings found(report, "");
  for (const Row& row : kRows) {
    found.begin(row.info.id, row.info.level, false);
    row.check(config, found);
  }
  return report;
}

std::vector<Info> host_rules() {
  std::vector<Info> out;
  out.reserve(kRows.size());
  for (const Row& row : kRows) {
    out.push_back(row.info);
  }
  return out;
}

}  // namespace plimsoll::host
