// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/example_config.h"

#include <array>
#include <span>
#include <string_view>

#include "runtime/cli/version.h"
#include "validator/json/json.h"

namespace plimsoll::cli {
namespace {

using Words = std::span<const std::string_view>;

constexpr std::array<std::string_view, 3> kCapabilities{"CAP_AUDIT_WRITE", "CAP_KILL",
                                                        "CAP_NET_BIND_SERVICE"};

struct Mount {
  std::string_view destination;
  std::string_view type;
  std::string_view source;
  std::array<std::string_view, 6> options{};  // up to the first empty one
};

constexpr auto kMounts = std::to_array<Mount>({
    {"/proc", "proc", "proc", {}},
    {"/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}},
    {"/dev/pts",
     "devpts",
     "devpts",
     {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}},
    {"/dev/shm", "tmpfs", "shm", {"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"}},
    {"/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}},
    {"/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"}},
    {"/sys/fs/cgroup", "cgroup", "cgroup", {"nosuid", "noexec", "nodev", "relatime", "ro"}},
});
// A user namespace without a network namespace of its own may not mount sysfs.
constexpr Mount kRootlessSys{"/sys", "none", "/sys", {"rbind", "nosuid", "noexec", "nodev", "ro"}};

// Files that tell about the host or are out of reach of no namespace. powercap: CVE-2020-8694.
constexpr std::array<std::string_view, 11> kMaskedPaths{
    "/proc/acpi",          "/proc/asound",
    "/proc/kcore",         "/proc/keys",
    "/proc/latency_stats", "/proc/timer_list",
    "/proc/timer_stats",   "/proc/sched_debug",
    "/sys/firmware",       "/sys/devices/virtual/powercap",
    "/proc/scsi"};
constexpr std::array<std::string_view, 5> kReadonlyPaths{"/proc/bus", "/proc/fs", "/proc/irq",
                                                         "/proc/sys", "/proc/sysrq-trigger"};

void write_process(json::Writer& writer) {
  writer.key("process").begin_object().member("terminal", true);
  writer.key("user").begin_object().member("uid", 0).member("gid", 0).end_object();
  writer.key("args").begin_array().value("sh").end_array();
  writer.key("env")
      .begin_array()
      .value("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
      .value("TERM=xterm")
      .end_array();
  writer.member("cwd", "/").key("capabilities").begin_object();
  for (const char* set : {"bounding", "effective", "permitted"}) {
    writer.key(set).list(kCapabilities);
  }
  writer.end_object().key("rlimits").begin_array().begin_object();
  writer.member("type", "RLIMIT_NOFILE").member("hard", 1024).member("soft", 1024);
  writer.end_object().end_array().member("noNewPrivileges", true).end_object();
}

// devpts' gid=5 has no place in a map of one id.
bool names_an_id(std::string_view option) {
  return option.starts_with("uid=") || option.starts_with("gid=");
}

void write_mount(json::Writer& writer, const Mount& mount, bool rootless) {
  writer.begin_object()
      .member("destination", mount.destination)
      .member("type", mount.type)
      .member("source", mount.source);
  if (!mount.options[0].empty()) {
    writer.key("options").begin_array();
    for (const std::string_view option : mount.options) {
      if (!option.empty() && !(rootless && names_an_id(option))) {
        writer.value(option);
      }
    }
    writer.end_array();
  }
  writer.end_object();
}

void write_id_map(json::Writer& writer, const char* name, std::uint32_t id) {
  writer.key(name).begin_array().begin_object();
  writer.member("containerID", 0).member("hostID", id).member("size", 1);
  writer.end_object().end_array();
}

void write_linux(json::Writer& writer, bool cgroup_namespace,
                 const std::optional<RootlessUser>& rootless) {
  writer.key("linux").begin_object();
  if (rootless) {
    write_id_map(writer, "uidMappings", rootless->uid);
    write_id_map(writer, "gidMappings", rootless->gid);
  } else {
    writer.key("resources").begin_object().key("devices").begin_array().begin_object();
    writer.member("allow", false).member("access", "rwm");
    writer.end_object().end_array().end_object();
  }
  writer.key("namespaces").begin_array();
  const struct {
    const char* type;
    bool wanted;
  } rows[] = {{"pid", true},
              {"network", !rootless},
              {"ipc", true},
              {"uts", true},
              {"mount", true},
              {"cgroup", cgroup_namespace},
              {"user", rootless.has_value()}};
  for (const auto& row : rows) {
    if (row.wanted) {
      writer.begin_object().member("type", row.type).end_object();
    }
  }
  writer.end_array().key("maskedPaths").list(kMaskedPaths);
  writer.key("readonlyPaths").list(kReadonlyPaths).end_object();
}

// The writer indents by spaces, one for each level here; no string of ours holds a newline.
std::string with_tabs(std::string text) {
  bool line_start = true;
  for (char& c : text) {
    if (line_start && c == ' ') {
      c = '\t';
    } else {
      line_start = c == '\n';
    }
  }
  return text;
}

}  // namespace

std::string example_config(bool cgroup_namespace, const std::optional<RootlessUser>& rootless) {
  std::string out;
  json::Writer writer(out, 1);
  writer.begin_object().member("ociVersion", kSpecVersion);
  write_process(writer);
  writer.key("root").begin_object().member("path", "rootfs").member("readonly", true).end_object();
  writer.member("hostname", "plimsoll").key("mounts").begin_array();
  for (const Mount& mount : kMounts) {
    const bool replaced = rootless && mount.destination == kRootlessSys.destination;
    write_mount(writer, replaced ? kRootlessSys : mount, rootless.has_value());
  }
  writer.end_array();
  write_linux(writer, cgroup_namespace, rootless);
  writer.end_object();
  return with_tabs(std::move(out));
}

}  // namespace plimsoll::cli
