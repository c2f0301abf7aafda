// SPDX-License-Identifier: Apache-2.0
#include "runtime/launch/exec.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "runtime/base/log.h"
#include "runtime/base/text.h"
#include "runtime/launch/namespaces.h"
#include "runtime/launch/parent.h"
#include "runtime/launch/process_start.h"
#include "runtime/launch/steps.h"
#include "runtime/launch/terminal.h"
#include "runtime/linux/host.h"
#include "runtime/linux/process_setup.h"
#include "runtime/sys/file.h"
#include "runtime/sys/in_root.h"
#include "runtime/sys/raw.h"
#include "runtime/sys/socket.h"

namespace plimsoll::launch {

namespace {

// -- the new process: inside the container's namespaces from its first instruction --

Result<> wait_for_driver(ExecChild& child) {
  if (!child.shares_memory || child.held) {
    TRY(expect(child.channel, Message::go));
  }
  return {};
}

// A driver that ended before it knew this process tells of a failure: then nothing is executed.
Result<> wait_for_turn(ExecChild& child) {
  if (child.shares_memory && !child.held &&
      child.turn.exchange(ExecChild::Turn::process_waits) != ExecChild::Turn::driver_done) {
    TRY(expect(child.channel, Message::go));
  }
  return {};
}

Result<> join_cgroups(ExecChild& child) {
  for (const UniqueFd& tasks : *child.cgroup_tasks) {
    TRY(sys::write_all(tasks, "0"));
  }
  return {};
}

Result<> affinity(ExecChild& child) {
  if (child.process->cpu_affinity_final) {
    return linux::set_cpu_affinity(*child.process->cpu_affinity_final);
  }
  return linux::reset_cpu_affinity();
}

Result<> enter_root(ExecChild& child) {
  if (child.root) {
    TRY(sys::change_dir(child.root));
    TRY(sys::change_root("."));
  }
  return {};
}

Result<> user_namespace(ExecChild& child) {
  if (!child.user_namespace) {
    return {};
  }
  (void)sys::raw(SYS_setresgid, 0, 0, 0);
  (void)sys::raw(SYS_setresuid, 0, 0, 0);
  TRY(sys::process_control(PR_SET_DUMPABLE, 0));
  return {};
}

Result<> session(ExecChild& child) {
  (void)child;
  return sys::new_session();
}

Result<> keyring(ExecChild& child) {
  if (!child.new_keyring) {
    return {};
  }
  return linux::join_session_keyring(child.container_id, child.process->selinux_label,
                                     child.warnings, child.user_namespace);
}

Result<> terminal(ExecChild& child) {
  if (!child.process->terminal) {
    return {};
  }
  const UniqueFd root = TRY(sys::open_at(sys::cwd(), "/", O_PATH | O_DIRECTORY));
  const UniqueFd devpts = TRY(sys::open_in_root(root, "/dev/pts", O_PATH | O_DIRECTORY));
  const Pty pty =
      TRY(open_pty(devpts, child.process->console_height, child.process->console_width));
  if (child.console_socket) {
    TRY(send_console(child.console_socket, pty.master, pty.name));
    child.console_socket.reset();
  } else {
    TRY(send(child.channel, Message::console, pty.name, pty.master.get()));
    TRY(expect(child.channel, Message::work_done));
  }
  return attach_terminal(pty.peer);
}

Result<> execute(ExecChild& child) {
  const plan::Process& process = *child.process;
  TRY(apply_process_attributes(process));
  TRY(own_standard_streams(process.uid));
  const bool privileged_filter = !process.no_new_privileges && !child.seccomp.instructions.empty();
  const Identity identity = TRY(become_user(process, privileged_filter, child.warnings));
  TRY(wait_for_turn(child));
  TRY(sys::reset_signals(child.ignored_signals));
  TRY(sys::cloexec_from(3 + process.inherited_fds));
  if (!child.warnings.empty()) {
    std::string text;
    for (const std::string& warning : child.warnings) {
      cat_to(text, warning, '\n');
    }
    TRY(send(child.channel, Message::ready, text));
    TRY(expect(child.channel, Message::work_done));
  }
  return fail(load_seccomp_and_exec(process, identity, child.seccomp, child.channel,
                                    child.shares_memory ? &child.executing : nullptr));
}

constexpr auto kExecSteps = std::to_array<Step<ExecChild>>({
    {.name = "wait for turn", .run = wait_for_driver},
    {.name = "cgroup", .run = join_cgroups},
    {.name = "cpu affinity", .run = affinity},
    {.name = "enter rootfs", .run = enter_root},
    {.name = "user namespace", .run = user_namespace},
    {.name = "session", .run = session},
    {.name = "session keyring", .run = keyring},
    {.name = "console", .run = terminal},
    {.name = "process", .run = execute},  // does not return on success
});

int run_exec_child(void* argument) {
  ExecChild& child = *static_cast<ExecChild*>(argument);
  close_fd(child.parent_end);
  const auto done = run_steps(std::span<const Step<ExecChild>>(kExecSteps), child);
  (void)send_failure(child.channel, done.error());
  sys::exit_process(1);
}

// -- the driver --

Result<> compile_filter(Execution& execution) {
  if (execution.seccomp) {
    execution.child->seccomp = std::move(*execution.seccomp);
    return {};
  }
  if (!execution.process->seccomp) {
    return {};
  }
  execution.child->seccomp =
      TRY(compile_seccomp_in(execution.state_root, *execution.process->seccomp));
  return {};
}

// Somebody inside could trace the new process with CAP_SYS_PTRACE of the host's user namespace.
bool may_be_traced(const Execution& execution) {
  constexpr std::uint64_t kPtrace = std::uint64_t{1} << CAP_SYS_PTRACE;
  if (execution.namespaces.has(CLONE_NEWUSER)) {
    return false;
  }
  return execution.record->shares_pid_namespace || execution.record->ptrace_inside ||
         (execution.process->capabilities &&
          (execution.process->capabilities->bounding & kPtrace) != 0);
}

std::uint64_t namespace_mask(const plan::Namespaces& namespaces) {
  std::uint64_t mask = namespaces.create;
  for (const plan::JoinNamespace& join : namespaces.join) {
    mask |= static_cast<std::uint64_t>(join.clone_flag);
  }
  return mask;
}

// What the driver does once the process exists, in the memory that both share: without the heap,
// as beside init (docs/decisions/0012-beside-init.md).
Result<> end_turn(Execution& execution) {
  ExecChild& child = *execution.child;
  if (child.shares_memory) {
    child.ignored_signals = sys::ignored_signals();
    if (!child.held && child.turn.exchange(ExecChild::Turn::driver_done) == ExecChild::Turn::open) {
      return {};
    }
  }
  return send(execution.channel, Message::go);
}

Result<> spawn_child(Execution& execution) {
  ExecChild& child = *execution.child;
  sys::SocketPair pair = TRY(sys::socket_pair(SOCK_SEQPACKET));
  execution.channel = std::move(pair.first);
  child.channel = std::move(pair.second);
  child.parent_end = execution.channel.get();
  child.process = execution.process;
  child.container_id = execution.record->id;
  child.new_keyring = execution.new_keyring;
  child.user_namespace = execution.namespaces.has(CLONE_NEWUSER);
  child.cgroup_tasks = &execution.cgroup->v1_tasks();
  child.console_socket = std::move(execution.console_socket);
  std::uint64_t mask = namespace_mask(execution.namespaces);
  if ((mask & CLONE_NEWNS) == 0) {
    const std::string path = cat("/proc/", execution.record->init.pid, "/root");
    child.root = TRY(sys::open_at(sys::cwd(), path.c_str(), O_PATH | O_DIRECTORY));
  }
  TRY_DOING("oom score", execution.oom_score.lend(*execution.process));
  TRY(sys::process_control(PR_SET_DUMPABLE, 0));
  if ((mask & CLONE_NEWTIME) != 0) {
    // A process that shares its memory cannot change the memory's clock; this one does not share
    // any yet.
    TRY_DOING("time namespace", sys::set_namespace(execution.init_pidfd, CLONE_NEWTIME));
    mask &= ~static_cast<std::uint64_t>(CLONE_NEWTIME);
  }
  if (execution.process->cpu_affinity_initial) {
    TRY_DOING("cpu affinity", linux::set_cpu_affinity(*execution.process->cpu_affinity_initial));
  }
  if (mask != 0) {
    execution.join.push_back(TRY(sys::duplicate(execution.init_pidfd)));
    execution.join_flags.push_back(static_cast<int>(mask));
  }
  auto* stack = new sys::ChildStack(
      TRY(sys::ChildStack::create()));  // never unmapped here: the child runs on it
  child.shares_memory = !may_be_traced(execution);
  if (!child.shares_memory) {
    child.ignored_signals = sys::ignored_signals();
  }
  const SpawnRequest request = {.join = &execution.join,
                                .join_flags = &execution.join_flags,
                                .share_memory = child.shares_memory,
                                .entry = run_exec_child,
                                .argument = &child,
                                .held = &child.held};
  const int channel = child.channel.get();
  const int console = child.console_socket.get();
  auto started = spawn_in_cgroup(request, *stack, *execution.cgroup);
  if (!started && started.error().err() == EBUSY) {
    // The container has moved its processes into cgroups of its own (v2: only the leaves hold
    // processes): init's will do.
    const std::string below = TRY(execution.cgroup->v2_sub_path_of(execution.record->init.pid));
    TRY_DOING("cgroup", execution.cgroup->open_for_join({below}));
    started = spawn_in_cgroup(request, *stack, *execution.cgroup);
  }
  execution.started = TRY_DOING("namespaces", std::move(started));
  close_fd(channel);
  if (console >= 0) {
    close_fd(console);
  }
  return end_turn(execution);
}

void log_warnings(Packet packet) {
  for (const std::string_view warning : split(packet.text, '\n')) {
    if (!warning.empty()) {
      log::warning(warning);
    }
  }
}

// The child runs, and this process only answers it: nothing is freed after an answer.
Result<> follow_child(Execution& execution, state::View& view) {
  view.pid = execution.started.pid;
  bool executing = false;
  for (;;) {
    Packet packet = TRY(receive(execution.channel));
    switch (packet.message) {
      case Message::console:
        execution.master = std::move(packet.fd);
        prepare_foreground_master(execution.master);
        TRY(send(execution.channel, Message::work_done));
        break;
      case Message::ready:
        log_warnings(std::move(packet));
        TRY(send(execution.channel, Message::work_done));
        break;
      case Message::executing:
        executing = true;
        break;
      case Message::listener:
        TRY(serve_listener(execution.channel, std::move(packet), view, execution.started.pidfd));
        break;
      case Message::failed:
        return fail(std::move(packet).error());
      case Message::end_of_file:
        if (executing || execution.child->executing) {
          return {};
        }
        return fail(explain_death(execution.started.pidfd, false, *execution.cgroup));
      case Message::go:
      case Message::settled:
      case Message::parent_work:
      case Message::work_done:
      case Message::committed:
      case Message::start:
        return fail(Error::invalid(cat("unexpected message '", message_name(packet.message), "'")));
    }
  }
}

}  // namespace

Result<> exec_in_container(Execution& execution) {
  execution.child = new ExecChild;
  TRY_DOING("seccomp", compile_filter(execution));
  state::View view = state::view_of(*execution.record, state::Status::running);
  TRY(spawn_child(execution));
  auto done = follow_child(execution, view);
  execution.oom_score.take_back();
  if (!done) {
    (void)sys::pidfd_send_signal(execution.started.pidfd, SIGKILL);
    (void)sys::wait_for(execution.started.pidfd);
  }
  return done;
}

}  // namespace plimsoll::launch
