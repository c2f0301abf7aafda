// `restore`: CRIU makes a container's processes from an image; the state folder, the cgroup and the
// root file system's mount points are made here, as for create.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "runtime/base/log.h"
#include "runtime/base/text.h"
#include "runtime/container/checkpoint.h"
#include "runtime/container/create.h"
#include "runtime/container/load.h"
#include "runtime/launch/terminal.h"
#include "runtime/linux/hooks.h"
#include "runtime/linux/process_setup.h"
#include "runtime/sys/file.h"
#include "runtime/sys/in_root.h"
#include "runtime/sys/process.h"
#include "validator/json/json.h"

namespace plimsoll::container {

namespace {

constexpr const char* kRootFolder = "criu-root";
constexpr std::size_t kMaxDescriptors = std::size_t{64} * 1024;

// -- the root file system --

bool is_below(const std::string& path, const std::string& folder) {
  return path.starts_with(cat(folder, "/"));
}

// Places in another mount are there when that is: a bind's source has them from the first start,
// CRIU restores a tmpfs with its content.
bool is_in_another_mount(const plan::Mount& mount, const std::vector<plan::Mount>& mounts) {
  return std::ranges::any_of(mounts, [&](const plan::Mount& other) {
    return &other != &mount && is_below(mount.destination, other.destination);
  });
}

Result<> make_mount_points(const plan::Plan& plan, BorrowedFd root) {
  for (const plan::Mount& mount : plan.rootfs.mounts) {
    if (is_in_another_mount(mount, plan.rootfs.mounts) ||
        sys::open_in_root(root, mount.destination.c_str(), O_PATH)) {
      continue;
    }
    const auto source = mount.kind == plan::MountKind::bind
                            ? sys::stat_at(sys::cwd(), mount.source.c_str(), 0)
                            : fail(Error::system(ENOENT, ""));
    const auto made = source && !S_ISDIR(source->st_mode)
                          ? sys::create_file_in_root(root, mount.destination)
                          : sys::make_dir_in_root(root, mount.destination);
    if (!made) {
      return fail(Error(made.error()).wrap(cat("mount point '", mount.destination, "'")));
    }
  }
  return {};
}

void add_external_mounts(const plan::Plan& plan, const cgroup::Cgroup& cgroup, BorrowedFd root,
                         checkpoint::Options& out) {
  for (const plan::Mount& mount : plan.rootfs.mounts) {
    if (mount.kind == plan::MountKind::bind) {
      out.external_mounts.push_back(
          {.key = resolved_in(root, mount.destination), .value = mount.source});
    }
  }
  for (auto& bind : cgroup_binds(plan, cgroup, cgroup::detect_mode())) {
    out.external_mounts.push_back(std::move(bind));
  }
  if (!plan.rootfs.masked_paths.empty()) {
    out.external_mounts.push_back({.key = "/dev/null", .value = "/dev/null"});
  }
  if (plan.namespaces.has(CLONE_NEWUSER)) {
    for (const plan::DeviceNode& device : plan.rootfs.devices) {
      out.external_mounts.push_back({.key = device.path, .value = device.path});
    }
  }
}

// -- namespaces and descriptors that come from outside --

Result<> add_namespaces(const plan::Plan& plan, checkpoint::Session& session,
                        std::vector<UniqueFd>& opened) {
  for (const plan::JoinNamespace& join : plan.namespaces.join) {
    if (join.clone_flag == CLONE_NEWCGROUP) {
      return fail(Error::unsupported("CRIU cannot restore into a cgroup namespace by path"));
    }
    const std::string key = external_namespace_key(join.type);
    if (key.empty()) {
      session.options.join_namespaces.push_back(
          {.type = std::string(kernel_namespace(join.type)), .path = join.path});
      continue;
    }
    opened.push_back(TRY_DOING(cat("requested ", join.type, " namespace"),
                               sys::open_at(sys::cwd(), join.path.c_str(), O_RDONLY)));
    session.options.inherited_fds.push_back(
        {.key = key, .number = checkpoint::kFirstFd + static_cast<int>(session.fds.size())});
    session.fds.push_back(opened.back().get());
  }
  return {};
}

// Pipes of the first run are replaced by ours.
Result<> add_standard_streams(const ImageFolders& folders, checkpoint::Options& out) {
  const std::string text = TRY(sys::read_file_at(folders.image_fd, kDescriptors, kMaxDescriptors));
  const auto tree = json::parse(text);
  const json::Array* links = tree ? tree->array() : nullptr;
  if (links == nullptr || links->size() > 3) {
    return fail(Error::invalid(
        cat("'", folders.image, "/", kDescriptors, "' is not a list of three descriptors")));
  }
  for (std::size_t i = 0; i < links->size(); ++i) {
    const std::string* link = (*links)[i].string();
    if (link != nullptr && link->starts_with("pipe:")) {
      out.inherited_fds.push_back({.key = *link, .number = static_cast<int>(i)});
    }
  }
  return {};
}

// -- while CRIU works --

struct Restoring {
  Made& made;
  const CreateOptions& options;
  std::optional<sys::Process> init = {};
};

// CRIU's strict mode refuses cgroups that are there, and ours is by then: its condition is checked
// before anything is made, and CRIU is told to restore everything.
Result<> enforce_strict_mode(const Made& made, checkpoint::Options& out) {
  if (out.cgroup_mode != checkpoint::CgroupMode::strict) {
    return {};
  }
  for (const auto& [controllers, path] : made.cgroup.paths()) {
    if (sys::stat_at(sys::cwd(), path.c_str(), AT_SYMLINK_NOFOLLOW)) {
      return fail(Error::wrong_state(
          cat("cgroup '", path, "' is there already (--manage-cgroups-mode strict)")));
    }
  }
  out.cgroup_mode = checkpoint::CgroupMode::full;
  return {};
}

// CRIU itself goes into the container's cgroup: whatever it forks is there from the start.
Result<> enter_cgroup(Made& made, pid_t criu, checkpoint::Options& out) {
  TRY(made.cgroup.start_unit(made.plan.cgroup, made.plan.id, criu));
  made.creation.cgroup_made = made.plan.cgroup.unit.has_value();
  TRY(made.cgroup.create(made.plan.cgroup));
  made.creation.cgroup_made = true;
  TRY(made.cgroup.apply(made.plan.cgroup));
  TRY(made.cgroup.attach(criu));
  made.record.cgroup_paths = made.cgroup.paths();
  const std::string text =
      TRY(sys::read_file_at(sys::cwd(), cat("/proc/", criu, "/cgroup").c_str(), 1 << 20));
  for (const cgroup::OwnCgroup& own : cgroup::parse_proc_cgroup(text)) {
    out.cgroup_roots.push_back({.controllers = own.controllers, .path = own.path});
  }
  return {};
}

int loopback_main(void* argument) {
  const int fd = *static_cast<int*>(argument);
  if (!sys::set_namespace(BorrowedFd::of(fd), CLONE_NEWNET)) {
    return 1;
  }
  return linux::bring_up_loopback() ? 0 : 1;
}

// The image leaves the content of the network namespace out, and create would have given it "lo".
Result<> bring_up_loopback_of(pid_t pid) {
  const UniqueFd netns =
      TRY(sys::open_at(sys::cwd(), cat("/proc/", pid, "/ns/net").c_str(), O_RDONLY));
  int number = netns.get();
  const sys::ChildStack stack = TRY(sys::ChildStack::create());
  const sys::Process child = TRY(sys::spawn_shared(CLONE_VFORK, -1, stack, loopback_main, &number));
  if (TRY(sys::wait_for(child.pidfd)).shell_status() != 0) {
    return fail(Error::system(0, "loopback device of the restored network namespace"));
  }
  return {};
}

Result<> namespaces_ready(Made& made, pid_t pid) {
  if ((made.plan.namespaces.create & CLONE_NEWNET) != 0) {
    TRY(bring_up_loopback_of(pid));
  }
  const plan::Hooks& hooks = made.plan.hooks;
  if (hooks.prestart.empty() && hooks.create_runtime.empty()) {
    return {};
  }
  made.record.init.pid = pid;
  const std::string json = state::hook_json(state::view_of(made.record, state::Status::creating));
  TRY(linux::run_hooks("prestart", hooks.prestart, json));
  return linux::run_hooks("createRuntime", hooks.create_runtime, json);
}

Result<> processes_ready(Restoring& restoring, pid_t pid) {
  Made& made = restoring.made;
  restoring.init = sys::Process{.pid = pid, .pidfd = TRY(sys::pidfd_open(pid))};
  made.record.init = TRY(state::identify_process(pid));
  TRY(made.dir.save_init(made.record.init));
  return made.dir.save(made.record);
}

Result<> terminal_ready(Restoring& restoring, UniqueFd master) {
  Made& made = restoring.made;
  if (made.creation.console_socket.valid()) {
    return launch::send_console(made.creation.console_socket, master, "/dev/console");
  }
  launch::prepare_foreground_master(master);
  made.creation.master = std::move(master);
  return {};
}

Result<> notified(Restoring& restoring, checkpoint::Notification& notification) {
  if (notification.name == "setup-namespaces") {
    return namespaces_ready(restoring.made, notification.pid);
  }
  if (notification.name == "post-restore") {
    return processes_ready(restoring, notification.pid);
  }
  if (notification.name == "orphan-pts-master" && notification.terminal.valid()) {
    return terminal_ready(restoring, std::move(notification.terminal));
  }
  return {};
}

Result<> restore_made(const CriuOptions& options, Restoring& restoring) {
  Made& made = restoring.made;
  const plan::Plan& plan = made.plan;
  TRY(made.dir.save_config(made.config));
  checkpoint::Session session;
  session.type = checkpoint::RequestType::restore;
  session.criu = TRY(checkpoint::find_criu());
  const ImageFolders folders = TRY(open_folders(options));
  TRY(add_common_options(options, plan, folders, session));
  checkpoint::Options& out = session.options;
  TRY(enforce_strict_mode(made, out));
  out.log_file = "restore.log";
  out.evasive_devices = true;
  out.restore_sibling = true;
  out.lsm_profile = options.lsm_profile;
  out.lsm_mount_context = options.lsm_mount_context;
  const UniqueFd root =
      TRY(sys::open_at(sys::cwd(), plan.rootfs.path.c_str(), O_PATH | O_DIRECTORY));
  TRY(make_mount_points(plan, root));
  add_external_mounts(plan, made.cgroup, root, out);
  std::vector<UniqueFd> namespaces;
  TRY(add_namespaces(plan, session, namespaces));
  TRY_DOING("image", add_standard_streams(folders, out));
  TRY(sys::mkdir_at(made.dir.fd(), kRootFolder, 0755));
  session.root_source = plan.rootfs.path;
  session.root_mount =
      TRY(sys::read_link_at(sys::cwd(), cat("/proc/self/fd/", made.dir.fd().get()).c_str()));
  session.root_mount += cat("/", kRootFolder);
  out.root = session.root_mount;
  session.before = [&made](const sys::Process& criu, checkpoint::Options& more) {
    return enter_cgroup(made, criu.pid, more);
  };
  session.notify = [&restoring](checkpoint::Notification& notification) {
    return notified(restoring, notification);
  };
  TRY(checkpoint::run_criu(session));
  if (!restoring.init) {
    return fail(Error::system(0, "criu: it has told of no restored process"));
  }
  made.creation.process = *std::move(restoring.init);
  if (!restoring.options.pid_file.empty()) {
    TRY(launch::write_pid_file(restoring.options.pid_file, made.creation.process.pid));
  }
  return {};
}

}  // namespace

Result<int> restore(const Globals& globals, const CreateOptions& create_options,
                    const CriuOptions& criu_options) {
  CriuOptions options = criu_options;
  // The bundle becomes the working folder.
  options.image_path =
      TRY(absolute_path(options.image_path.empty() ? "checkpoint" : options.image_path));
  options.work_path = TRY(absolute_path(options.work_path));
  const bool foreground = !create_options.detach;
  if (foreground) {
    if (!create_options.no_subreaper) {
      TRY(sys::process_control(PR_SET_CHILD_SUBREAPER, 1));
    }
    TRY(launch::block_forwarded_signals());
  }
  CreateOptions resolved = create_options;
  resolved.pid_file = TRY(absolute_path(resolved.pid_file));
  Made* made = TRY(prepare_container(globals, resolved, true));
  Restoring restoring{.made = *made, .options = resolved};
  auto restored = restore_made(options, restoring);
  (void)sys::unlink_at(made->dir.fd(), kRootFolder, AT_REMOVEDIR);
  if (!restored) {
    if (restoring.init) {
      made->creation.process = *std::move(restoring.init);
    }
    unmake_container(*made);
    return fail(std::move(restored).error());
  }
  (void)sys::lock_fd(made->dir.fd(), LOCK_UN);
  if (!foreground) {
    return 0;
  }
  return wait_and_remove(globals, resolved, *made);
}

}  // namespace plimsoll::container
