// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/create.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/file.h>

#include <cerrno>
#include <ctime>

#include "runtime/base/log.h"
#include "runtime/base/text.h"
#include "runtime/container/load.h"
#include "runtime/launch/terminal.h"
#include "runtime/linux/hooks.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"
#include "runtime/sys/raw.h"

namespace plimsoll::container {

namespace {

// "2026-11-24T10:00:00.123456789Z"
std::string now_rfc3339() {
  timespec now = {};
  (void)sys::raw(SYS_clock_gettime, CLOCK_REALTIME, &now);
  // Civil date from days since 1970-01-01 (proleptic Gregorian calendar, years start in March).
  const std::int64_t days = now.tv_sec / 86400 + 719468;
  const std::int64_t era = days / 146097;
  const std::int64_t day_of_era = days % 146097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_index = (5 * day_of_year + 2) / 153;
  const std::int64_t day = day_of_year - (153 * month_index + 2) / 5 + 1;
  const std::int64_t month = month_index < 10 ? month_index + 3 : month_index - 9;
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  const auto padded = [](std::int64_t value, std::size_t width) {
    std::string text = cat(value);
    return std::string(width > text.size() ? width - text.size() : 0, '0') + text;
  };
  const std::int64_t second = now.tv_sec % 86400;
  return cat(padded(year, 4), "-", padded(month, 2), "-", padded(day, 2), "T",
             padded(second / 3600, 2), ":", padded(second / 60 % 60, 2), ":",
             padded(second % 60, 2), ".", padded(now.tv_nsec, 9), "Z");
}

struct Loaded {
  std::string bytes;
  spec::Extent seccomp;
  std::optional<linux::SeccompProgram> program;
  plan::Plan plan;
  plan::HostFacts facts;
};

// Changes into the bundle, as hooks expect it, and decides everything that can be decided without a
// side effect.
Result<Loaded> load_bundle(const Globals& globals, const CreateOptions& options, bool to_start) {
  const UniqueFd bundle =
      TRY(sys::open_at(sys::cwd(), options.bundle.c_str(), O_RDONLY | O_DIRECTORY));
  Loaded loaded;
  auto read = sys::read_file_at(bundle, "config.json", kMaxDocument);
  if (!read) {
    if (read.error().err() == ENOENT) {
      return fail(Error::not_found("JSON specification file config.json not found"));
    }
    return fail(std::move(read).error());
  }
  loaded.bytes = std::move(*read);
  BundleConfig config = to_start ? TRY(parse_bundle_config(loaded.bytes, globals.root))
                                 : TRY(parse_bundle_config(loaded.bytes));
  const spec::Spec& spec = config.spec;
  loaded.seccomp = config.seccomp;
  loaded.program = std::move(config.program);
  if (to_start && spec.process) {
    TRY(protect_executable_from(globals, *spec.process, spec));
  }
  TRY(sys::change_dir(bundle));
  TRY(check_config(spec));
  plan::Options plan_options = {.id = options.id,
                                .bundle = TRY(sys::current_dir()),
                                .rootless = globals.rootless,
                                .systemd_cgroup = globals.systemd_cgroup,
                                .no_pivot = options.no_pivot,
                                .no_new_keyring = options.no_new_keyring,
                                .notify_dir = {},
                                .listen_fds = options.listen_fds,
                                .preserve_fds = options.preserve_fds};
  if (!options.notify_socket.empty()) {
    plan_options.notify_dir = cat(globals.root, "/", options.id, "/notify");
  }
  loaded.facts = host_facts(globals, spec.process ? &*spec.process : nullptr);
  loaded.plan = TRY(plan::build(spec, plan_options, loaded.facts));
  return loaded;
}

// terminal and detach decide together what --console-socket must be (runc's two sentences).
Result<> check_terminal(const plan::Plan& plan, const CreateOptions& options, bool foreground) {
  const bool terminal = plan.process && plan.process->terminal;
  if (terminal && !foreground && options.console_socket.empty()) {
    return fail(
        Error::invalid("cannot allocate tty if runc will detach without setting console socket"));
  }
  if ((!terminal || foreground) && !options.console_socket.empty()) {
    return fail(
        Error::invalid("cannot use console socket if runc will not detach or allocate tty"));
  }
  return {};
}

Result<> check_handed_over(const CreateOptions& options) {
  for (int number = 3; number < 3 + options.listen_fds + options.preserve_fds; ++number) {
    const long flags = sys::raw(SYS_fcntl, number, F_GETFD);
    if (flags < 0) {
      return fail(Error::system(
          static_cast<int>(-flags),
          cat("unable to stat preserved-fd ", number - 3, " (of ", options.preserve_fds, ")")));
    }
    if ((flags & FD_CLOEXEC) != 0) {
      // Only what the caller passed on is the caller's: it lost CLOEXEC on the way.
      return fail(
          Error::invalid(cat("preserved fd ", number, " is not inherited from the caller")));
    }
  }
  return {};
}

state::Record new_record(const Globals& globals, const plan::Plan& plan) {
  state::Record record;
  record.oci_version = spec::kVersion;
  record.id = plan.id;
  record.bundle = plan.bundle;
  record.rootfs = clean_path(plan.rootfs.path);
  record.created = now_rfc3339();
  record.owner = sys::effective_user_id();
  record.rootless = globals.rootless;
  record.systemd_cgroup = globals.systemd_cgroup;
  record.annotations = plan.annotations;
  record.shares_pid_namespace = (plan.namespaces.create & CLONE_NEWPID) == 0;
  constexpr std::uint64_t kPtrace = std::uint64_t{1} << CAP_SYS_PTRACE;
  record.ptrace_inside = plan.process && plan.process->capabilities &&
                         (plan.process->capabilities->bounding & kPtrace) != 0;
  record.has_poststart = !plan.hooks.poststart.empty();
  record.has_poststop = !plan.hooks.poststop.empty();
  return record;
}

Result<> save_intent(Made& made) {
  state::Intent intent;
  intent.id = made.plan.id;
  intent.bundle = made.plan.bundle;
  intent.systemd_cgroup = made.record.systemd_cgroup;
  intent.rootless = made.record.rootless;
  intent.creator = TRY(state::identify_process(sys::process_id()));
  for (const auto& [controller, path] : made.cgroup.paths()) {
    intent.cgroup_paths.push_back(path);
  }
  return made.dir.save_intent(intent);
}

Result<> prepare(Made& made, const CreateOptions& options, bool foreground) {
  launch::Creation& creation = made.creation;
  creation.plan = &made.plan;
  creation.config = made.config;
  creation.dir = &made.dir;
  creation.record = &made.record;
  creation.cgroup = &made.cgroup;
  creation.state_root = made.root.get();
  creation.foreground_terminal = foreground && made.plan.process && made.plan.process->terminal;
  creation.pid_file = options.pid_file;
  creation.pidfd_socket = options.pidfd_socket;
  TRY(save_intent(made));
  if (!options.notify_socket.empty()) {
    // The folder is bound into the container now; the socket in it is made by whoever starts the
    // container.
    TRY(sys::mkdir_at(made.dir.fd(), "notify", 0755));
  }
  if (!options.console_socket.empty()) {
    creation.console_socket = TRY(launch::connect_console(options.console_socket));
  }
  return {};
}

}  // namespace

void unmake_container(Made& made) {
  launch::abandon(made.creation);
  if (made.creation.env_created && !made.plan.hooks.poststop.empty()) {
    const std::string json = state::hook_json(state::view_of(made.record, state::Status::stopped));
    for (const plan::Hook& hook : made.plan.hooks.poststop) {
      // config.md#poststop: a failing one is logged, and the others still run.
      if (auto run = linux::run_hooks("poststop", {&hook, 1}, json); !run) {
        log::warning(run.error().message());
      }
    }
  }
  // Last, as delete does it: a process that is killed in between leaves what `delete --force`
  // needs.
  if (auto removed = made.dir.remove(); !removed) {
    log::warning(
        cat("ignoring that the state folder could not be removed: ", removed.error().message()));
  }
}

Result<Made*> prepare_container(const Globals& globals, const CreateOptions& options,
                                bool start_follows) {
  TRY(state::check_id(options.id));
  CreateOptions resolved = options;
  resolved.console_socket = TRY(absolute_path(options.console_socket));
  resolved.pidfd_socket = TRY(absolute_path(options.pidfd_socket));
  resolved.pid_file = TRY(absolute_path(options.pid_file));
  Loaded loaded = TRY(load_bundle(globals, resolved, true));
  const bool foreground = start_follows && !options.detach;
  TRY(check_terminal(loaded.plan, resolved, foreground));
  TRY(check_handed_over(resolved));
  for (const std::string& warning : loaded.plan.warnings) {
    log::warning(warning);
  }
  cgroup::Cgroup cgroup = TRY_DOING("cgroup", cgroup::Cgroup::locate(loaded.plan.cgroup));
  UniqueFd root = TRY(state::open_root(globals.root, true));
  state::ContainerDir dir = TRY(state::ContainerDir::create(root, options.id));
  auto* made = new Made(std::move(root), std::move(dir), std::move(cgroup));
  made->plan = std::move(loaded.plan);
  made->record = new_record(globals, made->plan);
  made->creation.cgroup_mode = loaded.facts.cgroup_mode;
  made->creation.start_follows = start_follows;
  made->config = std::move(loaded.bytes);
  made->creation.seccomp_begin = loaded.seccomp.begin;
  made->creation.seccomp_end = loaded.seccomp.end;
  made->creation.seccomp = std::move(loaded.program);
  auto done = prepare(*made, resolved, foreground);
  if (!done) {
    unmake_container(*made);
    return fail(std::move(done).error());
  }
  return made;
}

Result<Made*> make_container(const Globals& globals, const CreateOptions& options,
                             bool start_follows) {
  Made* made = TRY(prepare_container(globals, options, start_follows));
  if (auto done = launch::create_container(made->creation); !done) {
    unmake_container(*made);
    return fail(std::move(done).error());
  }
  return made;
}

Result<> create(const Globals& globals, const CreateOptions& options) {
  Made* made = TRY(make_container(globals, options, false));
  // Init waits for the end of this process before it goes on; it holds the lock no longer than
  // that.
  (void)sys::lock_fd(made->dir.fd(), LOCK_UN);
  return {};
}

Result<std::string> plan_text(const Globals& globals, const CreateOptions& options) {
  return plan::dump(TRY(load_bundle(globals, options, false)).plan);
}

}  // namespace plimsoll::container
