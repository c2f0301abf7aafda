// The driver of create and run. It runs on the host with all its privileges; init runs beside it
// and shares its memory, so between two messages only one of them uses the heap.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/launch/parent.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "runtime/base/log.h"
#include "runtime/base/text.h"
#include "runtime/launch/namespaces.h"
#include "runtime/launch/steps.h"
#include "runtime/launch/terminal.h"
#include "runtime/linux/hooks.h"
#include "runtime/linux/host.h"
#include "runtime/linux/process_setup.h"
#include "runtime/sys/file.h"
#include "runtime/sys/raw.h"
#include "runtime/sys/socket.h"

namespace plimsoll::launch {

namespace {

bool has_new(const Creation& creation, int clone_flag) {
  return (creation.plan->namespaces.create & static_cast<std::uint64_t>(clone_flag)) != 0;
}

void stop(const sys::Process& process) {
  (void)sys::pidfd_send_signal(process.pidfd, SIGKILL);
  (void)sys::wait_for(process.pidfd);
}

void log_warnings(const std::vector<std::string>& warnings) {
  for (const std::string& text : warnings) {
    log::warning(text);
  }
}

Result<> seccomp(Creation& creation) {
  const plan::Plan& plan = *creation.plan;
  if (creation.seccomp) {
    creation.init->seccomp = std::move(*creation.seccomp);
  } else if (plan.process && plan.process->seccomp) {
    creation.init->seccomp = TRY(
        compile_seccomp_in(creation.state_root, *plan.process->seccomp,
                           creation.config.substr(creation.seccomp_begin,
                                                  creation.seccomp_end - creation.seccomp_begin)));
  }
  const linux::SeccompProgram& program = creation.init->seccomp;
  if (!program.instructions.empty() && !program.notify &&
      creation.seccomp_begin < creation.seccomp_end) {
    creation.saved_seccomp = linux::encode_saved_seccomp({.config_size = creation.config.size(),
                                                          .begin = creation.seccomp_begin,
                                                          .end = creation.seccomp_end,
                                                          .program = program});
  }
  return {};
}

Result<> make_cgroups(Creation& creation) {
  TRY(creation.cgroup->create(creation.plan->cgroup));
  creation.cgroup_made = true;
  // A unit's cgroup has systemd's own filter, and init in it.
  cgroup::PendingFilter* later = creation.plan->cgroup.unit ? nullptr : &creation.device_filter;
  TRY(creation.cgroup->apply(creation.plan->cgroup, later));
  creation.record->cgroup_paths = creation.cgroup->paths();
  return {};
}

Result<> cgroups(Creation& creation) {
  if (!creation.plan->cgroup.unit) {
    TRY(make_cgroups(creation));
  }
  creation.init->cgroup_tasks = &creation.cgroup->v1_tasks();
  const bool shown = std::ranges::any_of(
      creation.plan->rootfs.mounts,
      [](const plan::Mount& mount) { return mount.kind == plan::MountKind::cgroup; });
  if (!shown) {
    return {};
  }
  for (cgroup::MountSource& source : TRY(cgroup::mount_sources(*creation.cgroup))) {
    creation.init->cgroup_mounts.push_back({.name = std::move(source.name),
                                            .host_path = std::move(source.host_path),
                                            .mount_root = std::move(source.mount_root),
                                            .options = std::move(source.options)});
  }
  return {};
}

// systemd makes a unit around a process only: around init, which waits for its turn.
Result<> systemd_unit(Creation& creation) {
  const plan::Cgroup& plan = creation.plan->cgroup;
  if (!plan.unit) {
    return {};
  }
  TRY(creation.cgroup->start_unit(plan, creation.plan->id, creation.process.pid));
  creation.cgroup_made = true;
  TRY(make_cgroups(creation));
  // systemd knows some of v1's hierarchies only, and puts no process into a slice.
  const bool missing =
      creation.cgroup_mode != plan::CgroupMode::v2 || plan.unit->name.ends_with(".slice");
  return missing ? creation.cgroup->attach(creation.process.pid) : Result<>();
}

Result<> oom_score(Creation& creation) {
  return creation.plan->process ? creation.oom_score.lend(*creation.plan->process) : Result<>{};
}

Result<> mount_sources(Creation& creation) {
  creation.init->mount_sources = TRY(linux::open_mount_sources(*creation.plan));
  return {};
}

Result<> start_socket(Creation& creation) {
  if (creation.start_follows) {
    return {};
  }
  UniqueFd socket = TRY(sys::unix_socket(SOCK_SEQPACKET));
  // bind(2) takes the mode of the new file from the socket's own.
  TRY(sys::chmod_fd(socket, 0600));
  TRY(sys::bind_unix(socket,
                     cat("/proc/self/fd/", creation.dir->fd().get(), "/", state::kStartSocket)));
  const long result = sys::raw(SYS_listen, socket.get(), 1);
  if (result < 0) {
    return fail(Error::system(static_cast<int>(-result), "listen"));
  }
  creation.init->start_listener = std::move(socket);
  return {};
}

// The view that hooks of init's side get; the parent's side fills in pid and status of its own.
state::View view_of(const Creation& creation) {
  state::View view = state::view_of(*creation.record, state::Status::creating);
  view.pid = creation.process.pid;
  return view;
}

// Splits the namespaces to join: what an intermediate process must enter before the clone, and what
// init enters itself.
Result<> prepare_joins(Creation& creation) {
  const plan::Namespaces& namespaces = creation.plan->namespaces;
  std::vector<UniqueFd> fds = TRY(open_joined_namespaces(namespaces));
  if (!needs_intermediate(namespaces)) {
    creation.init->join_fds = std::move(fds);
    return {};
  }
  for (std::size_t i = 0; i < fds.size(); ++i) {
    const int flag = namespaces.join[i].clone_flag;
    if (flag == CLONE_NEWTIME) {
      // Not by this process: the kernel would tell it every process's start time by the clock of
      // that namespace, and the record of init would be one that nobody else finds true.
      creation.init->time_namespace = std::move(fds[i]);
      continue;
    }
    creation.join_flags.push_back(flag);
    creation.join.push_back(std::move(fds[i]));
  }
  return {};
}

// Init must not begin before the steps that follow the clone.
bool has_work_around_init(const plan::Plan& plan) {
  return plan.cgroup.unit.has_value() || plan.namespaces.has(CLONE_NEWUSER) ||
         !plan.net_devices.empty() || plan.intel_rdt.has_value();
}

void prepare_init(Creation& creation) {
  const plan::Plan& plan = *creation.plan;
  Init& init = *creation.init;
  init.plan = &plan;
  init.cgroup_mode = creation.cgroup_mode;
  init.console_socket = std::move(creation.console_socket);
  init.user_namespace = plan.namespaces.has(CLONE_NEWUSER);
  init.held = has_work_around_init(plan);
  init.parent_end = creation.channel.get();
  init.starter_shares_memory = creation.shares_memory && creation.start_follows;
  init.state_dir = creation.dir->fd().get();
  init.view = view_of(creation);
}

// docs/decisions/0003-shared-memory-child.md, rules 6 and 7. And a process that shares its memory
// cannot change the memory's clock: setns to a time namespace is EUSERS.
bool may_share_memory(const Creation& creation) {
  if (creation.plan->namespaces.has(CLONE_NEWTIME)) {
    return false;
  }
  constexpr std::int64_t kTinyLimit = std::int64_t{1024} * 1024;
  const auto& limit = creation.plan->cgroup.memory_limit;
  if (limit && *limit > 0 && *limit < kTinyLimit) {
    return false;
  }
  return creation.plan->namespaces.has(CLONE_NEWUSER) || has_new(creation, CLONE_NEWPID);
}

Result<> clone_init(Creation& creation) {
  const plan::Plan& plan = *creation.plan;
  TRY(prepare_joins(creation));
  creation.shares_memory = may_share_memory(creation);
  if (!creation.shares_memory) {
    creation.init->ignored_signals = sys::ignored_signals();
  }
  sys::SocketPair pair = TRY(sys::socket_pair(SOCK_SEQPACKET));
  creation.channel = std::move(pair.first);
  creation.init->channel = std::move(pair.second);
  prepare_init(creation);
  // A caller without privileges stays dumpable until it has written init's files in /proc, which
  // would belong to root otherwise.
  const bool unprivileged = sys::effective_user_id() != 0;
  creation.init->stay_dumpable = unprivileged && has_new(creation, CLONE_NEWTIME);
  if (!unprivileged) {
    TRY(sys::process_control(PR_SET_DUMPABLE, 0));
  }
  // Never unmapped by this process: init runs on it until execve.
  auto* stack = new sys::ChildStack(TRY(sys::ChildStack::create()));
  const SpawnRequest request = {
      // The time namespace is made by init itself, later: its offsets are written before anybody is
      // inside. So is the cgroup namespace, whose root is where its maker is.
      .create =
          plan.namespaces.create & ~static_cast<std::uint64_t>(CLONE_NEWTIME | CLONE_NEWCGROUP),
      .join = &creation.join,
      .join_flags = &creation.join_flags,
      .share_memory = creation.shares_memory,
      .entry = run_init,
      .argument = creation.init,
      .held = &creation.init->held};
  creation.given_away = fds_of(*creation.init);
  creation.process = TRY(spawn_in_cgroup(request, *stack, *creation.cgroup));
  creation.env_created = true;
  for (const int fd : creation.given_away) {
    close_fd(fd);
  }
  return {};
}

Result<> id_maps(Creation& creation) {
  if (!has_new(creation, CLONE_NEWUSER)) {
    return {};
  }
  TRY(linux::write_id_maps(creation.process.pid, creation.plan->id_maps, creation.plan->rootless));
  if (sys::effective_user_id() != 0) {
    // Once it is not dumpable, a /proc with hidepid hides init from a caller without privileges.
    creation.record->init = TRY(state::identify_process(creation.process.pid));
  }
  if (!creation.init->stay_dumpable) {
    TRY(sys::process_control(PR_SET_DUMPABLE, 0));
  }
  return {};
}

Result<> network_devices(Creation& creation) {
  const plan::Plan& plan = *creation.plan;
  if (plan.net_devices.empty()) {
    return {};
  }
  const auto joined =
      std::ranges::find(plan.namespaces.join, CLONE_NEWNET, &plan::JoinNamespace::clone_flag);
  const std::string path = joined != plan.namespaces.join.end()
                               ? joined->path
                               : cat("/proc/", creation.process.pid, "/ns/net");
  const UniqueFd netns = TRY(sys::open_at(sys::cwd(), path.c_str(), O_RDONLY));
  return linux::move_network_devices(plan.net_devices, netns);
}

Result<> intel_rdt(Creation& creation) {
  if (!creation.plan->intel_rdt) {
    return {};
  }
  creation.record->intel_rdt_path = TRY(linux::apply_intel_rdt(
      *creation.plan->intel_rdt, creation.plan->id, creation.process.pid, "/sys/fs/resctrl"));
  return {};
}

Result<> give_turn(Creation& creation) {
  return creation.init->held ? send(creation.channel, Message::go) : Result<>();
}

// What the steps before have prepared, and init does not need until `settled`. Without the heap:
// docs/decisions/0012-beside-init.md.
int try_beside_init(Creation& creation, std::string_view& doing) {
  doing = "state";
  int error = 0;
  if (creation.record->init.pid == 0) {
    error = state::try_identify_process(creation.process.pid, creation.record->init);
  }
  if (error == 0) {
    error = creation.dir->try_save_init(creation.record->init);
  }
  if (error != 0) {
    return error;
  }
  doing = "cgroup";
  error = creation.device_filter.set();
  if (error != 0) {
    return error;
  }
  if (creation.shares_memory) {
    creation.init->ignored_signals = sys::ignored_signals();
  }
  doing = "state";
  error = creation.dir->try_save_config(creation.config);
  if (error == 0 && !creation.saved_seccomp.empty()) {
    error = creation.dir->try_save_seccomp(creation.saved_seccomp);
  }
  return error;
}

Result<> beside_init(Creation& creation) {
  std::string_view doing;
  if (const int error = try_beside_init(creation, doing); error != 0) {
    stop(creation.process);  // before memory is taken for the words
    if (doing == "cgroup") {
      TRY_DOING(doing, creation.cgroup->apply(creation.plan->cgroup));  // says what is wrong
    }
    return fail(Error::system(error, std::string(doing)));
  }
  // An init that has failed meanwhile has said why, and reads no more.
  (void)send(creation.channel, Message::settled);
  return {};
}

Result<> work_for_init(Creation& creation) {
  const plan::Plan& plan = *creation.plan;
  if (has_new(creation, CLONE_NEWTIME)) {
    TRY(linux::write_time_offsets(creation.process.pid, plan.time_offsets));
    TRY(sys::process_control(PR_SET_DUMPABLE, 0));
  }
  if (!plan.hooks.prestart.empty() || !plan.hooks.create_runtime.empty()) {
    const std::string json = state::hook_json(view_of(creation));
    TRY(linux::run_hooks("prestart", plan.hooks.prestart, json));
    TRY(linux::run_hooks("createRuntime", plan.hooks.create_runtime, json));
  }
  return send(creation.channel, Message::work_done);
}

Result<> serve_init(Creation& creation) {
  for (;;) {
    Packet packet = TRY(receive(creation.channel));
    switch (packet.message) {
      case Message::parent_work:
        TRY(work_for_init(creation));
        break;
      case Message::console:
        creation.master = std::move(packet.fd);
        prepare_foreground_master(creation.master);
        TRY(send(creation.channel, Message::work_done));
        break;
      case Message::ready:
        for (const std::string_view warning : split(packet.text, '\n')) {
          if (!warning.empty()) {
            log::warning(warning);
          }
        }
        return {};
      case Message::failed:
        return fail(std::move(packet).error());
      case Message::end_of_file:
        return fail(explain_death(creation.process.pidfd, true, *creation.cgroup));
      case Message::go:
      case Message::settled:
      case Message::work_done:
      case Message::committed:
      case Message::start:
      case Message::listener:
      case Message::executing:
        return fail(Error::invalid(
            cat("unexpected message '", message_name(packet.message), "' from init")));
    }
  }
}

Result<> save_state(Creation& creation) {
  // What cannot be undone by a later failure comes last: a caller that sees the pid file takes the
  // container for made.
  TRY(creation.dir->save(*creation.record));
  if (!creation.pidfd_socket.empty()) {
    TRY(send_pidfd(creation.pidfd_socket, creation.process.pidfd, "standard"));
  }
  if (!creation.pid_file.empty()) {
    TRY(write_pid_file(creation.pid_file, creation.process.pid));
  }
  return creation.start_follows ? Result<>() : send(creation.channel, Message::committed);
}

constexpr auto kParentSteps = std::to_array<Step<Creation>>({
    {.name = "seccomp", .run = seccomp},
    {.name = "cgroup", .run = cgroups},
    {.name = "oom score", .run = oom_score},
    {.name = "mount", .run = mount_sources},
    {.name = "start socket", .run = start_socket},
    {.name = "namespaces", .run = clone_init},
    // -- init exists; it waits for its turn where a step up to that has something to do --
    {.name = "cgroup", .run = systemd_unit},
    {.name = "id maps", .run = id_maps},
    {.name = "network devices", .run = network_devices},
    {.name = "intel rdt", .run = intel_rdt},
    {.name = "init", .run = give_turn},
    // -- this process calls the kernel beside init, then only answers --
    {.name = "", .run = beside_init},
    {.name = "", .run = serve_init},  // init's own errors carry their step
    {.name = "state", .run = save_state},
});

}  // namespace

Result<linux::SeccompProgram> compile_seccomp_in(int state_root, const plan::Seccomp& profile,
                                                 std::string_view json) {
  const BorrowedFd root = BorrowedFd::of(state_root);
  if (auto made = sys::mkdir_at(root, linux::kSeccompCache, 0700);
      !made && made.error().err() != EEXIST) {
    return fail(std::move(made).error());
  }
  const UniqueFd cache =
      TRY(sys::open_at(root, linux::kSeccompCache, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  std::vector<std::string> warnings;
  auto program = TRY(linux::compile_seccomp_cached(profile, cache, warnings));
  log_warnings(warnings);
  if (!json.empty() && warnings.empty()) {
    linux::remember_seccomp(cache, json, program);
  }
  return program;
}

Result<> create_container(Creation& creation) {
  creation.init = new Init;
  for (const Step<Creation>& step : kParentSteps) {
    auto done = step.run(creation);
    if (!done) {
      return step.name.empty() ? done : fail(std::move(done).error().wrap(step.name));
    }
  }
  return {};
}

void abandon(Creation& creation) {
  if (creation.process.pid != 0) {
    stop(creation.process);
  }
  if (creation.cgroup_made) {
    if (auto removed = creation.cgroup->remove(); !removed) {
      log::warning(
          cat("ignoring that the cgroup could not be removed: ", removed.error().message()));
    }
  }
  if (!creation.record->intel_rdt_path.empty()) {
    (void)sys::unlink_at(sys::cwd(), creation.record->intel_rdt_path.c_str(), AT_REMOVEDIR);
  }
}

Result<> serve_listener(BorrowedFd channel, Packet packet, const state::View& view,
                        BorrowedFd pidfd) {
  const auto hand_over = [&]() -> Result<> {
    const Packet listener = std::move(packet);
    const std::size_t end = listener.text.find('\0');
    if (end == std::string::npos || !listener.fd) {
      return fail(Error::invalid("malformed 'listener' message from init"));
    }
    return linux::send_seccomp_listener(listener.text.substr(0, end), listener.fd, pidfd, view.pid,
                                        listener.text.substr(end + 1), state::hook_json(view));
  };
  TRY_DOING("seccomp listener", hand_over());
  // Everything of the packet is freed by now: with this message init has the turn.
  return send(channel, Message::work_done);
}

Result<> drive_start(BorrowedFd channel, const state::View& view, BorrowedFd pidfd,
                     const std::atomic<bool>* init_executing) {
  TRY(send(channel, Message::start));
  bool executing = false;
  for (;;) {
    Packet packet = TRY(receive(channel));
    switch (packet.message) {
      case Message::executing:
        executing = true;
        break;
      case Message::listener:
        TRY(serve_listener(channel, std::move(packet), view, pidfd));
        break;
      case Message::failed:
        return fail(std::move(packet).error());
      case Message::end_of_file:
        if (executing || (init_executing != nullptr && *init_executing)) {
          return {};
        }
        return fail(Error::system(0, "the container's init ended before it executed the program"));
      case Message::go:
      case Message::settled:
      case Message::parent_work:
      case Message::work_done:
      case Message::console:
      case Message::ready:
      case Message::committed:
      case Message::start:
        return fail(Error::invalid(
            cat("unexpected message '", message_name(packet.message), "' from init")));
    }
  }
}

Error explain_death(BorrowedFd pidfd, bool is_child, const cgroup::Cgroup& cgroup) {
  if (cgroup.oom_killed()) {
    return Error::system(0, "container init was OOM-killed (memory limit too low?)");
  }
  if (!is_child) {
    return Error::system(0, "init ended without a word");
  }
  const auto status = sys::wait_for(pidfd);
  if (!status) {
    return Error::system(0, "init ended without a word");
  }
  return Error::system(0, cat("init ended without a word (",
                              status->signaled ? "signal " : "exit status ", status->code, ")"));
}

}  // namespace plimsoll::launch
