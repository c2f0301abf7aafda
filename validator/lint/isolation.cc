// What keeps the container apart from the host: namespaces, id maps, the process's own limits,
// masked paths, LSM labels. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "validator/lint/row.h"

namespace plimsoll::lint {
namespace {

// -- namespaces --

void shares_namespace(const Spec& config, const Row& row, Findings& found) {
  if (config.linux && rules::find_namespace(config, row.subject) == nullptr) {
    found.add("/linux/namespaces",
              cat("the container shares the host's ", row.subject, " namespace"));
  }
}

// A root of the container that is root of the host.
void no_user_namespace(const Spec& config, const Row& /*row*/, Findings& found) {
  if (config.linux && config.process && config.process->user.uid == 0 &&
      !has_user_namespace(config)) {
    found.add("/process/user/uid", "root of the container is root of the host");
  }
}

void joins_init(const Spec& config, const Row& /*row*/, Findings& found) {
  for (std::size_t i = 0; config.linux && i < config.linux->namespaces.size(); ++i) {
    const std::string path = clean_path(config.linux->namespaces[i].path.value_or(""));
    if (is_at_or_below(path, "/proc/1/ns")) {
      found.add(
          cat("/linux/namespaces/", i, "/path"),
          cat("the container joins the host's ", config.linux->namespaces[i].type, " namespace"));
    }
  }
}

void maps_host_root(const Spec& config, const Row& /*row*/, Findings& found) {
  const auto check = [&](const std::vector<spec::IdMapping>& mappings, std::string_view name) {
    for (std::size_t i = 0; i < mappings.size(); ++i) {
      if (mappings[i].host_id == 0 && mappings[i].size > 0) {
        found.add(cat("/linux/", name, "/", i, "/hostID"),
                  cat("id ", mappings[i].container_id, " of the container is id 0 of the host"));
      }
    }
  };
  if (config.linux) {
    check(config.linux->uid_mappings, "uidMappings");
    check(config.linux->gid_mappings, "gidMappings");
  }
}

// -- process --

void new_privileges(const Spec& config, const Row& /*row*/, Findings& found) {
  if (config.process && !config.process->no_new_privileges) {
    found.add("/process/noNewPrivileges", "set-user-ID programs of the image may gain privileges");
  }
}

void apparmor_unconfined(const Spec& config, const Row& /*row*/, Findings& found) {
  if (config.process && config.process->apparmor_profile == "unconfined") {
    found.add("/process/apparmorProfile", "AppArmor does not confine the container");
  }
}

void selinux_unconfined(const Spec& config, const Row& /*row*/, Findings& found) {
  const std::string label =
      config.process ? config.process->selinux_label.value_or("") : std::string();
  for (const std::string_view type :
       {":spc_t", ":unconfined_t", ":container_runtime_t", ":init_t", ":kernel_t"}) {
    if (label.find(type) != std::string::npos) {
      found.add("/process/selinuxLabel", cat("SELinux does not confine '", label, "'"));
      return;
    }
  }
}

void oom_protected(const Spec& config, const Row& /*row*/, Findings& found) {
  if (config.process && config.process->oom_score_adj.value_or(0) < -500) {
    found.add("/process/oomScoreAdj",
              "the kernel kills the host's own programs before the container");
  }
}

// A name ends with one of these, and the value is not empty.
constexpr auto kSecretNames =
    std::to_array<std::string_view>({"PASSWORD", "PASSWD", "SECRET", "TOKEN", "API_KEY", "APIKEY",
                                     "PRIVATE_KEY", "ACCESS_KEY", "SECRET_KEY", "CREDENTIALS"});

void secret_in_env(const Spec& config, const Row& /*row*/, Findings& found) {
  for (std::size_t i = 0; config.process && i < config.process->env.size(); ++i) {
    const std::string& entry = config.process->env[i];
    const std::size_t equals = entry.find('=');
    if (equals == std::string::npos || equals + 1 == entry.size()) {
      continue;
    }
    std::string name = entry.substr(0, equals);
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    if (std::ranges::any_of(kSecretNames,
                            [&](std::string_view end) { return name.ends_with(end); })) {
      found.add(cat("/process/env/", i),
                cat("'", entry.substr(0, equals), "' looks like a secret"));
    }
  }
}

void preload_in_env(const Spec& config, const Row& /*row*/, Findings& found) {
  for (std::size_t i = 0; config.process && i < config.process->env.size(); ++i) {
    for (const std::string_view name : {"LD_PRELOAD=", "LD_AUDIT=", "LD_LIBRARY_PATH="}) {
      if (config.process->env[i].starts_with(name)) {
        found.add(cat("/process/env/", i),
                  cat(name.substr(0, name.size() - 1), " puts code into every program"));
      }
    }
  }
}

void root_group(const Spec& config, const Row& /*row*/, Findings& found) {
  if (!config.process || config.process->user.uid == 0 || has_user_namespace(config)) {
    return;
  }
  const spec::User& user = config.process->user;
  if (user.gid == 0) {
    found.add("/process/user/gid", "the user is not root, yet in the host's group root");
  }
  for (std::size_t i = 0; i < user.additional_gids.size(); ++i) {
    if (user.additional_gids[i] == 0) {
      found.add(cat("/process/user/additionalGids/", i),
                "the user is not root, yet in the host's group root");
    }
  }
}

// -- masked and read-only paths --

bool covers(const spec::Strings& paths, std::string_view path) {
  return std::ranges::any_of(
      paths, [&](const std::string& entry) { return is_at_or_below(path, clean_path(entry)); });
}

// What hides the paths of a proc; without a proc there is nothing to hide.
const spec::Linux* linux_with_proc(const Spec& config) {
  const bool has_proc = std::ranges::any_of(config.mounts, [](const spec::Mount& mount) {
    return mount.type == "proc" && clean_path(mount.destination) == "/proc";
  });
  return has_proc && config.linux ? &*config.linux : nullptr;
}

void not_masked(const Spec& config, const Row& row, Findings& found) {
  const spec::Linux* linux = linux_with_proc(config);
  if (linux != nullptr && !covers(linux->masked_paths, row.subject)) {
    found.add("/linux/maskedPaths", cat("'", row.subject, "' is not masked"));
  }
}

void not_read_only(const Spec& config, const Row& row, Findings& found) {
  const spec::Linux* linux = linux_with_proc(config);
  if (linux != nullptr && !covers(linux->readonly_paths, row.subject) &&
      !covers(linux->masked_paths, row.subject)) {
    found.add("/linux/readonlyPaths", cat("'", row.subject, "' can be written"));
  }
}

void shared_root(const Spec& config, const Row& /*row*/, Findings& found) {
  const std::string propagation =
      config.linux ? config.linux->rootfs_propagation.value_or("") : std::string();
  if (propagation == "shared" || propagation == "rshared") {
    found.add("/linux/rootfsPropagation", "mounts made in the container appear on the host");
  }
}

constexpr std::string_view kNamespace = "list a namespace of this type without a path";
constexpr std::string_view kMask = "add the path to linux.maskedPaths";
constexpr std::string_view kReadOnly = "add the path to linux.readonlyPaths";

constexpr auto kRows = std::to_array<Row>({
    {{"risk.namespace.pid", Level::risk, kNamespace,
      "the host's processes: their environment by /proc, signals to those of the same user"},
     shares_namespace,
     "pid"},
    {{"risk.namespace.network", Level::risk, kNamespace,
      "services that listen on the host's loopback only, abstract sockets, all traffic"},
     shares_namespace,
     "network"},
    {{"risk.namespace.ipc", Level::risk, kNamespace,
      "shared memory, semaphores and message queues of the host's programs"},
     shares_namespace,
     "ipc"},
    {{"risk.namespace.mount", Level::risk, kNamespace,
      "the host's mount table: its file systems are all within reach"},
     shares_namespace,
     "mount"},
    {{"risk.namespace.uts", Level::risk, kNamespace, "the host's name, to read and to change"},
     shares_namespace,
     "uts"},
    {{"risk.namespace.cgroup", Level::risk, kNamespace,
      "the host's cgroup paths, and with them what else runs there"},
     shares_namespace,
     "cgroup"},
    {{"risk.namespace.user", Level::risk,
      "add a user namespace with id mappings, or run as another user than 0",
      "with any way out of the container it is root of the host"},
     no_user_namespace,
     ""},
    {{"risk.namespace.joins-host", Level::risk,
      "leave the path out, or name a container's namespace",
      "the isolation that the entry seems to give is not there"},
     joins_init,
     ""},
    {{"risk.user.maps-host-root", Level::risk, "map to host ids that nobody else has",
      "files of the host's root belong to the container"},
     maps_host_root,
     ""},
    {{"risk.user.root-group", Level::risk, "give it a group of its own",
      "host files that the group root may write, where they are mounted in"},
     root_group,
     ""},
    {{"risk.process.new-privileges", Level::risk, "\"noNewPrivileges\": true",
      "root of the container by any set-user-ID program in the image"},
     new_privileges,
     ""},
    {{"risk.process.apparmor-unconfined", Level::risk, "name a profile, or leave the member out",
      "the second wall behind capabilities and seccomp is gone"},
     apparmor_unconfined,
     ""},
    {{"risk.process.selinux-unconfined", Level::risk, "use container_t with a category pair",
      "the second wall behind capabilities and seccomp is gone"},
     selinux_unconfined,
     ""},
    {{"risk.process.oom-protected", Level::risk, "-500 or more",
      "a leak or a deliberate hoard of memory ends the host's services first"},
     oom_protected,
     ""},
    {{"risk.process.secret-in-env", Level::risk, "hand secrets over in a file on tmpfs",
      "the secret: config.json, /proc/PID/environ and crash reports show it"},
     secret_in_env,
     ""},
    {{"risk.process.preload", Level::risk, "build the library into the image's own start-up",
      "code in every program, if it can write the library that is named"},
     preload_in_env,
     ""},
    {{"risk.path.kcore", Level::risk, kMask, "the host's memory, where /proc/kcore can be read"},
     not_masked,
     "/proc/kcore"},
    {{"risk.path.keys", Level::risk, kMask, "names of the host's keys"}, not_masked, "/proc/keys"},
    {{"risk.path.timer-list", Level::risk, kMask, "timers and names of every process of the host"},
     not_masked,
     "/proc/timer_list"},
    {{"risk.path.acpi", Level::risk, kMask, "the hardware's power and thermal switches"},
     not_masked,
     "/proc/acpi"},
    {{"risk.path.scsi", Level::risk, kMask, "commands that take disks away from the host"},
     not_masked,
     "/proc/scsi"},
    {{"risk.path.firmware", Level::risk, kMask, "firmware variables and tables of the host"},
     not_masked,
     "/sys/firmware"},
    {{"risk.path.proc-sys", Level::risk, kReadOnly,
      "kernel parameters; kernel.core_pattern alone runs a program as root of the host"},
     not_read_only,
     "/proc/sys"},
    {{"risk.path.sysrq-trigger", Level::risk, kReadOnly,
      "a crash or restart of the host by one write"},
     not_read_only,
     "/proc/sysrq-trigger"},
    {{"risk.path.irq", Level::risk, kReadOnly, "interrupts moved between the host's processors"},
     not_read_only,
     "/proc/irq"},
    {{"risk.path.bus", Level::risk, kReadOnly, "configuration space of PCI devices"},
     not_read_only,
     "/proc/bus"},
    {{"risk.root.shared", Level::risk, "\"rprivate\" or \"rslave\"",
      "mounts on the host: a file system over a folder that the host trusts"},
     shared_root,
     ""},
});

}  // namespace

std::span<const Row> isolation_rows() { return kRows; }

}  // namespace plimsoll::lint
