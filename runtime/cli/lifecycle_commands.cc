// The commands that start, stop and steer a container: options in, a verb of container/ called, the
// exit status out. SPDX-License-Identifier: Apache-2.0
#include <climits>
#include <cstdint>

#include "runtime/base/text.h"
#include "runtime/cli/invocation.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"
#include "validator/spec/vocabulary.h"

namespace plimsoll::cli {
namespace {

constexpr std::uint64_t kMostListenFds = 1 << 20;  // the kernel's default of fs.nr_open

// The verbs may change the working folder; a relative path means the caller's.
Result<std::string> absolute(std::string path) {
  if (path.empty() || path.starts_with('/')) {
    return path;
  }
  const std::string here = TRY(sys::current_dir());
  return cat(here, "/", path);
}

Result<int> preserve_fds(const Arguments& arguments) {
  const std::int64_t count = arguments.integer("preserve-fds").value_or(0);
  if (count < 0 || count > INT_MAX) {
    return fail(Error::invalid(cat("option --preserve-fds: ", count, " is not a count")));
  }
  return static_cast<int>(count);
}

// Socket activation: descriptors from 3 on that systemd handed to this very process.
int listen_fds(const Environment& environment) {
  const std::optional<std::uint64_t> pid = parse_unsigned(environment.get("LISTEN_PID"));
  const std::optional<std::uint64_t> count = parse_unsigned(environment.get("LISTEN_FDS"));
  const bool ours = pid && *pid == static_cast<std::uint64_t>(sys::process_id());
  return ours && count && *count <= kMostListenFds ? static_cast<int>(*count) : 0;
}

// Of create, run and plan: an option that the command does not have reads as not given.
Result<container::CreateOptions> create_options(const Invocation& invocation, std::string id) {
  const Arguments& arguments = invocation.arguments;
  container::CreateOptions options;
  options.id = std::move(id);
  if (std::string bundle = arguments.text("bundle"); !bundle.empty()) {
    options.bundle = std::move(bundle);
  }
  options.console_socket = arguments.text("console-socket");
  options.pidfd_socket = arguments.text("pidfd-socket");
  options.pid_file = TRY(absolute(arguments.text("pid-file")));
  options.no_pivot = arguments.flag("no-pivot");
  options.no_new_keyring = arguments.flag("no-new-keyring");
  options.preserve_fds = TRY(preserve_fds(arguments));
  options.listen_fds = listen_fds(invocation.environment);
  options.notify_socket = invocation.environment.get("NOTIFY_SOCKET");
  options.detach = arguments.flag("detach");
  options.keep = arguments.flag("keep");
  options.no_subreaper = arguments.flag("no-subreaper");
  return options;
}

Result<std::vector<std::uint32_t>> group_ids(const Arguments& arguments) {
  std::vector<std::uint32_t> groups;
  for (const std::string& text : arguments.all("additional-gids")) {
    const std::optional<std::uint64_t> gid = parse_unsigned(text);
    // The highest number means "no group" to the kernel.
    if (!gid || *gid >= UINT32_MAX) {
      return fail(Error::invalid(cat("option --additional-gids: ", text, " is not a group id")));
    }
    groups.push_back(static_cast<std::uint32_t>(*gid));
  }
  return groups;
}

// 0 asks only whether the process is there; the vocabulary has the signals that can be sent.
Result<int> signal_number(const std::string& text) {
  if (text == "0") {
    return 0;
  }
  if (const std::optional<int> signal = spec::find_signal(text)) {
    return *signal;
  }
  return fail(Error::invalid(cat("unknown signal \"", text, "\"")));
}

Result<int> done(const Result<>& result) {
  if (!result) {
    return fail(result.error());
  }
  return 0;
}

// Of checkpoint and restore.
container::CriuOptions criu_options(const Arguments& arguments) {
  return {.id = arguments.operand(0),
          .image_path = arguments.text("image-path"),
          .work_path = arguments.text("work-path"),
          .parent_path = arguments.text("parent-path"),
          .leave_running = arguments.flag("leave-running"),
          .pre_dump = arguments.flag("pre-dump"),
          .tcp_established = arguments.flag("tcp-established"),
          .tcp_skip_in_flight = arguments.flag("tcp-skip-in-flight"),
          .link_remap = arguments.flag("link-remap"),
          .ext_unix_sk = arguments.flag("ext-unix-sk"),
          .shell_job = arguments.flag("shell-job"),
          .lazy_pages = arguments.flag("lazy-pages"),
          .file_locks = arguments.flag("file-locks"),
          .auto_dedup = arguments.flag("auto-dedup"),
          .status_number = static_cast<int>(arguments.integer("status-fd").value_or(-1)),
          .page_server = arguments.text("page-server"),
          .manage_cgroups_mode = arguments.text("manage-cgroups-mode"),
          .empty_namespaces = arguments.all("empty-ns"),
          .lsm_profile = arguments.text("lsm-profile"),
          .lsm_mount_context = arguments.text("lsm-mount-context")};
}

}  // namespace

Result<int> run_create(const Invocation& invocation) {
  const auto options = TRY(create_options(invocation, invocation.arguments.operand(0)));
  return done(container::create(invocation.globals, options));
}

Result<int> run_run(const Invocation& invocation) {
  const auto options = TRY(create_options(invocation, invocation.arguments.operand(0)));
  return container::run(invocation.globals, options);
}

Result<int> run_plan(const Invocation& invocation) {
  const bool named = !invocation.arguments.operands().empty();
  const auto options =
      TRY(create_options(invocation, named ? invocation.arguments.operand(0) : "container"));
  const std::string text = TRY(container::plan_text(invocation.globals, options));
  TRY(print(text));
  return 0;
}

Result<int> run_start(const Invocation& invocation) {
  return done(container::start(invocation.globals, invocation.arguments.operand(0),
                               std::string(invocation.environment.get("NOTIFY_SOCKET"))));
}

Result<int> run_exec(const Invocation& invocation) {
  const Arguments& arguments = invocation.arguments;
  container::ExecOptions options;
  options.id = arguments.operand(0);
  options.process_file = arguments.text("process");
  for (char* const word : arguments.operands().subspan(1)) {
    options.args.emplace_back(word);
  }
  if (options.process_file.empty() && options.args.empty()) {
    return fail(Error::invalid("exec args cannot be empty"));
  }
  options.console_socket = arguments.text("console-socket");
  options.pidfd_socket = arguments.text("pidfd-socket");
  options.pid_file = TRY(absolute(arguments.text("pid-file")));
  options.cwd = arguments.text("cwd");
  options.env = arguments.all("env");
  options.tty = arguments.flag("tty");
  options.user = arguments.text("user");
  options.additional_gids = TRY(group_ids(arguments));
  options.detach = arguments.flag("detach");
  options.process_label = arguments.text("process-label");
  options.apparmor = arguments.text("apparmor");
  options.no_new_privs = arguments.flag("no-new-privs");
  options.capabilities = arguments.all("cap");
  options.cgroups = arguments.all("cgroup");
  options.preserve_fds = TRY(preserve_fds(arguments));
  options.ignore_paused = arguments.flag("ignore-paused");
  return container::exec(invocation.globals, options);
}

Result<int> run_kill(const Invocation& invocation) {
  const Arguments& arguments = invocation.arguments;
  container::KillOptions options{.id = arguments.operand(0)};
  if (arguments.operands().size() > 1) {
    options.signal = TRY(signal_number(arguments.operand(1)));
  }
  options.all = arguments.flag("all");
  return done(container::kill(invocation.globals, options));
}

Result<int> run_delete(const Invocation& invocation) {
  const container::DeleteOptions options{.id = invocation.arguments.operand(0),
                                         .force = invocation.arguments.flag("force")};
  return done(container::remove(invocation.globals, options));
}

Result<int> run_pause(const Invocation& invocation) {
  return done(container::pause(invocation.globals, invocation.arguments.operand(0)));
}

Result<int> run_resume(const Invocation& invocation) {
  return done(container::resume(invocation.globals, invocation.arguments.operand(0)));
}

Result<int> run_wait(const Invocation& invocation) {
  return container::wait(invocation.globals, invocation.arguments.operand(0));
}

Result<int> run_checkpoint(const Invocation& invocation) {
  return done(container::checkpoint(invocation.globals, criu_options(invocation.arguments)));
}

Result<int> run_restore(const Invocation& invocation) {
  auto options = TRY(create_options(invocation, invocation.arguments.operand(0)));
  // A restored process has the sockets that it had.
  options.listen_fds = 0;
  options.notify_socket.clear();
  return container::restore(invocation.globals, options, criu_options(invocation.arguments));
}

}  // namespace plimsoll::cli
