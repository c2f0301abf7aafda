// Rules about mounts (config.md#mounts). SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "validator/rules/rule.h"
#include "validator/spec/vocabulary.h"

namespace plimsoll::rules {
namespace {

using spec::Mount;
using spec::Spec;

template <typename Check>
void each_mount(const Spec& config, Check check) {
  for (std::size_t i = 0; i < config.mounts.size(); ++i) {
    check(config.mounts[i], cat("/mounts/", i));
  }
}

bool has_option(const Mount& mount, std::string_view name) {
  return std::ranges::find(mount.options, name) != mount.options.end();
}

// It is the options that make a bind mount (config.md#mounts), though the type often says so, too.
bool is_bind(const Mount& mount) { return has_option(mount, "bind") || has_option(mount, "rbind"); }

bool is_idmapped(const Mount& mount) {
  return has_option(mount, "idmap") || has_option(mount, "ridmap");
}

bool has_mappings(const std::optional<std::vector<spec::IdMapping>>& mappings) {
  return mappings && !mappings->empty();
}

void destination_required(const Spec& config, Findings& found) {
  each_mount(config, [&](const Mount& mount, const std::string& pointer) {
    if (mount.destination.empty()) {
      found.add(cat(pointer, "/destination"), "mount destination must not be empty");
    }
  });
}

void destination_absolute(const Spec& config, Findings& found) {
  each_mount(config, [&](const Mount& mount, const std::string& pointer) {
    if (!mount.destination.empty() && !is_absolute(mount.destination)) {
      found.add(cat(pointer, "/destination"),
                cat("mount destination '", mount.destination,
                    "' is not absolute: it is taken as relative to /"));
    }
  });
}

void destination_dot_dot(const Spec& config, Findings& found) {
  each_mount(config, [&](const Mount& mount, const std::string& pointer) {
    if (has_dot_dot(mount.destination)) {
      found.add(cat(pointer, "/destination"),
                cat("mount destination '", mount.destination, "' holds '..'"));
    }
  });
}

// A mount on "/" would hide the root filesystem, and the lookups of later mounts with it.
void destination_not_root(const Spec& config, Findings& found) {
  each_mount(config, [&](const Mount& mount, const std::string& pointer) {
    if (!mount.destination.empty() &&
        mount.destination.find_first_not_of('/') == std::string::npos) {
      found.add(cat(pointer, "/destination"),
                "mount destination '/' would hide the root filesystem");
    }
  });
}

void mappings_both(const Mount& mount, const std::string& pointer, Findings& found,
                   bool uid_given) {
  const bool given = has_mappings(uid_given ? mount.uid_mappings : mount.gid_mappings);
  const bool other = has_mappings(uid_given ? mount.gid_mappings : mount.uid_mappings);
  if (given && !other) {
    found.add(cat(pointer, uid_given ? "/gidMappings" : "/uidMappings"),
              "id-mapped mounts must have both uid and gid mappings specified");
  }
}

void uid_mappings_with_gid(const Spec& config, Findings& found) {
  each_mount(config, [&](const Mount& mount, const std::string& pointer) {
    mappings_both(mount, pointer, found, true);
  });
}

void gid_mappings_with_uid(const Spec& config, Findings& found) {
  each_mount(config, [&](const Mount& mount, const std::string& pointer) {
    mappings_both(mount, pointer, found, false);
  });
}

void mappings_form(const Spec& config, Findings& found) {
  each_mount(config, [&](const Mount& mount, const std::string& pointer) {
    if (mount.uid_mappings) {
      check_id_mappings(*mount.uid_mappings, cat(pointer, "/uidMappings"), found);
    }
    if (mount.gid_mappings) {
      check_id_mappings(*mount.gid_mappings, cat(pointer, "/gidMappings"), found);
    }
  });
}

void mappings_with_option(const Spec& config, Findings& found) {
  each_mount(config, [&](const Mount& mount, const std::string& pointer) {
    if ((has_mappings(mount.uid_mappings) || has_mappings(mount.gid_mappings)) &&
        !is_idmapped(mount)) {
      found.add(cat(pointer, "/options"),
                "a mount with id mappings lacks the option idmap or ridmap");
    }
  });
}

void idmap_needs_mappings(const Spec& config, Findings& found) {
  const bool user_namespace = find_namespace(config, "user") != nullptr;
  each_mount(config, [&](const Mount& mount, const std::string& pointer) {
    if (is_idmapped(mount) && !has_mappings(mount.uid_mappings) &&
        !has_mappings(mount.gid_mappings) && !user_namespace) {
      found.add(cat(pointer, "/options"),
                "an id-mapped mount has no mappings, and the container has no user namespace");
    }
  });
}

// The kernel ignores them, so what the author asked for would silently not hold.
void bind_without_data(const Spec& config, Findings& found) {
  each_mount(config, [&](const Mount& mount, const std::string& pointer) {
    if (!is_bind(mount)) {
      return;
    }
    for (std::size_t i = 0; i < mount.options.size(); ++i) {
      if (spec::find_mount_option(mount.options[i]) == nullptr) {
        found.add(cat(pointer, "/options/", i),
                  cat("bind mounts cannot have any filesystem-specific options applied: '",
                      mount.options[i], "'"));
      }
    }
  });
}

void bind_source(const Spec& config, Findings& found) {
  each_mount(config, [&](const Mount& mount, const std::string& pointer) {
    if (is_bind(mount) && !has_option(mount, "remount") && mount.source.value_or("").empty()) {
      found.add(cat(pointer, "/source"), "a bind mount needs a source");
    }
  });
}

void type_needed(const Spec& config, Findings& found) {
  each_mount(config, [&](const Mount& mount, const std::string& pointer) {
    const bool changes_only = std::ranges::any_of(mount.options, [](const std::string& name) {
      const spec::MountOption* option = spec::find_mount_option(name);
      return name == "remount" ||
             (option != nullptr && option->kind == spec::MountOptionKind::propagation);
    });
    if (mount.type.value_or("").empty() && !is_bind(mount) && !changes_only) {
      found.add(cat(pointer, "/type"), "the mount has neither a type nor the option bind");
    }
  });
}

void need_mount_namespace(const Spec& config, Findings& found) {
  if (find_namespace(config, "mount") != nullptr) {
    return;
  }
  if (!config.mounts.empty()) {
    found.add("/mounts", "mounts need a mount namespace of the container's own");
  }
  if (config.root && config.root->readonly) {
    found.add("/root/readonly", "a read-only root needs a mount namespace of the container's own");
  }
  if (config.linux && !config.linux->masked_paths.empty()) {
    found.add("/linux/maskedPaths",
              "unable to restrict sys entries without a private MNT namespace");
  }
  if (config.linux && !config.linux->readonly_paths.empty()) {
    found.add("/linux/readonlyPaths",
              "unable to restrict sys entries without a private MNT namespace");
  }
}

constexpr auto kRules = std::to_array<Rule<Spec>>({
    {"config.mounts.destination.required", Level::must, destination_required},
    {"config.mounts.destination.absolute", Level::should, destination_absolute, kWarn},
    {"config.mounts.destination.relative-root", Level::risk, destination_dot_dot},
    {"config.valid-values.error/mount-on-root", Level::must, destination_not_root},
    {"config.mounts.uidMappings.with-gid", Level::must, uid_mappings_with_gid},
    {"config.mounts.gidMappings.with-uid", Level::must, gid_mappings_with_uid},
    {"config.valid-values.error/mount-id-mappings", Level::must, mappings_form},
    {"config.mounts.uidMappings.with-option", Level::should, mappings_with_option},
    {"config.mounts.idmap.no-userns-error", Level::must, idmap_needs_mappings},
    {"config.valid-values.error/bind-without-data", Level::must, bind_without_data},
    {"config.valid-values.error/bind-source", Level::must, bind_source},
    {"config.mounts.type.optional", Level::should, type_needed},
    {"config.valid-values.error/needs-mount-namespace", Level::must, need_mount_namespace},
});

}  // namespace

ConfigRules mount_rules() { return kRules; }

}  // namespace plimsoll::rules
