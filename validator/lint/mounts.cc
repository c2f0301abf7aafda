// What is mounted into the container that opens the host. SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "validator/lint/row.h"

namespace plimsoll::lint {
namespace {

template <typename Check>
void each_mount(const Spec& config, Check check) {
  for (std::size_t i = 0; i < config.mounts.size(); ++i) {
    check(config.mounts[i], cat("/mounts/", i));
  }
}

// A bind of the folder, or of something in it.
void binds(const Spec& config, const Row& row, Findings& found) {
  each_mount(config, [&](const spec::Mount& mount, const std::string& pointer) {
    const std::string source = clean_path(mount.source.value_or(""));
    const bool hit = row.subject == "/" ? source == "/" : is_at_or_below(source, row.subject);
    if (is_bind(mount) && !mount.source.value_or("").empty() && hit) {
      found.add(cat(pointer, "/source"), cat("the host's '", source, "' is in the container"));
    }
  });
}

void binds_writable(const Spec& config, const Row& row, Findings& found) {
  each_mount(config, [&](const spec::Mount& mount, const std::string& pointer) {
    const std::string source = clean_path(mount.source.value_or(""));
    if (is_bind(mount) && !is_read_only(mount) && is_at_or_below(source, row.subject)) {
      found.add(cat(pointer, "/source"), cat("the host's '", source, "' can be written"));
    }
  });
}

// Engines give a container its own resolv.conf, hosts and hostname from their folders; /etc itself
// is another matter.
void binds_file_named(const Spec& config, const Row& row, Findings& found) {
  each_mount(config, [&](const spec::Mount& mount, const std::string& pointer) {
    const std::string source = clean_path(mount.source.value_or(""));
    std::string_view names = row.subject;
    while (is_bind(mount) && !names.empty()) {
      const std::string_view name = names.substr(0, names.find(' '));
      if (source.ends_with(name)) {
        found.add(cat(pointer, "/source"), cat("'", source, "' is in the container"));
        return;
      }
      names.remove_prefix(names.size() > name.size() ? name.size() + 1 : name.size());
    }
  });
}

void file_system(const Spec& config, const Row& row, Findings& found) {
  each_mount(config, [&](const spec::Mount& mount, const std::string& pointer) {
    const std::string type = mount.type.value_or("");
    if (!is_bind(mount) && !type.empty() &&
        cat(" ", row.subject, " ").find(cat(" ", type, " ")) != std::string::npos) {
      found.add(cat(pointer, "/type"), cat("the kernel's ", type, " is in the container"));
    }
  });
}

void writable_type(const Spec& config, const Row& row, Findings& found) {
  each_mount(config, [&](const spec::Mount& mount, const std::string& pointer) {
    if (mount.type.value_or("").starts_with(row.subject) && !is_bind(mount) &&
        !is_read_only(mount)) {
      found.add(cat(pointer, "/options"), cat(*mount.type, " can be written"));
    }
  });
}

void shared_bind(const Spec& config, const Row& /*row*/, Findings& found) {
  each_mount(config, [&](const spec::Mount& mount, const std::string& pointer) {
    if (is_bind(mount) &&
        (contains(mount.options, "shared") || contains(mount.options, "rshared"))) {
      found.add(cat(pointer, "/options"),
                "mounts that the container makes here appear on the host");
    }
  });
}

void allows(const Spec& config, const Row& row, Findings& found) {
  each_mount(config, [&](const spec::Mount& mount, const std::string& pointer) {
    for (std::size_t i = 0; is_bind(mount) && i < mount.options.size(); ++i) {
      if (mount.options[i] == row.subject) {
        found.add(cat(pointer, "/options/", i), cat("'", row.subject, "' is asked for by name"));
      }
    }
  });
}

void over_proc(const Spec& config, const Row& /*row*/, Findings& found) {
  each_mount(config, [&](const spec::Mount& mount, const std::string& pointer) {
    const std::string destination = clean_path(mount.destination);
    if (destination != "/proc" && is_at_or_below(destination, "/proc")) {
      found.add(cat(pointer, "/destination"), cat("'", destination, "' is a part of /proc"));
    }
  });
}

constexpr std::string_view kLeaveOut = "leave the mount out";
constexpr std::string_view kOnlyRead = "leave the mount out, or add the option ro";

constexpr auto kRows = std::to_array<Row>({
    {{"risk.mount.host-root", Level::risk, "mount the folder that is needed",
      "everything on the host"},
     binds,
     "/"},
    {{"risk.mount.etc", Level::risk, kOnlyRead,
      "accounts, cron jobs and preloaded libraries of the host: root there"},
     binds_writable,
     "/etc"},
    {{"risk.mount.home-root", Level::risk, kLeaveOut,
      "keys and credentials of the host's root, and its login scripts"},
     binds,
     "/root"},
    {{"risk.mount.boot", Level::risk, kOnlyRead, "the kernel that the host starts next"},
     binds_writable,
     "/boot"},
    {{"risk.mount.programs", Level::risk, kOnlyRead, "programs that root of the host runs"},
     binds_writable,
     "/usr"},
    {{"risk.mount.libraries", Level::risk, kOnlyRead,
      "libraries and kernel modules that the host loads"},
     binds_writable,
     "/lib"},
    {{"risk.mount.dev", Level::risk, "list single devices in linux.devices",
      "device nodes of the host, as far as the device rules allow"},
     binds,
     "/dev"},
    {{"risk.mount.proc", Level::risk, "mount a proc of the container's own",
      "the host's processes and kernel parameters, masked paths or not"},
     binds,
     "/proc"},
    {{"risk.mount.sys", Level::risk, kOnlyRead, "the host's devices, power states and firmware"},
     binds_writable,
     "/sys"},
    {{"risk.mount.run", Level::risk, kLeaveOut, "the sockets and state of the host's services"},
     binds_writable,
     "/run"},
    {{"risk.mount.var-run", Level::risk, kLeaveOut, "the sockets and state of the host's services"},
     binds_writable,
     "/var/run"},
    {{"risk.mount.log", Level::risk, kOnlyRead,
      "logs to forge, and symbolic links that log readers of the host follow"},
     binds_writable,
     "/var/log"},
    {{"risk.mount.docker-data", Level::risk, kLeaveOut,
      "images, volumes and secrets of every other container"},
     binds,
     "/var/lib/docker"},
    {{"risk.mount.containers-data", Level::risk, kLeaveOut,
      "images, volumes and secrets of every other container"},
     binds_writable,
     "/var/lib/containers/storage/overlay"},
    {{"risk.mount.containerd-data", Level::risk, kLeaveOut,
      "images, volumes and secrets of every other container"},
     binds,
     "/var/lib/containerd"},
    {{"risk.mount.kubelet-data", Level::risk, kLeaveOut,
      "volumes, secrets and the identity of the node and of every other pod"},
     binds,
     "/var/lib/kubelet/pki"},
    {{"risk.mount.runtime-socket", Level::risk, kLeaveOut,
      "a container of the attacker's choice: the engine does as root whatever its socket is told"},
     binds_file_named,
     "docker.sock containerd.sock crio.sock podman.sock buildkitd.sock cri-dockerd.sock "
     "containerd.sock.ttrpc dockershim.sock"},
    {{"risk.mount.system-bus", Level::risk, kLeaveOut,
      "units that systemd starts as root of the host"},
     binds_file_named,
     "system_bus_socket /run/systemd/private"},
    {{"risk.mount.kernel-files", Level::risk, kLeaveOut,
      "the kernel's tracing and debugging, which knows no containers"},
     file_system,
     "debugfs tracefs securityfs configfs bpf pstore efivarfs binfmt_misc"},
    {{"risk.mount.cgroup", Level::risk, "add the option ro",
      "limits of its own choice, and on version 1 a release agent that runs as root of the host"},
     writable_type,
     "cgroup"},
    {{"risk.mount.sysfs", Level::risk, "add the option ro",
      "the host's devices, power states and firmware"},
     writable_type,
     "sysfs"},
    {{"risk.mount.shared", Level::risk, "rprivate or rslave",
      "mounts on the host: a file system over a folder that the host trusts"},
     shared_bind,
     ""},
    {{"risk.mount.dev-option", Level::risk, "nodev",
      "device nodes that lie in the mounted folder or are made there work"},
     allows,
     "dev"},
    {{"risk.mount.suid-option", Level::risk, "nosuid",
      "a set-user-ID program of root, left in the folder for the host's users to run"},
     allows,
     "suid"},
    {{"risk.mount.over-proc", Level::risk, "mount it elsewhere",
      "files of its choice where the runtime and LSMs read the kernel's (CVE-2019-16884)"},
     over_proc,
     ""},
});

}  // namespace

std::span<const Row> mount_rows() { return kRows; }

}  // namespace plimsoll::lint
