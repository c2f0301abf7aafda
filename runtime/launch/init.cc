// The container's init process, from clone3() to execve().
//
//   user, mount, pid, net, ipc, uts, cgroup  its own (from clone3), or joined in "join namespaces",
//   or the runtime's file system                              the host's until "enter rootfs", the
//   container's after it privileges                               all in its user namespace until
//   "user and capabilities"
//
// SPDX-License-Identifier: Apache-2.0
#include "runtime/launch/init.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include "runtime/base/text.h"
#include "runtime/launch/process_start.h"
#include "runtime/launch/protocol.h"
#include "runtime/launch/steps.h"
#include "runtime/launch/terminal.h"
#include "runtime/linux/hooks.h"
#include "runtime/linux/host.h"
#include "runtime/linux/process_setup.h"
#include "runtime/sys/file.h"
#include "runtime/sys/in_root.h"
#include "runtime/sys/process.h"
#include "runtime/sys/raw.h"

namespace plimsoll::launch {

namespace {

bool has_new(const Init& init, int clone_flag) {
  return (init.plan->namespaces.create & static_cast<std::uint64_t>(clone_flag)) != 0;
}

Result<> join_cgroups(Init& init) {
  if (init.plan->cgroup.unit) {
    return {};  // the parent has moved us: it opened the files after the clone, for itself alone
  }
  for (const UniqueFd& tasks : *init.cgroup_tasks) {
    // "0" moves the writer alone, without the lock that moving a whole thread group by its number
    // takes.
    TRY_DOING("join cgroup", sys::write_all(tasks, "0"));
  }
  return {};
}

// A new user namespace has no ids yet, for one.
Result<> wait_for_turn(Init& init) {
  if (init.held) {
    TRY(expect(init.channel, Message::go));
  }
  return {};
}

// Not in clone3, not even together with CLONE_INTO_CGROUP: the root of the namespace is the cgroup
// that its maker is in at that moment. Made too early it would show, and let a container with
// writable cgroups change, those of the host.
Result<> cgroup_namespace(Init& init) {
  return has_new(init, CLONE_NEWCGROUP) ? sys::unshare(CLONE_NEWCGROUP) : Result<>{};
}

Result<> join_namespaces(Init& init) {
  for (std::size_t i = 0; i < init.join_fds.size(); ++i) {
    const plan::JoinNamespace& join = init.plan->namespaces.join[i];
    TRY_DOING(cat(join.type, " namespace '", join.path, "'"),
              sys::set_namespace(init.join_fds[i], join.clone_flag));
  }
  init.join_fds.clear();
  if (init.time_namespace) {
    TRY_DOING("time namespace", sys::set_namespace(init.time_namespace, CLONE_NEWTIME));
    init.time_namespace.reset();
  }
  return {};
}

// Files that init makes must belong to the container's root, not to the unmapped user who made the
// namespace.
Result<> become_root_of_user_namespace(Init& init) {
  if (!init.user_namespace) {
    return {};
  }
  // A namespace that maps no root has no such id: then the creator's id stays, and the user step
  // sets the rest.
  (void)sys::raw(SYS_setgroups, 0, nullptr);  // EPERM where the namespace does not allow it
  (void)sys::raw(SYS_setresgid, 0, 0, 0);
  (void)sys::raw(SYS_setresuid, 0, 0, 0);
  if (!init.stay_dumpable) {
    // The change of ids made the memory dumpable or not as /proc/sys/fs/suid_dumpable says: say it
    // again.
    TRY(sys::process_control(PR_SET_DUMPABLE, 0));
  }
  return {};
}

Result<> start_session(Init& init) {
  (void)init;
  TRY(sys::new_session());
  return {};
}

Result<> session_keyring(Init& init) {
  if (!init.plan->new_keyring) {
    return {};
  }
  const std::string label = init.plan->process ? init.plan->process->selinux_label : std::string();
  return linux::join_session_keyring(init.plan->id, label, init.warnings, init.user_namespace);
}

Result<> reset_affinity(Init& init) {
  (void)init;
  return linux::reset_cpu_affinity();
}

Result<> names(Init& init) {
  if (!init.plan->hostname.empty()) {
    TRY(linux::set_hostname(init.plan->hostname));
  }
  if (!init.plan->domainname.empty()) {
    TRY(linux::set_domainname(init.plan->domainname));
  }
  return {};
}

Result<> loopback(Init& init) {
  if (has_new(init, CLONE_NEWNET)) {
    return linux::bring_up_loopback();
  }
  return {};
}

Result<> time_namespace(Init& init) {
  if (!has_new(init, CLONE_NEWTIME)) {
    return {};
  }
  // Not in clone3: the offsets can be written only before anybody is inside.
  return sys::unshare(CLONE_NEWTIME);
}

Result<> prepare_rootfs(Init& init) {
  init.rootfs.plan = init.plan;
  init.rootfs.sources = &init.mount_sources;
  init.rootfs.cgroups = &init.cgroup_mounts;
  init.rootfs.cgroup_mode = init.cgroup_mode;
  init.rootfs.in_user_namespace = init.user_namespace;
  init.rootfs.warnings = &init.warnings;
  return linux::prepare_rootfs(init.rootfs);
}

// Before this the device filter may not be in force yet, nor anything else that the driver does
// beside init.
Result<> settle(Init& init) {
  if (!init.settled) {
    TRY(expect(init.channel, Message::settled));
    init.settled = true;
  }
  return {};
}

// The kernel asks the filter when it mounts a block device, whose name may be any word: from init's
// folder, or through a link. These types are on no device, nor are the kinds that are no
// MountKind::filesystem.
bool is_on_no_device(std::string_view type) {
  constexpr auto kTypes =
      std::to_array<std::string_view>({"cgroup2", "devpts", "mqueue", "overlay", "ramfs", "tmpfs"});
  return std::ranges::find(kTypes, type) != kTypes.end();
}

Result<> mounts(Init& init) {
  const bool from_device =
      std::ranges::any_of(init.plan->rootfs.mounts, [](const plan::Mount& mount) {
        return mount.kind == plan::MountKind::filesystem && !is_on_no_device(mount.type);
      });
  if (from_device) {
    TRY(settle(init));
  }
  TRY(linux::apply_mounts(init.rootfs));
  init.mount_sources = {};
  return {};
}

Result<> devices(Init& init) {
  TRY(settle(init));
  return linux::create_devices(init.rootfs);
}

Result<> console(Init& init) {
  if (!init.plan->process || !init.plan->process->terminal) {
    return {};
  }
  const plan::Process& process = *init.plan->process;
  const UniqueFd devpts =
      TRY(sys::open_in_root(init.rootfs.root, "/dev/pts", O_PATH | O_DIRECTORY));
  const Pty pty = TRY(open_pty(devpts, process.console_height, process.console_width));
  TRY(linux::bind_console(init.rootfs, pty.peer));
  if (init.console_socket) {
    TRY(send_console(init.console_socket, pty.master, pty.name));
    init.console_socket.reset();
  } else {
    TRY(send(init.channel, Message::console, pty.name, pty.master.get()));
    TRY(expect(init.channel, Message::work_done));
  }
  return attach_terminal(pty.peer);
}

Result<> parent_work(Init& init) {
  const plan::Plan& plan = *init.plan;
  if (!has_new(init, CLONE_NEWTIME) && plan.hooks.prestart.empty() &&
      plan.hooks.create_runtime.empty()) {
    return {};
  }
  TRY(send(init.channel, Message::parent_work));
  TRY(expect(init.channel, Message::work_done));
  if (has_new(init, CLONE_NEWTIME)) {
    // Its offsets are written now. Not every kernel moves a process in at execve (6.1 does not).
    const UniqueFd own = TRY(sys::open_at(sys::cwd(), "/proc/self/ns/time_for_children", O_RDONLY));
    TRY(sys::set_namespace(own, CLONE_NEWTIME));
  }
  return {};
}

std::string hook_state(Init& init, state::Status status) {
  init.view.status = status;
  init.view.pid = sys::process_id();
  return state::hook_json(init.view);
}

Result<> create_container_hooks(Init& init) {
  if (init.plan->hooks.create_container.empty()) {
    return {};
  }
  // As runc: these hooks find the container's root by "." as well.
  TRY(sys::change_dir(init.rootfs.root));
  return linux::run_hooks("createContainer", init.plan->hooks.create_container,
                          hook_state(init, state::Status::creating));
}

Result<> enter_rootfs(Init& init) { return linux::enter_rootfs(init.rootfs); }

// Here, because a read-only root would refuse it afterwards.
Result<> working_folder(Init& init) {
  if (!init.plan->process || !init.plan->rootfs.readonly) {
    return {};
  }
  return linux::make_cwd(init.plan->process->cwd);
}

Result<> sysctls(Init& init) {
  if (init.plan->sysctls.empty()) {
    return {};
  }
  return linux::apply_sysctls(init.plan->sysctls);
}

Result<> finish_rootfs(Init& init) { return linux::finish_rootfs(init.rootfs); }

// A container may be only created for long, and `exec` may run a program beside this process then,
// or share its pid namespace: folders and files of the host that are open here would be reachable
// by way of /proc/PID/fd (as in CVE-2024-21626). What is still needed is the program's own, and the
// way to hear of the start. Before the limits are set, one of which is on the number of open files.
Result<> close_what_is_done(Init& init) {
  std::array<int, 2> kept = {init.channel.get(), init.start_listener.get()};
  std::ranges::sort(kept);
  // Their owners live as long as the process, and must not close numbers that are given anew.
  (void)init.rootfs.root.release();
  (void)init.console_socket.release();
  int next = 3 + (init.plan->process ? init.plan->process->inherited_fds : 0);
  for (const int fd : kept) {
    if (fd >= next) {
      TRY(sys::close_between(next, fd - 1));
      next = fd + 1;
    }
  }
  return sys::close_between(next, INT_MAX);
}

Result<> process_attributes(Init& init) {
  if (!init.plan->process) {
    return {};
  }
  TRY(apply_process_attributes(*init.plan->process));
  return own_standard_streams(init.plan->process->uid);
}

Result<> user_and_capabilities(Init& init) {
  if (!init.plan->process) {
    return {};
  }
  const plan::Process& process = *init.plan->process;
  const bool seccomp_needs_privilege =
      !process.no_new_privileges && !init.seccomp.instructions.empty();
  Identity identity = TRY(become_user(process, seccomp_needs_privilege, init.warnings));
  init.program = std::move(identity.program);
  init.environment = std::move(identity.environment);
  return {};
}

Result<> report_ready(Init& init) {
  // A member: freed here, it would be freed while the driver runs.
  for (const std::string& warning : init.warnings) {
    cat_to(init.ready_text, warning, '\n');
  }
  TRY(send(init.channel, Message::ready, init.ready_text));
  if (!init.start_listener) {
    return {};  // the start says it
  }
  const Packet answer = TRY(receive(init.channel));
  if (answer.message != Message::committed) {
    return fail(Error::system(0, "the runtime gave up"));
  }
  return {};
}

// From here on errors go to whoever starts the container.
Result<> wait_for_start(Init& init) {
  // A container that is only created can be killed by any signal that its program would be killed
  // by.
  TRY(sys::reset_signals(init.ignored_signals));
  if (!init.start_listener) {
    TRY(expect(init.channel, Message::start));
    return {};
  }
  if (sys::process_id() == 1) {
    TRY(sys::end_on_signals());
  }
  // `create` is still ending and uses the memory that we share: its end is an end of file.
  while (TRY(receive(init.channel)).message != Message::end_of_file) {
  }
  for (;;) {
    const long accepted =
        sys::raw_retry(SYS_accept4, init.start_listener.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted < 0) {
      return fail(Error::system(static_cast<int>(-accepted), "accept"));
    }
    init.channel = UniqueFd(static_cast<int>(accepted));
    const Packet request = TRY(receive(init.channel));
    if (request.message == Message::start) {
      init.start_listener.reset();
      return {};
    }
    // The starter died before it said so: the next one may.
  }
}

Result<> start_container_hooks(Init& init) {
  if (!init.plan->process) {
    return fail(Error::invalid("process property must not be empty"));
  }
  if (init.plan->hooks.start_container.empty()) {
    return {};
  }
  return linux::run_hooks("startContainer", init.plan->hooks.start_container,
                          hook_state(init, state::Status::created), &init.environment);
}

Result<> execute(Init& init) {
  // NOLINTNEXTLINE(bugprone-unchecked-optional-access): the hooks' step refuses a plan without
  const plan::Process& process = *init.plan->process;
  TRY(sys::cloexec_from(3 + process.inherited_fds));
  const Identity identity = {.program = init.program, .environment = init.environment};
  return fail(load_seccomp_and_exec(process, identity, init.seccomp, init.channel,
                                    init.starter_shares_memory ? &init.executing : nullptr));
}

constexpr auto kCreateSteps = std::to_array<Step<Init>>({
    // -- host file system; full privileges in our user namespace --
    {.name = "wait for turn", .run = wait_for_turn},
    {.name = "join cgroups", .run = join_cgroups},
    {.name = "cgroup namespace", .run = cgroup_namespace},
    {.name = "join namespaces", .run = join_namespaces},
    {.name = "user namespace", .run = become_root_of_user_namespace},
    {.name = "session", .run = start_session},
    {.name = "session keyring", .run = session_keyring},
    {.name = "cpu affinity", .run = reset_affinity},  // after the cgroup, whose cpuset it may fill
    {.name = "host name", .run = names},
    {.name = "loopback", .run = loopback},
    {.name = "time namespace", .run = time_namespace},
    {.name = "rootfs", .run = prepare_rootfs},
    {.name = "mount", .run = mounts},
    {.name = "devices", .run = devices},
    {.name = "console", .run = console},
    {.name = "runtime hooks", .run = parent_work},
    {.name = "createContainer hooks",
     .run = create_container_hooks},  // runtime-spec: before pivot_root
    {.name = "enter rootfs", .run = enter_rootfs},
    // -- container file system: host paths no longer resolve --
    {.name = "cwd", .run = working_folder},
    {.name = "sysctl", .run = sysctls},  // before read-only paths cover /proc/sys
    {.name = "finish rootfs", .run = finish_rootfs},
    {.name = "close descriptors", .run = close_what_is_done},
    {.name = "process", .run = process_attributes},
    {.name = "user and capabilities", .run = user_and_capabilities},
    // -- container user --
    {.name = "report", .run = report_ready},
});

constexpr auto kStartSteps = std::to_array<Step<Init>>({
    {.name = "wait for start", .run = wait_for_start},
    {.name = "startContainer hooks", .run = start_container_hooks},
    {.name = "exec", .run = execute},  // does not return on success
});

constexpr std::size_t index_of(std::string_view name) {
  return static_cast<std::size_t>(std::ranges::find(kCreateSteps, name, &Step<Init>::name) -
                                  kCreateSteps.begin());
}
static_assert(index_of("join cgroups") < index_of("cgroup namespace"));
static_assert(index_of("wait for turn") == 0);
static_assert(index_of("createContainer hooks") < index_of("enter rootfs"));
static_assert(index_of("enter rootfs") < index_of("finish rootfs"));
static_assert(index_of("cwd") < index_of("finish rootfs"));
static_assert(index_of("sysctl") < index_of("finish rootfs"));
static_assert(index_of("close descriptors") < index_of("process"));
static_assert(index_of("process") < index_of("user and capabilities"));

}  // namespace

std::vector<int> fds_of(const Init& init) {
  std::vector<int> fds = {init.channel.get(), init.start_listener.get(), init.console_socket.get(),
                          init.time_namespace.get()};
  for (const std::vector<UniqueFd>* list :
       {&init.mount_sources.trees, &init.mount_sources.idmap_namespaces, &init.join_fds}) {
    for (const UniqueFd& fd : *list) {
      fds.push_back(fd.get());
    }
  }
  std::erase(fds, -1);
  return fds;
}

int run_init(void* argument) {
  Init& init = *static_cast<Init*>(argument);
  close_fd(init.parent_end);
  close_fd(init.state_dir);
  auto done = run_steps(std::span<const Step<Init>>(kCreateSteps), init);
  if (!done) {
    // A variable, not a temporary: nothing may be freed once the driver has the turn.
    const Error error = std::move(done).error().wrap("init");
    (void)send_failure(init.channel, error);
    sys::exit_process(1);
  }
  done = run_steps(std::span<const Step<Init>>(kStartSteps), init);
  // Only failure comes back. Its text already begins with the step; callers match "exec: …" in it.
  (void)send_failure(init.channel, done.error());
  sys::exit_process(1);
}

}  // namespace plimsoll::launch
