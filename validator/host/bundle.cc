// The bundle's own files, and what a configuration names on this machine. SPDX-License-Identifier:
// Apache-2.0
#include <errno.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "validator/host/look.h"

namespace plimsoll::host {
namespace {

struct Bundle {
  const Spec& config;
  const std::string& folder;

  std::string path_of(std::string_view path) const {
    return path.starts_with('/') ? std::string(path) : cat(folder, "/", path);
  }
  std::string rootfs() const { return path_of(config.root ? config.root->path : ""); }
};

struct Row {
  Info info;
  void (*check)(const Bundle& bundle, Findings& found);
};

std::string why() { return error_text(errno); }

void rootfs(const Bundle& bundle, Findings& found) {
  if (!bundle.config.root || bundle.config.root->path.empty()) {
    return;
  }
  const std::string path = bundle.rootfs();
  const std::optional<struct stat> status = look_at(path);
  if (!status) {
    found.add("/root/path", cat("'", path, "': ", why()));
  } else if (!S_ISDIR(status->st_mode)) {
    found.add("/root/path", cat("'", path, "' is not a folder"));
  }
}

// bundle.md has it beside config.json; config.md allows an absolute path anywhere, so this is a
// word only.
void rootfs_in_bundle(const Bundle& bundle, Findings& found) {
  if (bundle.config.root && bundle.config.root->path.starts_with('/') &&
      !bundle.config.root->path.starts_with(bundle.folder + "/")) {
    found.add("/root/path", "the root filesystem is outside the bundle");
  }
}

// startContainer hooks are looked up in the container.
void hooks(const Bundle& bundle, Findings& found) {
  const auto check = [&](const std::vector<spec::Hook>& list, std::string_view name, bool inside) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::string& path = list[i].path;
      if (!path.starts_with('/')) {
        continue;
      }
      const auto status = inside ? look_in(bundle.rootfs(), path) : look_at(path);
      const std::string pointer = cat("/hooks/", name, "/", i, "/path");
      if (!status) {
        found.add(pointer, cat("'", path, "': ", why()));
      } else if (!is_program(*status)) {
        found.add(pointer, cat("'", path, "' is not an executable file"));
      }
    }
  };
  const spec::Hooks& hooks = bundle.config.hooks;
  check(hooks.prestart, "prestart", false);
  check(hooks.create_runtime, "createRuntime", false);
  check(hooks.create_container, "createContainer", false);
  check(hooks.start_container, "startContainer", true);
  check(hooks.poststart, "poststart", false);
  check(hooks.poststop, "poststop", false);
}

void mount_sources(const Bundle& bundle, Findings& found) {
  for (std::size_t i = 0; i < bundle.config.mounts.size(); ++i) {
    const spec::Mount& mount = bundle.config.mounts[i];
    const auto has = [&](std::string_view name) {
      return std::ranges::find(mount.options, name) != mount.options.end();
    };
    if ((!has("bind") && !has("rbind")) || mount.source.value_or("").empty()) {
      continue;
    }
    const std::string path = bundle.path_of(*mount.source);
    if (!exists(path)) {
      found.add(cat("/mounts/", i, "/source"), cat("'", path, "': ", why()));
    }
  }
}

void namespace_paths(const Bundle& bundle, Findings& found) {
  for (std::size_t i = 0; bundle.config.linux && i < bundle.config.linux->namespaces.size(); ++i) {
    const std::string path = bundle.config.linux->namespaces[i].path.value_or("");
    if (path.starts_with('/') && !exists(path)) {
      found.add(cat("/linux/namespaces/", i, "/path"), cat("'", path, "': ", why()));
    }
  }
}

void program(const Bundle& bundle, Findings& found) {
  if (!bundle.config.process || bundle.config.process->args.empty() ||
      !bundle.config.process->args[0].starts_with('/') || !exists(bundle.rootfs())) {
    return;
  }
  const std::string& path = bundle.config.process->args[0];
  // A mount may bring it.
  const auto covered = [&](const spec::Mount& mount) {
    return mount.destination != "/" && path.starts_with(mount.destination);
  };
  if (std::ranges::any_of(bundle.config.mounts, covered)) {
    return;
  }
  const std::optional<struct stat> status = look_in(bundle.rootfs(), path);
  if (!status) {
    found.add("/process/args/0", cat("'", path, "' in the root filesystem: ", why()));
  } else if (!is_program(*status)) {
    found.add("/process/args/0", cat("'", path, "' is not an executable file"));
  }
}

void listener(const Bundle& bundle, Findings& found) {
  const std::string path = bundle.config.linux && bundle.config.linux->seccomp
                               ? bundle.config.linux->seccomp->listener_path.value_or("")
                               : std::string();
  if (path.empty()) {
    return;
  }
  const std::optional<struct stat> status = look_at(path);
  if (!status) {
    found.add("/linux/seccomp/listenerPath", cat("'", path, "': ", why()));
  } else if (!S_ISSOCK(status->st_mode)) {
    found.add("/linux/seccomp/listenerPath", cat("'", path, "' is not a socket"));
  }
}

void devices_in_rootfs(const Bundle& bundle, Findings& found) {
  for (std::size_t i = 0; bundle.config.linux && i < bundle.config.linux->devices.size(); ++i) {
    const spec::Device& device = bundle.config.linux->devices[i];
    const std::optional<struct stat> status = look_in(bundle.rootfs(), device.path);
    const bool is_node = status && (S_ISCHR(status->st_mode) || S_ISBLK(status->st_mode) ||
                                    S_ISFIFO(status->st_mode));
    if (status && !is_node && !device.path.starts_with("/dev/")) {
      found.add(cat("/linux/devices/", i, "/path"),
                cat("'", device.path, "' exists in the root filesystem and is no such device"));
    }
  }
}

constexpr auto kRows = std::to_array<Row>({
    {{"config.root.path.exists/bundle", Level::must, "a folder"}, rootfs},
    {{"bundle.artifacts.single-dir", Level::may, "a folder in the bundle"}, rootfs_in_bundle},
    {{"config.hooks.entry.path.required/bundle", Level::must, "a file that can be executed"},
     hooks},
    {{"config.mounts.source.optional/bundle", Level::must, "what is there to mount"},
     mount_sources},
    {{"linux.namespaces.path.optional/bundle", Level::must,
      "a namespace that exists, as in /proc/PID/ns"},
     namespace_paths},
    {{"config.process.args.one-entry/bundle", Level::should, "a program of the root filesystem"},
     program},
    {{"linux.seccomp.listener.socket-type", Level::must, "a unix socket that the agent listens on"},
     listener},
    {{"linux.devices.path.required/bundle", Level::should,
      "a path where nothing is, or the same device"},
     devices_in_rootfs},
});

// What main() finds before there is a configuration.
constexpr auto kOthers = std::to_array<Info>({
    {"bundle.config.required", Level::must, "a config.json at the top of the bundle"},
    {"bundle.config.in-root", Level::must, "a config.json at the top of the bundle"},
    {"bundle.config.name", Level::must, "a config.json at the top of the bundle"},
});

}  // namespace

rules::Report check_bundle(const Spec& config, const std::string& bundle) {
  rules::Report report;
  Findings found(report, "");
  const Bundle subject{.config = config, .folder = bundle};
  for (const Row& row : kRows) {
    found.begin(row.info.id, row.info.level, false);
    row.check(subject, found);
  }
  return report;
}

std::vector<Info> bundle_rules() {
  std::vector<Info> out(kOthers.begin(), kOthers.end());
  for (const Row& row : kRows) {
    out.push_back(row.info);
  }
  return out;
}

}  // namespace plimsoll::host
