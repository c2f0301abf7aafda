// Rules about the smaller parts of config-linux.md: devices, masked paths, personality, memory
// policy, Intel RDT, cgroup path. SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "validator/rules/rule.h"
#include "validator/spec/vocabulary.h"

namespace plimsoll::rules {
namespace {

using spec::Spec;

// -- devices --

template <typename Check>
void each_device(const Spec& config, Check check) {
  for (std::size_t i = 0; config.linux && i < config.linux->devices.size(); ++i) {
    check(config.linux->devices[i], cat("/linux/devices/", i));
  }
}

void device_type(const Spec& config, Findings& found) {
  each_device(config, [&](const spec::Device& device, const std::string& pointer) {
    if (!spec::find_device_type(device.type)) {
      found.add(cat(pointer, "/type"), cat("invalid device type '", device.type, "'"));
    }
  });
}

void device_path(const Spec& config, Findings& found) {
  each_device(config, [&](const spec::Device& device, const std::string& pointer) {
    if (device.path.empty()) {
      found.add(cat(pointer, "/path"), "device path must not be empty");
    }
  });
}

void device_path_form(const Spec& config, Findings& found) {
  each_device(config, [&](const spec::Device& device, const std::string& pointer) {
    if (!device.path.empty() && (!is_absolute(device.path) || has_dot_dot(device.path))) {
      found.add(cat(pointer, "/path"),
                cat("device path '", device.path, "' is not an absolute path without '..'"));
    }
  });
}

void device_numbers_required(const Spec& config, Findings& found) {
  each_device(config, [&](const spec::Device& device, const std::string& pointer) {
    if (device.type != "p" && (!device.major || !device.minor)) {
      found.add(pointer, cat("device '", device.path, "' has no major and minor number"));
    }
  });
}

// 12 and 20 bits in the kernel's dev_t.
void device_numbers_range(const Spec& config, Findings& found) {
  each_device(config, [&](const spec::Device& device, const std::string& pointer) {
    if (device.type == "p") {
      return;
    }
    if (device.major && (*device.major < 0 || *device.major > 0xfff)) {
      found.add(cat(pointer, "/major"),
                cat("major number ", *device.major, " is not within 0 to 4095"));
    }
    if (device.minor && (*device.minor < 0 || *device.minor > 0xfffff)) {
      found.add(cat(pointer, "/minor"),
                cat("minor number ", *device.minor, " is not within 0 to 1048575"));
    }
  });
}

void device_duplicate_numbers(const Spec& config, Findings& found) {
  std::set<std::tuple<bool, std::int64_t, std::int64_t>> seen;
  each_device(config, [&](const spec::Device& device, const std::string& pointer) {
    if (device.type != "p" && device.major && device.minor &&
        !seen.emplace(device.type == "b", *device.major, *device.minor).second) {
      found.add(pointer, cat("device ", *device.major, ":", *device.minor, " is listed twice"));
    }
  });
}

// -- paths --

void masked_absolute(const Spec& config, Findings& found) {
  for (std::size_t i = 0; config.linux && i < config.linux->masked_paths.size(); ++i) {
    if (!is_absolute(config.linux->masked_paths[i])) {
      found.add(cat("/linux/maskedPaths/", i),
                cat("masked path '", config.linux->masked_paths[i], "' is not absolute"));
    }
  }
}

void readonly_absolute(const Spec& config, Findings& found) {
  for (std::size_t i = 0; config.linux && i < config.linux->readonly_paths.size(); ++i) {
    if (!is_absolute(config.linux->readonly_paths[i])) {
      found.add(cat("/linux/readonlyPaths/", i),
                cat("read-only path '", config.linux->readonly_paths[i], "' is not absolute"));
    }
  }
}

void propagation_known(const Spec& config, Findings& found) {
  if (!config.linux || !config.linux->rootfs_propagation) {
    return;
  }
  const std::string& propagation = *config.linux->rootfs_propagation;
  if (!propagation.empty() && !spec::find_rootfs_propagation(propagation)) {
    found.add("/linux/rootfsPropagation",
              cat("rootfsPropagation='", propagation, "' is not supported"));
  }
}

void cgroups_path_climbs(const Spec& config, Findings& found) {
  if (config.linux && config.linux->cgroups_path && has_dot_dot(*config.linux->cgroups_path)) {
    found.add("/linux/cgroupsPath",
              cat("cgroupsPath '", *config.linux->cgroups_path, "' holds '..'"));
  }
}

// -- personality and memory policy --

void personality_domain(const Spec& config, Findings& found) {
  if (!config.linux || !config.linux->personality) {
    return;
  }
  const std::string& domain = config.linux->personality->domain;
  if (!spec::find_personality(domain)) {
    found.add("/linux/personality/domain", cat("invalid personality domain '", domain, "'"));
  }
}

void personality_flags(const Spec& config, Findings& found) {
  if (config.linux && config.linux->personality && !config.linux->personality->flags.empty()) {
    found.add("/linux/personality/flags", "personality flags are not supported: none is defined");
  }
}

void memory_policy_mode(const Spec& config, Findings& found) {
  if (!config.linux || !config.linux->memory_policy) {
    return;
  }
  const std::string& mode = config.linux->memory_policy->mode;
  if (!spec::find_memory_policy_mode(mode)) {
    found.add("/linux/memoryPolicy/mode", cat("invalid memory policy mode '", mode, "'"));
  }
}

void memory_policy_flags(const Spec& config, Findings& found) {
  if (!config.linux || !config.linux->memory_policy) {
    return;
  }
  const spec::Strings& flags = config.linux->memory_policy->flags;
  for (std::size_t i = 0; i < flags.size(); ++i) {
    if (!spec::find_memory_policy_flag(flags[i])) {
      found.add(cat("/linux/memoryPolicy/flags/", i),
                cat("invalid memory policy flag '", flags[i], "'"));
    }
  }
}

void memory_policy_nodes(const Spec& config, Findings& found) {
  if (!config.linux || !config.linux->memory_policy) {
    return;
  }
  const spec::MemoryPolicy& policy = *config.linux->memory_policy;
  const std::string nodes = policy.nodes.value_or("");
  std::uint64_t count = 0;
  if (!nodes.empty() && !is_number_list(nodes, &count)) {
    found.add("/linux/memoryPolicy/nodes", cat("invalid memory policy nodes '", nodes, "'"));
    return;
  }
  if (policy.mode == "MPOL_DEFAULT" || policy.mode == "MPOL_LOCAL") {
    if (count != 0) {
      found.add("/linux/memoryPolicy/nodes",
                cat("memory policy mode requires 0 nodes but got ", count));
    }
  } else if (policy.mode != "MPOL_PREFERRED" && spec::find_memory_policy_mode(policy.mode) &&
             count == 0) {
    found.add("/linux/memoryPolicy/nodes",
              "memory policy mode requires at least one node but got 0");
  }
}

// -- Intel RDT --

void rdt_clos_id(const Spec& config, Findings& found) {
  if (!config.linux || !config.linux->intel_rdt) {
    return;
  }
  const std::string id = config.linux->intel_rdt->clos_id.value_or("");
  if (id == "." || id == ".." || (id.size() > 1 && id.find('/') != std::string::npos) ||
      id.find('\n') != std::string::npos) {
    found.add("/linux/intelRdt/closID", cat("invalid intelRdt.ClosID '", id, "'"));
  }
}

bool has_newline(std::string_view text) { return text.find('\n') != std::string_view::npos; }

void rdt_l3_prefix(const Spec& config, Findings& found) {
  if (config.linux && config.linux->intel_rdt && config.linux->intel_rdt->l3_cache_schema &&
      !config.linux->intel_rdt->l3_cache_schema->starts_with("L3:")) {
    found.add("/linux/intelRdt/l3CacheSchema", "l3CacheSchema does not start with 'L3:'");
  }
}

void rdt_l3_line(const Spec& config, Findings& found) {
  if (config.linux && config.linux->intel_rdt &&
      has_newline(config.linux->intel_rdt->l3_cache_schema.value_or(""))) {
    found.add("/linux/intelRdt/l3CacheSchema", "l3CacheSchema has more than one line");
  }
}

void rdt_mb_prefix(const Spec& config, Findings& found) {
  if (config.linux && config.linux->intel_rdt && config.linux->intel_rdt->mem_bw_schema &&
      !config.linux->intel_rdt->mem_bw_schema->starts_with("MB:")) {
    found.add("/linux/intelRdt/memBwSchema", "memBwSchema does not start with 'MB:'");
  }
}

void rdt_mb_line(const Spec& config, Findings& found) {
  if (config.linux && config.linux->intel_rdt &&
      has_newline(config.linux->intel_rdt->mem_bw_schema.value_or(""))) {
    found.add("/linux/intelRdt/memBwSchema", "memBwSchema has more than one line");
  }
}

void rdt_schemata_line(const Spec& config, Findings& found) {
  if (!config.linux || !config.linux->intel_rdt || !config.linux->intel_rdt->schemata) {
    return;
  }
  const spec::Strings& schemata = *config.linux->intel_rdt->schemata;
  for (std::size_t i = 0; i < schemata.size(); ++i) {
    if (has_newline(schemata[i])) {
      found.add(cat("/linux/intelRdt/schemata/", i),
                "an element of schemata has more than one line");
    }
  }
}

constexpr auto kRules = std::to_array<Rule<Spec>>({
    {"linux.devices.type.required", Level::must, device_type},
    {"linux.devices.path.required", Level::must, device_path},
    {"linux.devices.path.anywhere", Level::should, device_path_form},
    {"linux.devices.major-minor.required", Level::must, device_numbers_required},
    {"config.valid-values.error/device-numbers", Level::must, device_numbers_range},
    {"linux.devices.no-dup-numbers", Level::should, device_duplicate_numbers},
    {"linux.maskedPaths.absolute", Level::must, masked_absolute},
    {"linux.readonlyPaths.absolute", Level::must, readonly_absolute},
    {"linux.rootfsPropagation.optional", Level::must, propagation_known},
    {"linux.cgroupsPath.invalid", Level::risk, cgroups_path_climbs},
    {"linux.personality.domain.required", Level::must, personality_domain},
    {"linux.personality.flags.optional", Level::must, personality_flags},
    {"linux.memoryPolicy.mode.required", Level::must, memory_policy_mode},
    {"linux.memoryPolicy.flags.optional", Level::must, memory_policy_flags},
    {"linux.memoryPolicy.nodes.optional", Level::must, memory_policy_nodes},
    {"config.valid-values.error/rdt-clos-id", Level::must, rdt_clos_id},
    {"linux.intelRdt.l3.prefix", Level::should, rdt_l3_prefix},
    {"linux.intelRdt.l3.no-newline", Level::should, rdt_l3_line},
    {"linux.intelRdt.mb.prefix", Level::must, rdt_mb_prefix},
    {"linux.intelRdt.mb.no-newline", Level::must, rdt_mb_line},
    {"linux.intelRdt.schemata.no-newline", Level::must, rdt_schemata_line},
});

}  // namespace

ConfigRules linux_rules() { return kRules; }

}  // namespace plimsoll::rules
