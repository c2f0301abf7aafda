// `checkpoint`: a running container becomes an image, by CRIU.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/checkpoint.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>

#include "runtime/base/log.h"
#include "runtime/base/text.h"
#include "runtime/container/load.h"
#include "runtime/container/lookup.h"
#include "runtime/plan/build.h"
#include "runtime/sys/file.h"
#include "runtime/sys/in_root.h"
#include "validator/json/json.h"

namespace plimsoll::container {

namespace {

Result<> add_parent(const CriuOptions& options, const ImageFolders& folders,
                    checkpoint::Options& out) {
  if (options.parent_path.empty()) {
    return {};
  }
  if (options.parent_path.starts_with('/')) {
    return fail(Error::invalid("--parent-path must be relative"));
  }
  (void)TRY_DOING(
      "invalid --parent-path",
      sys::open_at(folders.image_fd, options.parent_path.c_str(), O_PATH | O_DIRECTORY));
  out.parent_image = options.parent_path;
  out.track_memory = true;
  return {};
}

// Everything that is mounted in the container and comes from outside: CRIU is told that somebody
// will bring it again.
Result<> add_external_mounts(const plan::Plan& plan, const state::Record& record,
                             checkpoint::Options& out) {
  const UniqueFd root = TRY(sys::open_at(
      sys::cwd(), cat("/proc/", record.init.pid, "/root").c_str(), O_PATH | O_DIRECTORY));
  for (const plan::Mount& mount : plan.rootfs.mounts) {
    if (mount.kind == plan::MountKind::bind) {
      const std::string place = resolved_in(root, mount.destination);
      out.external_mounts.push_back({.key = place, .value = place});
    }
  }
  const auto cgroup = cgroup_of(record);
  if (cgroup) {
    for (const auto& bind : cgroup_binds(plan, *cgroup, cgroup::detect_mode())) {
      out.external_mounts.push_back({.key = bind.key, .value = bind.key});
    }
  }
  for (const std::string& path : plan.rootfs.masked_paths) {
    const auto fd = sys::open_in_root(root, path.c_str(), O_PATH);
    const auto status = fd ? sys::stat_fd(*fd) : fail(fd.error());
    if (status && !S_ISDIR(status->st_mode)) {
      out.external_mounts.push_back({.key = path, .value = "/dev/null"});
    }
  }
  if (plan.namespaces.has(CLONE_NEWUSER)) {
    // Nodes cannot be made in a user namespace: they are binds.
    for (const plan::DeviceNode& device : plan.rootfs.devices) {
      out.external_mounts.push_back({.key = device.path, .value = device.path});
    }
  }
  return {};
}

Result<> add_external_namespaces(const plan::Plan& plan, checkpoint::Options& out) {
  for (const plan::JoinNamespace& join : plan.namespaces.join) {
    const std::string key = external_namespace_key(join.type);
    if (key.empty()) {
      continue;
    }
    const struct stat status = TRY(sys::stat_at(sys::cwd(), join.path.c_str(), 0));
    out.external.push_back(cat(kernel_namespace(join.type), "[", status.st_ino, "]:", key));
  }
  return {};
}

// The v1 freezer where there is one: in a hybrid the other hierarchy is only the runtime's handle.
std::string freezer_of(const state::Record& record) {
  std::string found;
  for (const auto& [controllers, path] : record.cgroup_paths) {
    if (controllers == "freezer") {
      return path;
    }
    if (controllers.empty()) {
      found = path;
    }
  }
  return found;
}

Result<> save_descriptors(const state::Record& record, const ImageFolders& folders) {
  std::string text;
  json::Writer writer(text);
  writer.begin_array();
  for (int number = 0; number < 3; ++number) {
    const auto link =
        sys::read_link_at(sys::cwd(), cat("/proc/", record.init.pid, "/fd/", number).c_str());
    writer.value(link ? *link : std::string());
  }
  writer.end_array();
  const UniqueFd file = TRY(sys::open_at(folders.image_fd, kDescriptors,
                                         O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600));
  return sys::write_all(file, text);
}

Result<UniqueFd> status_fd(const CriuOptions& options) {
  if (!options.lazy_pages || options.status_number < 0) {
    return UniqueFd();
  }
  const auto copy = sys::duplicate(BorrowedFd::of(options.status_number));
  if (!copy) {
    return fail(
        Error(copy.error()).wrap(cat("invalid --status-fd argument ", options.status_number)));
  }
  // The copy would keep the reader waiting: the caller's own is the one that is closed.
  return UniqueFd(options.status_number);
}

Result<checkpoint::Session> prepare(const CriuOptions& options, const plan::Plan& plan,
                                    const state::Record& record, const ImageFolders& folders) {
  checkpoint::Session session;
  session.criu = TRY(checkpoint::find_criu());
  session.type =
      options.pre_dump ? checkpoint::RequestType::pre_dump : checkpoint::RequestType::dump;
  TRY(add_common_options(options, plan, folders, session));
  checkpoint::Options& out = session.options;
  out.log_file = "dump.log";
  out.root = plan.rootfs.path;
  out.pid = record.init.pid;
  out.leave_running = options.leave_running;
  out.tcp_skip_in_flight = options.tcp_skip_in_flight;
  out.link_remap = options.link_remap;
  constexpr int kFreezerV2Since = 31'400;
  if (cgroup::detect_mode() != plan::CgroupMode::v2 || session.criu.version >= kFreezerV2Since) {
    out.freeze_cgroup = freezer_of(record);
  }
  TRY(add_parent(options, folders, out));
  TRY(add_external_namespaces(plan, out));
  if (!options.pre_dump) {
    TRY(add_external_mounts(plan, record, out));
    TRY_DOING(kDescriptors, save_descriptors(record, folders));
  }
  return session;
}

}  // namespace

Result<> checkpoint(const Globals& globals, const CriuOptions& options) {
  const auto dir = TRY(open_container(globals, options.id, state::ContainerDir::Lock::exclusive));
  const state::Record record = TRY(load_completed(dir));
  const state::Status status = status_of(dir, record);
  if (status != state::Status::running && status != state::Status::paused) {
    return fail(Error::wrong_state(
        cat("container cannot be checkpointed in ", state::status_name(status), " state")));
  }
  const spec::Spec config = TRY(load_saved_config(dir));
  const plan::Plan plan =
      TRY(plan::build(config, options_of(record),
                      host_facts(globals, config.process ? &*config.process : nullptr)));
  const ImageFolders folders = TRY(open_folders(options));
  checkpoint::Session session = TRY(prepare(options, plan, record, folders));
  UniqueFd ready = TRY(status_fd(options));
  session.notify = [&ready](checkpoint::Notification& notification) -> Result<> {
    if (notification.name == "status-ready" && ready.valid()) {
      const auto written = sys::write_all(ready, std::string_view("\0", 1));
      ready.reset();
      return written;
    }
    return {};
  };
  TRY(checkpoint::run_criu(session));
  (void)sys::lock_fd(dir.fd(), LOCK_UN);
  if (options.leave_running || options.pre_dump) {
    return {};
  }
  // CRIU has ended the processes; what is left of the container goes as with delete.
  if (auto removed = remove(globals, {.id = options.id, .force = true}); !removed) {
    log::warning(cat("ignoring a failure: ", removed.error().message()));
  }
  return {};
}

}  // namespace plimsoll::container
