// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "runtime/base/text.h"
#include "runtime/container/checkpoint.h"
#include "runtime/container/load.h"
#include "runtime/sys/file.h"
#include "runtime/sys/in_root.h"

namespace plimsoll::container {

namespace {

constexpr mode_t kPrivate = 0700;  // an image holds the processes' memory
constexpr std::string_view kConfigAnnotation = "org.criu.config";
constexpr const char* kConfigFile = "/etc/criu/runc.conf";  // the name that callers know

struct NamespaceRow {
  std::string_view spec;
  std::string_view kernel;
  std::string_view key;
};
constexpr auto kNamespaces = std::to_array<NamespaceRow>({
    {.spec = "network", .kernel = "net", .key = "extRootNetNS"},
    {.spec = "pid", .kernel = "pid", .key = "extRootPidNS"},
    {.spec = "mount", .kernel = "mnt", .key = ""},
    {.spec = "ipc", .kernel = "ipc", .key = ""},
    {.spec = "uts", .kernel = "uts", .key = ""},
    {.spec = "user", .kernel = "user", .key = ""},
    {.spec = "time", .kernel = "time", .key = ""},
    {.spec = "cgroup", .kernel = "cgroup", .key = ""},
});

struct CgroupModeRow {
  std::string_view name;
  checkpoint::CgroupMode mode;
};
constexpr auto kCgroupModes = std::to_array<CgroupModeRow>({
    {.name = "", .mode = checkpoint::CgroupMode::usual},
    {.name = "soft", .mode = checkpoint::CgroupMode::soft},
    {.name = "full", .mode = checkpoint::CgroupMode::full},
    {.name = "strict", .mode = checkpoint::CgroupMode::strict},
    {.name = "ignore", .mode = checkpoint::CgroupMode::ignore},
});

Result<UniqueFd> make_and_open(const std::string& path) {
  TRY(sys::mkdir_all_at(sys::cwd(), path, kPrivate));
  return sys::open_at(sys::cwd(), path.c_str(), O_RDONLY | O_DIRECTORY);
}

Result<> add_page_server(const std::string& text, checkpoint::Options& options) {
  const std::size_t colon = text.rfind(':');
  std::string_view address = std::string_view(text).substr(0, colon);
  if (colon == std::string::npos || colon == 0 || colon + 1 == text.size()) {
    return fail(Error::invalid("Use --page-server ADDRESS:PORT to specify page server"));
  }
  if (address.starts_with('[') && address.ends_with(']')) {
    address = address.substr(1, address.size() - 2);
  }
  const auto port = parse_unsigned(std::string_view(text).substr(colon + 1));
  if (!port || *port == 0 || *port > 65535) {
    return fail(Error::invalid("Invalid port number"));
  }
  options.page_server_address = address;
  options.page_server_port = static_cast<std::int32_t>(*port);
  return {};
}

}  // namespace

Result<ImageFolders> open_folders(const CriuOptions& options) {
  ImageFolders folders;
  folders.image =
      TRY(absolute_path(options.image_path.empty() ? "checkpoint" : options.image_path));
  folders.work = TRY(absolute_path(options.work_path));
  folders.image_fd = TRY_DOING("image path", make_and_open(folders.image));
  if (!folders.work.empty()) {
    folders.work_fd = TRY_DOING("work path", make_and_open(folders.work));
  }
  return folders;
}

Result<> add_common_options(const CriuOptions& options, const plan::Plan& plan,
                            const ImageFolders& folders, checkpoint::Session& session) {
  checkpoint::Options& out = session.options;
  out.images_dir = folders.image_fd.get();
  session.log_folder = folders.image;
  if (folders.work_fd.valid()) {
    out.work_dir = folders.work_fd.get();
    session.log_folder = folders.work;
  }
  out.ext_unix_sk = options.ext_unix_sk;
  out.tcp_established = options.tcp_established;
  out.shell_job = options.shell_job;
  out.file_locks = options.file_locks;
  out.auto_dedup = options.auto_dedup;
  out.lazy_pages = options.lazy_pages;
  const auto mode =
      std::ranges::find(kCgroupModes, options.manage_cgroups_mode, &CgroupModeRow::name);
  if (mode == kCgroupModes.end()) {
    return fail(Error::invalid("invalid manage-cgroups-mode value"));
  }
  out.cgroup_mode = mode->mode;
  // Devices of a network namespace, and their addresses, are those who made them to make again.
  out.empty_namespaces = CLONE_NEWNET;
  for (const std::string& type : options.empty_namespaces) {
    if (type != "network") {
      return fail(Error::invalid(cat("namespace \"", type, "\" is not supported")));
    }
  }
  if (!options.page_server.empty()) {
    TRY(add_page_server(options.page_server, out));
  }
  const auto config = std::ranges::find_if(
      plan.annotations, [](const auto& entry) { return entry.first == kConfigAnnotation; });
  if (config == plan.annotations.end()) {
    out.config_file = kConfigFile;
  } else if (!config->second.empty()) {
    out.config_file = config->second;
  }
  return {};
}

std::string external_namespace_key(std::string_view spec_type) {
  const auto row = std::ranges::find(kNamespaces, spec_type, &NamespaceRow::spec);
  return std::string(row == kNamespaces.end() ? std::string_view() : row->key);
}

std::string_view kernel_namespace(std::string_view spec_type) {
  const auto row = std::ranges::find(kNamespaces, spec_type, &NamespaceRow::spec);
  return row == kNamespaces.end() ? spec_type : row->kernel;
}

std::string resolved_in(BorrowedFd root, const std::string& destination) {
  const auto fd = sys::open_in_root(root, destination.c_str(), O_PATH);
  if (!fd) {
    return destination;
  }
  const auto path = sys::read_link_at(sys::cwd(), cat("/proc/self/fd/", fd->get()).c_str());
  const auto top = sys::read_link_at(sys::cwd(), cat("/proc/self/fd/", root.get()).c_str());
  if (!path || !top) {
    return destination;
  }
  if (*top == "/") {
    return *path;
  }
  return path->starts_with(cat(*top, "/")) ? path->substr(top->size()) : destination;
}

std::vector<checkpoint::ExternalMount> cgroup_binds(const plan::Plan& plan,
                                                    const cgroup::Cgroup& cgroup,
                                                    plan::CgroupMode mode) {
  std::vector<checkpoint::ExternalMount> binds;
  if (plan.namespaces.has(CLONE_NEWCGROUP)) {
    return binds;
  }
  for (const plan::Mount& mount : plan.rootfs.mounts) {
    const auto sources = cgroup::mount_sources(cgroup);
    if (mount.kind != plan::MountKind::cgroup || !sources) {
      continue;
    }
    for (const cgroup::MountSource& source : *sources) {
      binds.push_back({.key = mode == plan::CgroupMode::v2
                                  ? mount.destination
                                  : cat(mount.destination, "/", source.name),
                       .value = source.host_path});
    }
  }
  return binds;
}

}  // namespace plimsoll::container
