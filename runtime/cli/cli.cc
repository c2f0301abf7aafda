// From argv to one handler: global options, log, the command's own options, and the one place where
// an error becomes a line and an exit status. SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/cli.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <span>
#include <string>
#include <string_view>

#include "runtime/base/log.h"
#include "runtime/base/text.h"
#include "runtime/cli/external_command.h"
#include "runtime/cli/globals.h"
#include "runtime/cli/help.h"
#include "runtime/cli/invocation.h"
#include "runtime/cli/version.h"
#include "runtime/container/host.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"
#include "validator/spec/nearest.h"

namespace plimsoll::cli {
namespace {

constexpr int kFailure = 1;
constexpr int kUnknownCommand = 3;

struct Handler {
  Verb verb;
  Result<int> (*run)(const Invocation&);
};

constexpr auto kHandlers = std::to_array<Handler>({
    {Verb::checkpoint, run_checkpoint},
    {Verb::completion, run_completion},
    {Verb::create, run_create},
    {Verb::remove, run_delete},
    {Verb::events, run_events},
    {Verb::exec, run_exec},
    {Verb::features, run_features},
    {Verb::help, run_help},
    {Verb::kill, run_kill},
    {Verb::list, run_list},
    {Verb::pause, run_pause},
    {Verb::plan, run_plan},
    {Verb::ps, run_ps},
    {Verb::restore, run_restore},
    {Verb::resume, run_resume},
    {Verb::run, run_run},
    {Verb::spec, run_spec},
    {Verb::start, run_start},
    {Verb::state, run_state},
    {Verb::update, run_update},
    {Verb::version, run_version},
    {Verb::wait, run_wait},
});

constexpr bool rows_match_verbs() {
  for (std::size_t i = 0; i < kHandlers.size(); ++i) {
    if (static_cast<std::size_t>(kHandlers[i].verb) != i) {
      return false;
    }
  }
  return kHandlers.size() == static_cast<std::size_t>(Verb::wait) + 1;
}
static_assert(rows_match_verbs(), "row i is verb i");

int report(const Error& error, int status = kFailure) {
  log::failed(error.message());
  return status;
}

// "Incorrect Usage", the help on stdout, the error on stderr: runc's way, which callers search for
// words such as "flag needs an argument" (Podman).
int report_usage(const Error& error, std::string_view explanation, const std::string& help) {
  (void)print(cat("Incorrect Usage", explanation, "\n\n", help));
  return report(error);
}

// A link with the name runc is the drop-in; any other name is our own.
std::string_view program_name(std::span<char* const> argv) {
  const std::string_view path = argv.empty() ? std::string_view() : argv[0];
  return path.substr(path.rfind('/') + 1) == "runc" ? "runc" : "plimsoll";
}

// systemd-tmpfiles removes what is old below XDG_RUNTIME_DIR, unless it has the sticky bit.
Result<> make_sticky_root(const std::string& root) {
  TRY_DOING("the folder $XDG_RUNTIME_DIR", sys::mkdir_all_at(sys::cwd(), root, 0700));
  return sys::chmod_at(sys::cwd(), root.c_str(), S_ISVTX | 0700);
}

struct Root {
  std::string path;
  bool given = false;
};

Result<Root> find_root(const Command& command, const Arguments& globals,
                       const Environment& environment) {
  if (globals.has("root")) {
    const std::string given = globals.text("root");
    const std::string here = given.starts_with('/') ? "" : TRY(sys::current_dir());
    return Root{.path = TRY(resolve_root(given, here)), .given = true};
  }
  const bool privileged = sys::effective_user_id() == 0;
  const bool asks_namespace = privileged && !environment.get("XDG_RUNTIME_DIR").empty();
  DefaultRoot found = default_root(
      environment, {.privileged = privileged,
                    .in_user_namespace = asks_namespace && container::in_user_namespace()});
  if (found.from_xdg && command.creates) {
    TRY(make_sticky_root(found.path));
  }
  return Root{.path = std::move(found.path)};
}

Result<> find_rootless(const Command& command, const Arguments& arguments,
                       container::Globals& globals) {
  const std::optional<bool> given = TRY(parse_rootless(arguments.text("rootless")));
  if (given || !command.asks_rootless) {
    globals.rootless = given.value_or(false);
    return {};
  }
  if (sys::effective_user_id() != 0) {
    globals.rootless = true;
    return {};
  }
  globals.rootless = container::in_user_namespace();
  globals.initial_user_namespace = !globals.rootless;
  return {};
}

bool enters_container(Verb verb) {
  return verb == Verb::create || verb == Verb::run || verb == Verb::exec || verb == Verb::restore;
}

// This process as the kernel started it.
struct Self {
  char** argv;
  Environment environment;
  std::string_view program;
};

// The part between the options and the handler that only some commands need.
Result<int> call_handler(const Command& command, const Arguments& arguments,
                         const Arguments& globals, const Self& self) {
  if (enters_container(command.verb)) {
    TRY(container::protect_executable(self.argv, self.environment.all(),
                                      command.verb == Verb::restore));
    sys::stop_ignoring_children();
  }
  Root root = TRY(find_root(command, globals, self.environment));
  container::Globals given{.root = std::move(root.path),
                           .systemd_cgroup = globals.flag("systemd-cgroup"),
                           .argv = self.argv,
                           .envp = self.environment.all()};
  TRY(find_rootless(command, globals, given));
  const Invocation invocation{.command = command,
                              .arguments = arguments,
                              .environment = self.environment,
                              .globals = std::move(given),
                              .root_given = root.given,
                              .program = self.program};
  if (log::debug_enabled()) {
    log::debug(cat(command.name, ": plimsoll ", program_version(), " (", program_commit(),
                   "), state root '", invocation.globals.root, "'",
                   invocation.globals.rootless ? ", rootless" : ""));
  }
  return kHandlers[static_cast<std::size_t>(command.verb)].run(invocation);
}

int run_command(const Command& command, std::span<char* const> argv, const Arguments& globals,
                const Self& self) {
  auto arguments = parse_arguments(command, argv);
  if (!arguments) {
    return report_usage(arguments.error(), cat(": ", arguments.error().message()),
                        command_help(self.program, command));
  }
  if (arguments->help()) {
    auto printed = print(command_help(self.program, command));
    return printed ? 0 : report(printed.error());
  }
  if (auto right = check_operands(command, arguments->operands().size()); !right) {
    return report_usage(right.error(), ".", command_help(self.program, command));
  }
  auto status = call_handler(command, *arguments, globals, self);
  if (!status) {
    Error error = std::move(status).error();
    if (*command.failure != '\0') {
      error = std::move(error).wrap(command.failure);
    }
    return report(error, command.failure_status);
  }
  log::succeeded();
  return *status;
}

int run_unknown(std::span<char* const> argv, bool globals_given, const Environment& environment) {
  const std::string_view name = argv[0];
  auto executed = globals_given ? Result<>() : exec_external(argv, environment);
  if (!executed) {
    return report(executed.error());
  }
  spec::Nearest nearest(name);
  for (const Command& command : commands()) {
    nearest.offer(command.name);
  }
  std::string text = cat("No help topic for '", name, "'");
  if (!nearest.word().empty()) {
    cat_to(text, " (did you mean '", nearest.word(), "'?)");
  } else if (globals_given) {
    cat_to(text, " (options in front of it are for plimsoll's own commands)");
  }
  return report(Error::invalid(std::move(text)), kUnknownCommand);
}

}  // namespace

int run(int argc, char** argv, char** envp) {
  // A log or stdout whose reader is gone must give an error, not end create half way.
  // NOLINTNEXTLINE(cert-err33-c): SIG_ERR is impossible for this signal
  std::signal(SIGPIPE, SIG_IGN);
  const std::span<char* const> words(argv, static_cast<std::size_t>(argc));
  const Self self{.argv = argv, .environment = Environment(envp), .program = program_name(words)};
  if (words.empty()) {
    return report(Error::invalid("argv is empty"));
  }
  auto globals = parse_arguments(global_options(), words);
  if (!globals) {
    return report_usage(globals.error(), cat(". ", globals.error().message()),
                        program_help(self.program));
  }
  const std::span<char* const> rest = globals->operands();
  const Command* command = rest.empty() ? nullptr : find_command(rest[0]);
  if (auto log = set_up_log(*globals, command != nullptr && command->output_is_data); !log) {
    return report(log.error());
  }
  if (globals->flag("version") || rest.empty() || globals->help()) {
    auto printed =
        print(globals->flag("version") ? version_text(self.program) : program_help(self.program));
    return printed ? 0 : report(printed.error());
  }
  if (command == nullptr) {
    return run_unknown(rest, words.size() > rest.size() + 1, self.environment);
  }
  return run_command(*command, rest, *globals, self);
}

Result<int> run_help(const Invocation& invocation) {
  if (invocation.arguments.operands().empty()) {
    TRY(print(program_help(invocation.program)));
    return 0;
  }
  const std::string name = invocation.arguments.operand(0);
  const Command* command = find_command(name);
  if (command == nullptr) {
    log::failed(cat("No help topic for '", name, "'"));
    return kUnknownCommand;
  }
  TRY(print(command_help(invocation.program, *command)));
  return 0;
}

}  // namespace plimsoll::cli
