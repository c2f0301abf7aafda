// SPDX-License-Identifier: Apache-2.0
#include "runtime/launch/exec.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/file.h>
#include <sys/prctl.h>

#include <cerrno>
#include <optional>

#include "runtime/base/log.h"
#include "runtime/base/text.h"
#include "runtime/container/load.h"
#include "runtime/container/lookup.h"
#include "runtime/container/verbs.h"
#include "runtime/launch/terminal.h"
#include "runtime/plan/parts.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"
#include "runtime/sys/raw.h"
#include "validator/rules/rules.h"
#include "validator/spec/parse.h"

namespace plimsoll::container {

namespace {

// The largest id that names somebody: 2^32-1 means "no change" to setresuid(2).
constexpr std::uint64_t kMaxId = 0xffff'fffe;

Result<std::uint32_t> parse_id(std::string_view text, std::string_view what) {
  const auto value = parse_unsigned(text);
  if (!value || *value > kMaxId) {
    return fail(Error::invalid(
        cat("bad ", what, " '", text, "': a number from 0 to ", kMaxId, " is expected")));
  }
  return static_cast<std::uint32_t>(*value);
}

Result<> apply_user(spec::User& user, const std::string& text) {
  const std::size_t colon = text.find(':');
  user.uid = TRY(parse_id(std::string_view(text).substr(0, colon), "uid"));
  if (colon != std::string::npos) {
    user.gid = TRY(parse_id(std::string_view(text).substr(colon + 1), "gid"));
  }
  return {};
}

void add_capabilities(spec::Process& process, const std::vector<std::string>& names) {
  if (names.empty()) {
    return;
  }
  spec::Capabilities sets = process.capabilities.value_or(spec::Capabilities{});
  const auto add = [&names](std::optional<spec::Strings>& set) {
    spec::Strings all = set.value_or(spec::Strings{});
    all.insert(all.end(), names.begin(), names.end());
    set = std::move(all);
  };
  add(sets.bounding);
  add(sets.effective);
  add(sets.permitted);
  // The ambient set takes only what is inheritable, and exec grants nothing inheritable
  // (CVE-2022-29162).
  if (sets.inheritable && !sets.inheritable->empty()) {
    add(sets.ambient);
  }
  process.capabilities = std::move(sets);
}

// The config's process with what the flags change.
Result<spec::Process> process_from_flags(const spec::Spec& config, const ExecOptions& options) {
  if (!config.process) {
    return fail(Error::invalid("process property must not be empty"));
  }
  if (options.args.empty()) {
    return fail(Error::invalid("exec args cannot be empty"));
  }
  spec::Process process = *config.process;
  process.args = options.args;
  if (!options.cwd.empty()) {
    process.cwd = options.cwd;
  }
  if (!options.apparmor.empty()) {
    process.apparmor_profile = options.apparmor;
  }
  if (!options.process_label.empty()) {
    process.selinux_label = options.process_label;
  }
  add_capabilities(process, options.capabilities);
  process.env.insert(process.env.end(), options.env.begin(), options.env.end());
  process.terminal = options.tty;
  process.no_new_privileges = process.no_new_privileges || options.no_new_privs;
  if (!options.user.empty()) {
    TRY(apply_user(process.user, options.user));
  }
  process.user.additional_gids.insert(process.user.additional_gids.end(),
                                      options.additional_gids.begin(),
                                      options.additional_gids.end());
  return process;
}

Result<spec::Process> process_from_file(const Globals& globals, const std::string& path) {
  if (const Result<struct stat> status = sys::stat_at(sys::cwd(), path.c_str(), 0);
      status && !S_ISREG(status->st_mode)) {
    // It can be read only once, so nothing can begin again when it is known.
    TRY(run_from_copy(globals));
  }
  const std::string bytes = TRY(sys::read_named_file(path.c_str(), kMaxDocument));
  auto parsed = spec::parse_process(bytes);
  if (!parsed) {
    return fail(Error::invalid(parsed.error().text(path)));
  }
  return std::move(*parsed);
}

Result<spec::Process> choose_process(const Globals& globals, const spec::Spec& config,
                                     const ExecOptions& options) {
  spec::Process process = options.process_file.empty()
                              ? TRY(process_from_flags(config, options))
                              : TRY(process_from_file(globals, options.process_file));
  const rules::Report report = rules::check_process(process);
  if (const rules::Finding* finding = rules::first_error(report)) {
    return fail(Error::invalid(rules::text(*finding)));
  }
  return process;
}

Error stopped() { return Error::wrong_state("cannot exec in a stopped container"); }

// A container that create has completed; the words for one that it has not.
Result<state::Record> load_record(const state::ContainerDir& dir) {
  auto record = dir.load();
  if (!record && record.error().kind() == ErrorKind::not_found) {
    const state::Status status = TRY(look_up(dir)).status;
    if (status == state::Status::creating) {
      return fail(Error::wrong_state("cannot exec in a container that is being created"));
    }
    if (status == state::Status::stopped) {
      return fail(stopped());
    }
    return dir.load();  // completed meanwhile
  }
  if (!record) {
    return fail(std::move(record).error().wrap(cat("container ", dir.id())));
  }
  return record;
}

// A pidfd of the init of the record, which lives.
Result<UniqueFd> open_live_init(const state::ProcessIdentity& init) {
  auto pidfd = sys::pidfd_open(init.pid);
  // After the opening, so that the number cannot be reused. Whatever that said: the number may be a
  // thread's by now.
  if (state::liveness(init) != state::Liveness::alive || (!pidfd && pidfd.error().err() == ESRCH)) {
    return fail(stopped());
  }
  return pidfd;
}

Result<> check_paused(const cgroup::Cgroup& cgroup, bool ignore_paused) {
  if (ignore_paused || !cgroup.frozen().value_or(false)) {
    return {};
  }
  return fail(
      Error::wrong_state("cannot exec in a paused container (use --ignore-paused to override)"));
}

Result<> check_files(const plan::Process& process, const ExecOptions& options) {
  if (process.terminal && options.detach && options.console_socket.empty()) {
    return fail(
        Error::invalid("cannot allocate tty if runc will detach without setting console socket"));
  }
  if ((!process.terminal || !options.detach) && !options.console_socket.empty()) {
    return fail(
        Error::invalid("cannot use console socket if runc will not detach or allocate tty"));
  }
  for (int number = 3; number < 3 + options.preserve_fds; ++number) {
    const long flags = sys::raw(SYS_fcntl, number, F_GETFD);
    if (flags < 0) {
      return fail(Error::system(
          static_cast<int>(-flags),
          cat("unable to stat preserved-fd ", number - 3, " (of ", options.preserve_fds, ")")));
    }
  }
  return {};
}

// All that the new process reads: made with new, never freed once it exists.
struct Prepared {
  state::Record record;
  plan::Process process;
  std::optional<cgroup::Cgroup> cgroup;
  UniqueFd root;
  launch::Execution execution;
};

Result<> prepare(const Globals& globals, const ExecOptions& options, Prepared& prepared) {
  prepared.root = TRY(state::open_root(globals.root, false));
  const auto dir =
      TRY(state::ContainerDir::open(prepared.root, options.id, state::ContainerDir::Lock::none));
  prepared.record = TRY(load_record(dir));
  launch::Execution& execution = prepared.execution;
  execution.init_pidfd = TRY(open_live_init(prepared.record.init));
  prepared.cgroup = TRY(cgroup_of(prepared.record));
  TRY(check_paused(*prepared.cgroup, options.ignore_paused));
  SavedConfig saved = TRY(load_config_for_exec(dir));
  const spec::Spec& config = saved.spec;
  execution.seccomp = std::move(saved.seccomp);
  const spec::Process process = TRY(choose_process(globals, config, options));
  TRY(protect_executable_from(globals, process, config));
  if (config.process) {
    // Those who are in the container already reach the new process, too.
    TRY(protect_executable_from(globals, *config.process, config));
  }
  plan::Options plan_options = options_of(prepared.record);
  plan_options.preserve_fds = options.preserve_fds;
  prepared.process =
      TRY(plan::build_process(process, config, plan_options, host_facts(globals, &process)));
  TRY(check_files(prepared.process, options));
  execution.process = &prepared.process;
  execution.record = &prepared.record;
  execution.namespaces = TRY(plan::build_namespaces(plan::linux_of(config)));
  execution.state_root = prepared.root.get();
  TRY_DOING("cgroup", prepared.cgroup->open_for_join(options.cgroups));
  execution.cgroup = &*prepared.cgroup;
  if (!options.console_socket.empty()) {
    execution.console_socket = TRY(launch::connect_console(options.console_socket));
  }
  return {};
}

}  // namespace

Result<int> exec(const Globals& globals, const ExecOptions& options) {
  TRY(state::check_id(options.id));
  auto* prepared = new Prepared;
  TRY(prepare(globals, options, *prepared));
  if (!options.detach) {
    TRY(sys::process_control(PR_SET_CHILD_SUBREAPER, 1));
    TRY(launch::block_forwarded_signals());
  }
  launch::Execution& execution = prepared->execution;
  TRY_DOING("unable to start container process", launch::exec_in_container(execution));
  if (!options.pidfd_socket.empty()) {
    TRY(launch::send_pidfd(options.pidfd_socket, execution.started.pidfd, "setns"));
  }
  // Only now: callers take the file for the proof that the command was started, even if it has
  // ended by then.
  if (!options.pid_file.empty()) {
    TRY(launch::write_pid_file(options.pid_file, execution.started.pid));
  }
  if (options.detach) {
    return 0;
  }
  launch::Foreground foreground;
  foreground.process = &execution.started;
  foreground.master = std::move(execution.master);
  foreground.subreaper = true;
  return TRY(launch::wait_in_foreground(std::move(foreground))).shell_status();
}

}  // namespace plimsoll::container
