// SPDX-License-Identifier: Apache-2.0
#include "runtime/plan/build.h"

#include <sched.h>

#include <algorithm>
#include <iterator>

#include "runtime/base/text.h"
#include "runtime/plan/parts.h"
#include "runtime/plan/resources.h"
#include "runtime/plan/systemd/unit.h"
#include "validator/spec/vocabulary.h"

namespace plimsoll::plan {

bool Namespaces::has(int clone_flag) const {
  return (create & static_cast<std::uint64_t>(clone_flag)) != 0 ||
         std::ranges::find(join, clone_flag, &JoinNamespace::clone_flag) != join.end();
}

std::optional<std::uint32_t> host_id(const std::vector<IdMapping>& maps,
                                     std::uint32_t container_id) {
  for (const IdMapping& map : maps) {
    if (container_id >= map.container_id && container_id - map.container_id < map.size) {
      return map.host_id + (container_id - map.container_id);
    }
  }
  return std::nullopt;
}

const spec::Linux& linux_of(const spec::Spec& spec) {
  static const spec::Linux kNone;
  return spec.linux ? *spec.linux : kNone;
}

Result<Namespaces> build_namespaces(const spec::Linux& config) {
  Namespaces namespaces;
  // In the vocabulary's order, which is the order in which they must be joined.
  for (const spec::NamespaceInfo& info : spec::namespaces()) {
    const auto found = std::ranges::find(config.namespaces, info.name, &spec::Namespace::type);
    if (found == config.namespaces.end()) {
      continue;
    }
    const spec::Namespace& wanted = *found;
    if (wanted.path && !wanted.path->empty()) {
      namespaces.join.push_back(
          {.clone_flag = info.clone_flag, .type = std::string(info.name), .path = *wanted.path});
    } else {
      namespaces.create |= static_cast<std::uint64_t>(info.clone_flag);
    }
  }
  return namespaces;
}

namespace {

Result<std::vector<Sysctl>> build_sysctls(const spec::Linux& config) {
  std::vector<Sysctl> sysctls;
  for (const auto& [key, value] : config.sysctl) {
    // "net.ipv4.conf.eth0/1.forwarding": as sysctl(8) has it, whichever separator comes first is
    // the separator, and the other one stands for itself.
    std::string path = key;
    const std::size_t first = path.find_first_of("./");
    if (first != std::string::npos && path[first] == '.') {
      for (char& character : path) {
        character = character == '.' ? '/' : character == '/' ? '.' : character;
      }
    }
    sysctls.push_back({.key = key, .path = std::move(path), .value = value});
  }
  return sysctls;
}

Result<> check_rootless(const Plan& plan, const HostFacts& facts) {
  const bool unprivileged = facts.euid != 0;
  if (unprivileged && !plan.namespaces.has(CLONE_NEWUSER)) {
    return fail(Error::invalid("rootless container requires user namespaces"));
  }
  if (unprivileged && (plan.id_maps.uid.empty() || plan.id_maps.gid.empty()) &&
      (plan.namespaces.create & CLONE_NEWUSER) != 0) {
    return fail(Error::invalid("rootless container requires uid and gid mappings"));
  }
  if (unprivileged && !plan.net_devices.empty()) {
    return fail(Error::unsupported("network devices can be moved into a container by root only"));
  }
  return {};
}

// The limits again, in systemd's words, and what annotations ask for on top.
Result<> add_unit_properties(const spec::StringMap& annotations, Cgroup& cgroup,
                             SystemdUnit& unit) {
  round_for_systemd(cgroup.writes);
  std::vector<UnitProperty>& properties = unit.properties;
  properties = TRY(resource_properties(cgroup.writes));
  std::ranges::move(device_properties(cgroup.devices), std::back_inserter(properties));
  std::ranges::move(TRY(plan_unit_annotations(annotations)), std::back_inserter(properties));
  return {};
}

}  // namespace

Result<Cgroup> build_cgroup(const spec::Spec& spec, const Options& options, const HostFacts& facts,
                            const Plan& plan, std::vector<std::string>& warnings) {
  Cgroup cgroup;
  const spec::Linux& config = linux_of(spec);
  cgroup.rootless = options.rootless;
  const std::string wanted = config.cgroups_path.value_or("");
  cgroup.explicit_path = !wanted.empty();
  if (options.systemd_cgroup) {
    cgroup.systemd = true;
    cgroup.unit = TRY(plan_unit(wanted, options.id, options.rootless));
    cgroup.path = cgroup.unit->cgroup;
  } else {
    // An absent path is relative: below the caller's own cgroup, named after the container.
    cgroup.path = cgroup.explicit_path ? clean_path(wanted) : options.id;
    if (cgroup.path == "/" || cgroup.path.empty()) {
      return fail(Error::invalid(cat("cgroupsPath '", wanted, "' is the root of the hierarchy")));
    }
  }
  static const spec::Resources kNone;
  const spec::Resources& resources = config.resources ? *config.resources : kNone;
  cgroup.writes = TRY(plan_resources(resources, facts.cgroup_mode, warnings));
  cgroup.any_resources = !cgroup.writes.empty();
  // Without privileges there are no device nodes to protect, and no permission to set the filter.
  const bool user_namespace_of_caller = facts.in_user_namespace || facts.euid != 0;
  if (!user_namespace_of_caller) {
    cgroup.devices = TRY(plan_device_rules(resources.devices));
  }
  if (resources.memory) {
    cgroup.memory_limit = resources.memory->limit;
    cgroup.memory_swap = resources.memory->swap;
    cgroup.check_before_update = resources.memory->check_before_update.value_or(false);
  }
  if (cgroup.unit) {
    TRY(add_unit_properties(spec.annotations, cgroup, *cgroup.unit));
  }
  const bool writable_mount = std::ranges::any_of(plan.rootfs.mounts, [](const Mount& mount) {
    return mount.kind == MountKind::cgroup && (mount.flags & 1) == 0;  // MS_RDONLY
  });
  if (facts.cgroup_mode == CgroupMode::v2 && plan.namespaces.has(CLONE_NEWCGROUP) &&
      writable_mount) {
    // config-linux.md#cgroup-ownership
    const std::uint32_t uid = spec.process ? spec.process->user.uid : 0;
    cgroup.owner =
        plan.namespaces.has(CLONE_NEWUSER) ? host_id(plan.id_maps.uid, uid) : std::optional(uid);
  }
  return cgroup;
}

Result<Plan> build(const spec::Spec& spec, const Options& options, const HostFacts& facts) {
  if (!spec.root) {
    return fail(Error::invalid("root property must not be empty"));
  }
  const spec::Linux& config = linux_of(spec);
  Plan plan;
  plan.id = options.id;
  plan.bundle = options.bundle;
  plan.oci_version = spec.oci_version;
  plan.rootless = options.rootless;
  plan.namespaces = TRY(build_namespaces(config));
  plan.id_maps = {.uid = config.uid_mappings, .gid = config.gid_mappings};
  plan.hostname = spec.hostname.value_or("");
  plan.domainname = spec.domainname.value_or("");
  plan.sysctls = TRY(build_sysctls(config));
  plan.time_offsets = config.time_offsets;
  plan.net_devices = config.net_devices;
  plan.intel_rdt = config.intel_rdt;
  plan.hooks = spec.hooks;
  plan.new_keyring = !options.no_new_keyring;
  plan.annotations = spec.annotations;
  plan.rootfs = TRY(build_rootfs(
      {.spec = &spec, .options = &options, .facts = &facts, .namespaces = &plan.namespaces},
      plan.warnings));
  plan.cgroup = TRY(build_cgroup(spec, options, facts, plan, plan.warnings));
  if (spec.process) {
    plan.process = TRY(build_process(*spec.process, spec, options, facts));
  }
  if (spec.has_vm) {
    plan.warnings.emplace_back("ignoring 'vm': this runtime makes no virtual machines");
  }
  TRY(check_rootless(plan, facts));
  return plan;
}

}  // namespace plimsoll::plan
