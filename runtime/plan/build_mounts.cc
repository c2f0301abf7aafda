// The root filesystem half of the plan: mounts, devices, paths.
// SPDX-License-Identifier: Apache-2.0
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "runtime/base/text.h"
#include "runtime/plan/parts.h"
#include "validator/spec/vocabulary.h"

namespace plimsoll::plan {

namespace {

MountKind kind_of(const spec::Mount& mount) {
  const auto is_bind = [](const std::string& option) {
    return option == "bind" || option == "rbind";
  };
  const std::string_view type = mount.type ? std::string_view(*mount.type) : std::string_view();
  if (type == "bind" || std::ranges::any_of(mount.options, is_bind)) {
    return MountKind::bind;
  }
  if (type == "proc") {
    return MountKind::proc;
  }
  if (type == "sysfs") {
    return MountKind::sysfs;
  }
  if (type == "cgroup") {
    return MountKind::cgroup;
  }
  return MountKind::filesystem;
}

void apply_special(Mount& out, std::string_view option, const spec::Mount& mount) {
  if (option == "tmpcopyup") {
    out.tmpcopyup = true;
    return;
  }
  out.idmap = IdmappedMount{.recursive = option == "ridmap",
                            .uid = mount.uid_mappings.value_or(std::vector<IdMapping>{}),
                            .gid = mount.gid_mappings.value_or(std::vector<IdMapping>{})};
}

void apply_option(Mount& out, const std::string& text, const spec::Mount& mount) {
  const spec::MountOption* option = spec::find_mount_option(text);
  if (option == nullptr) {
    if (!out.data.empty()) {
      out.data += ',';
    }
    out.data += text;  // the file system's own
    return;
  }
  switch (option->kind) {
    case spec::MountOptionKind::flag:
    case spec::MountOptionKind::clear:
      out.flags = (out.flags & ~option->clear) | option->set;
      out.cleared_flags = (out.cleared_flags & ~option->set) | option->clear;
      break;
    case spec::MountOptionKind::propagation:
      out.propagation.push_back(option->set);
      break;
    case spec::MountOptionKind::recursive:
      out.recursive_attributes.set =
          (out.recursive_attributes.set & ~option->attr_clr) | option->attr_set;
      out.recursive_attributes.clear =
          (out.recursive_attributes.clear & ~option->attr_set) | option->attr_clr;
      break;
    case spec::MountOptionKind::data_special:
      apply_special(out, option->name, mount);
      break;
  }
}

struct StandardDevice {
  std::string_view path;
  std::uint32_t minor;
  std::uint32_t major;
};
// config-linux.md#default-devices; console and ptmx are not nodes but a bind and a link.
constexpr auto kStandardDevices = std::to_array<StandardDevice>({{"/dev/null", 3, 1},
                                                                 {"/dev/zero", 5, 1},
                                                                 {"/dev/full", 7, 1},
                                                                 {"/dev/random", 8, 1},
                                                                 {"/dev/urandom", 9, 1},
                                                                 {"/dev/tty", 0, 5}});

Result<DeviceNode> build_device(const spec::Device& device) {
  const auto type = spec::find_device_type(device.type);
  if (!type) {
    return fail(Error::invalid(cat("device type '", device.type, "' is unknown")));
  }
  return DeviceNode{.path = clean_path(device.path),
                    .type = *type,
                    .major = static_cast<std::uint32_t>(device.major.value_or(0)),
                    .minor = static_cast<std::uint32_t>(device.minor.value_or(0)),
                    .mode = device.file_mode.value_or(0666) & 07777,
                    .uid = device.uid.value_or(0),
                    .gid = device.gid.value_or(0),
                    .standard = false};
}

Result<std::vector<DeviceNode>> build_devices(const std::vector<spec::Device>& devices) {
  std::vector<DeviceNode> nodes;
  nodes.reserve(devices.size() + kStandardDevices.size());
  for (const spec::Device& device : devices) {
    nodes.push_back(TRY(build_device(device)));
  }
  for (const StandardDevice& standard : kStandardDevices) {
    if (std::ranges::find(nodes, standard.path, &DeviceNode::path) == nodes.end()) {
      nodes.push_back({.path = std::string(standard.path),
                       .type = S_IFCHR,
                       .major = standard.major,
                       .minor = standard.minor,
                       .standard = true});
    }
  }
  return nodes;
}

Result<std::uint64_t> build_propagation(const spec::Linux& config) {
  if (!config.rootfs_propagation || config.rootfs_propagation->empty()) {
    return MS_SLAVE | MS_REC;
  }
  const auto flags = spec::find_rootfs_propagation(*config.rootfs_propagation);
  if (!flags) {
    return fail(
        Error::invalid(cat("rootfsPropagation '", *config.rootfs_propagation, "' is unknown")));
  }
  return *flags;
}

// Mounts, masks and a changed "/" without a mount namespace of the container's own would happen on
// the host.
Result<> check_mount_namespace(const Rootfs& rootfs, const Namespaces& namespaces) {
  if (namespaces.has(CLONE_NEWNS)) {
    return {};
  }
  if (!rootfs.masked_paths.empty() || !rootfs.readonly_paths.empty()) {
    return fail(Error::invalid("unable to restrict sys entries without a private MNT namespace"));
  }
  if (!rootfs.mounts.empty() || rootfs.readonly) {
    return fail(Error::unsupported(
        "mounts and a read-only root need a mount namespace of the container's own"));
  }
  return {};
}

}  // namespace

Result<Mount> build_mount(const spec::Mount& mount, const Options& options) {
  Mount out;
  out.kind = kind_of(mount);
  // A relative destination is a warning of the rules and is taken from the root (config.md#mounts).
  out.destination = clean_path(cat("/", mount.destination));
  out.type = out.kind == MountKind::bind ? "bind" : mount.type.value_or("");
  out.source = mount.source.value_or("");
  for (const std::string& option : mount.options) {
    apply_option(out, option, mount);
  }
  if (out.kind == MountKind::bind) {
    out.flags |= MS_BIND;
    if (out.source.empty()) {
      return fail(
          Error::invalid(cat("mount '", mount.destination, "': a bind mount needs a source")));
    }
    if (!out.source.starts_with('/')) {
      out.source = cat(options.bundle, "/", out.source);
    }
    if (!out.data.empty()) {
      return fail(Error::invalid(
          cat("mount '", mount.destination,
              "': bind mounts cannot have any filesystem-specific options applied: ", out.data)));
    }
  } else {
    if (out.type.empty()) {
      return fail(Error::invalid(
          cat("mount '", mount.destination, "': a mount that is not a bind needs a type")));
    }
    if (out.source.empty()) {
      out.source = out.type;
    }
  }
  if (!out.idmap && (mount.uid_mappings || mount.gid_mappings)) {
    // config.md#mounts: mappings alone ask for an idmapped mount too.
    apply_special(out, "idmap", mount);
  }
  return out;
}

Result<Rootfs> build_rootfs(const RootfsInput& input, std::vector<std::string>& warnings) {
  const spec::Spec& spec = *input.spec;
  const spec::Linux& config = linux_of(spec);
  const Options& options = *input.options;
  Rootfs rootfs;
  if (!spec.root || spec.root->path.empty()) {
    return fail(Error::invalid("root.path must not be empty"));
  }
  const std::string& path = spec.root->path;
  rootfs.path = path.starts_with('/') ? path : cat(options.bundle, "/", path);
  rootfs.readonly = spec.root->readonly;
  rootfs.no_pivot = options.no_pivot;
  rootfs.propagation = TRY(build_propagation(config));
  rootfs.propagation_given = config.rootfs_propagation && !config.rootfs_propagation->empty();
  rootfs.mount_label = config.mount_label.value_or("");
  rootfs.setup_dev = input.namespaces->has(CLONE_NEWNS);
  for (const spec::Mount& mount : spec.mounts) {
    Mount built = TRY(build_mount(mount, options));
    if (!mount.destination.starts_with('/')) {
      warnings.push_back(
          cat("mount destination '", mount.destination, "' is not absolute: taken from the root"));
    }
    if (built.kind == MountKind::bind && built.destination == "/dev") {
      rootfs.setup_dev = false;  // the host's folder: nothing is made in there
    }
    if (built.kind != MountKind::bind || !rootfs.mount_label.empty()) {
      built.label = rootfs.mount_label;
    }
    rootfs.mounts.push_back(std::move(built));
  }
  if (!options.notify_dir.empty()) {
    rootfs.mounts.push_back({.kind = MountKind::bind,
                             .destination = "/run/notify",
                             .type = "bind",
                             .source = options.notify_dir,
                             .flags = MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC});
  }
  rootfs.devices = TRY(build_devices(config.devices));
  for (const std::string& masked : config.masked_paths) {
    rootfs.masked_paths.push_back(clean_path(masked));
  }
  for (const std::string& readonly : config.readonly_paths) {
    rootfs.readonly_paths.push_back(clean_path(readonly));
  }
  TRY(check_mount_namespace(rootfs, *input.namespaces));
  return rootfs;
}

}  // namespace plimsoll::plan
