// Rules about namespaces and what depends on them: id maps, time offsets, network devices
// (config-linux.md). SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "validator/json/json.h"
#include "validator/rules/rule.h"
#include "validator/spec/vocabulary.h"

namespace plimsoll::rules {
namespace {

using spec::Namespace;
using spec::Spec;

template <typename Check>
void each_namespace(const Spec& config, Check check) {
  for (std::size_t i = 0; config.linux && i < config.linux->namespaces.size(); ++i) {
    check(config.linux->namespaces[i], i);
  }
}

bool joins(const Namespace* ns) { return ns != nullptr && !ns->path.value_or("").empty(); }

void type_required(const Spec& config, Findings& found) {
  each_namespace(config, [&](const Namespace& ns, std::size_t i) {
    if (ns.type.empty()) {
      found.add(cat("/linux/namespaces/", i, "/type"), "namespace type must not be empty");
    }
  });
}

void type_known(const Spec& config, Findings& found) {
  each_namespace(config, [&](const Namespace& ns, std::size_t i) {
    if (!ns.type.empty() && spec::find_namespace(ns.type) == nullptr) {
      found.add(cat("/linux/namespaces/", i, "/type"),
                cat("namespace '", ns.type, "' does not exist"));
    }
  });
}

void duplicate(const Spec& config, Findings& found) {
  unsigned seen = 0;
  each_namespace(config, [&](const Namespace& ns, std::size_t i) {
    const spec::NamespaceInfo* info = spec::find_namespace(ns.type);
    if (info == nullptr) {
      return;
    }
    const unsigned bit = static_cast<unsigned>(info->clone_flag);
    if ((seen & bit) != 0) {
      found.add(cat("/linux/namespaces/", i, "/type"), cat("duplicated ns '", ns.type, "'"));
    }
    seen |= bit;
  });
}

void path_absolute(const Spec& config, Findings& found) {
  each_namespace(config, [&](const Namespace& ns, std::size_t i) {
    if (!ns.path.value_or("").empty() && !is_absolute(*ns.path)) {
      found.add(cat("/linux/namespaces/", i, "/path"),
                cat("namespace path '", *ns.path, "' is not absolute"));
    }
  });
}

// -- user namespace --

void mappings_match_namespace(const Spec& config, Findings& found) {
  if (!config.linux) {
    return;
  }
  const Namespace* user = find_namespace(config, "user");
  const bool uids = !config.linux->uid_mappings.empty();
  const bool gids = !config.linux->gid_mappings.empty();
  if (user == nullptr && (uids || gids)) {
    found.add(uids ? "/linux/uidMappings" : "/linux/gidMappings",
              "user namespace mappings specified, but user namespace isn't enabled in the config");
  } else if (user != nullptr && !joins(user) && !uids && !gids) {
    found.add("/linux/uidMappings",
              "user namespaces enabled, but no namespace path to join nor mappings to apply "
              "specified");
  }
}

void mappings_form(const Spec& config, Findings& found) {
  if (config.linux) {
    check_id_mappings(config.linux->uid_mappings, "/linux/uidMappings", found);
    check_id_mappings(config.linux->gid_mappings, "/linux/gidMappings", found);
  }
}

void mappings_both(const Spec& config, Findings& found) {
  if (config.linux && config.linux->uid_mappings.empty() != config.linux->gid_mappings.empty()) {
    found.add(config.linux->uid_mappings.empty() ? "/linux/uidMappings" : "/linux/gidMappings",
              "only one of uidMappings and gidMappings is given");
  }
}

// -- time namespace --

std::string offset_pointer(const spec::TimeOffset& offset) {
  std::string pointer = "/linux/timeOffsets";
  json::append_pointer_token(pointer, offset.clock);
  return pointer;
}

void offsets_match_namespace(const Spec& config, Findings& found) {
  if (!config.linux || config.linux->time_offsets.empty()) {
    return;
  }
  const Namespace* time = find_namespace(config, "time");
  if (time == nullptr) {
    found.add("/linux/timeOffsets",
              "time namespace offsets specified, but time namespace isn't enabled in the config");
  } else if (joins(time)) {
    found.add("/linux/timeOffsets",
              "time namespace enabled, but both namespace path and time offsets specified -- you "
              "may only provide one");
  }
}

void offsets_form(const Spec& config, Findings& found) {
  constexpr std::uint32_t kNanoseconds = 1'000'000'000;
  for (std::size_t i = 0; config.linux && i < config.linux->time_offsets.size(); ++i) {
    const spec::TimeOffset& offset = config.linux->time_offsets[i];
    if (offset.clock != "monotonic" && offset.clock != "boottime") {
      found.add(offset_pointer(offset),
                cat("clock '", offset.clock, "' has no offset: only monotonic and boottime have"));
    }
    if (offset.nanosecs >= kNanoseconds) {
      found.add(cat(offset_pointer(offset), "/nanosecs"),
                cat("nanosecs ", offset.nanosecs, " is a second or more"));
    }
  }
}

// -- network devices --

std::string device_pointer(const spec::NetDevice& device) {
  std::string pointer = "/linux/netDevices";
  json::append_pointer_token(pointer, device.host_name);
  return pointer;
}

void devices_need_network(const Spec& config, Findings& found) {
  if (config.linux && !config.linux->net_devices.empty() &&
      find_namespace(config, "network") == nullptr) {
    found.add("/linux/netDevices", "unable to move network devices without a NET namespace");
  }
}

void device_names(const Spec& config, Findings& found) {
  for (std::size_t i = 0; config.linux && i < config.linux->net_devices.size(); ++i) {
    const spec::NetDevice& device = config.linux->net_devices[i];
    if (!is_interface_name(device.host_name)) {
      found.add(device_pointer(device),
                cat("invalid network device name '", device.host_name, "'"));
    }
    const std::string name = device.name.value_or("");
    if (!name.empty() && !is_interface_name(name)) {
      found.add(cat(device_pointer(device), "/name"),
                cat("invalid network device name '", name, "'"));
    }
  }
}

void device_names_differ(const Spec& config, Findings& found) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; config.linux && i < config.linux->net_devices.size(); ++i) {
    const spec::NetDevice& device = config.linux->net_devices[i];
    const std::string_view name =
        device.name.has_value() && !device.name->empty() ? *device.name : device.host_name;
    // With a template ("eth%d") the kernel finds a free name.
    if (name.find('%') == std::string_view::npos) {
      names.push_back(name);
    }
  }
  std::ranges::sort(names);
  for (auto twice = std::ranges::adjacent_find(names); twice != names.end();
       twice = std::adjacent_find(twice + 1, names.end())) {
    found.add("/linux/netDevices", cat("two network devices would be named '", *twice, "'"));
  }
}

constexpr auto kRules = std::to_array<Rule<Spec>>({
    {"linux.namespaces.type.required", Level::must, type_required},
    {"linux.namespaces.types-supported", Level::must, type_known},
    {"linux.namespaces.duplicate", Level::must, duplicate},
    {"linux.namespaces.path.absolute", Level::must, path_absolute},
    {"linux.uidMappings.optional", Level::must, mappings_match_namespace},
    {"linux.idMapping.kernel-limit", Level::must, mappings_form},
    {"linux.gidMappings.optional", Level::should, mappings_both},
    {"linux.timeOffsets.optional", Level::must, offsets_match_namespace},
    {"config.valid-values.error/time-offset", Level::must, offsets_form},
    {"linux.netDevices.check-move", Level::must, devices_need_network},
    {"config.valid-values.error/net-device-name", Level::must, device_names},
    {"linux.netDevices.name-exists.error", Level::must, device_names_differ},
});

}  // namespace

ConfigRules namespace_rules() { return kRules; }

}  // namespace plimsoll::rules
