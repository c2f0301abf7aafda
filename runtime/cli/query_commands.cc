// The commands that only look and print: state, list, ps, features, version, completion.
// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/log.h"
#include "runtime/base/text.h"
#include "runtime/cli/completion.h"
#include "runtime/cli/features.h"
#include "runtime/cli/invocation.h"
#include "runtime/cli/ps_output.h"
#include "runtime/cli/state_output.h"
#include "runtime/cli/version.h"
#include "runtime/container/host.h"
#include "runtime/sys/file.h"
#include "runtime/sys/spawn_program.h"
#include "validator/spec/vocabulary.h"

namespace plimsoll::cli {
namespace {

Result<std::vector<container::ListEntry>> read_list(const Invocation& invocation) {
  auto entries = container::list(invocation.globals);
  // A default root that was never made holds no container; a wrong --root is a mistake.
  if (!entries && entries.error().err() == ENOENT && !invocation.root_given) {
    return std::vector<container::ListEntry>();
  }
  return entries;
}

// Names for the owners that container::list left as numbers.
void name_owners(std::vector<container::ListEntry>& entries) {
  constexpr std::size_t kLimit = std::size_t{1} << 20;
  if (entries.empty()) {
    return;
  }
  auto passwd = sys::read_file_at(sys::cwd(), "/etc/passwd", kLimit);
  for (container::ListEntry& entry : entries) {
    if (entry.owner.empty()) {
      entry.owner = owner_name(passwd ? std::string_view(*passwd) : "", entry.view.owner);
    }
  }
}

// Fixed paths: PATH belongs to whoever called us, and this runs as root.
Result<std::string> run_host_ps(std::vector<std::string> arguments) {
  if (arguments.empty()) {
    arguments.emplace_back("-ef");
  }
  arguments.insert(arguments.begin(), "ps");
  sys::ProgramRun run{.path = "",
                      .argv = std::move(arguments),
                      .envp = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "COLUMNS=4096"},
                      .stdin_text = "",
                      .max_output = std::size_t{64} << 20};
  for (const char* path : {"/usr/bin/ps", "/bin/ps"}) {
    run.path = path;
    auto result = sys::run_program(run);
    if (!result && result.error().err() == ENOENT) {
      continue;
    }
    sys::ProgramResult ended = TRY(std::move(result));
    if (ended.status.signaled || ended.status.code != 0) {
      return fail(Error::invalid(cat("ps: exit status ", ended.status.shell_status(), ": ",
                                     trim(ended.error_output), trim(ended.output))));
    }
    return std::move(ended.output);
  }
  return fail(Error::unsupported("ps: the host has no /usr/bin/ps; --format json works without"));
}

}  // namespace

Result<int> run_state(const Invocation& invocation) {
  const state::View view =
      TRY(container::state_of(invocation.globals, invocation.arguments.operand(0)));
  TRY(print(state_json(view)));
  return 0;
}

Result<int> run_list(const Invocation& invocation) {
  const std::string format = invocation.arguments.text("format");
  if (!format.empty() && format != "table" && format != "json") {
    return fail(Error::invalid("invalid format option"));
  }
  std::vector<container::ListEntry> entries = TRY(read_list(invocation));
  std::erase_if(entries, [](const container::ListEntry& entry) {
    if (!entry.problem.empty()) {
      log::warning(cat("leaving out container '", entry.view.id, "': ", entry.problem));
    }
    return !entry.problem.empty();
  });
  if (invocation.arguments.flag("quiet")) {
    std::string ids;
    for (const container::ListEntry& entry : entries) {
      cat_to(ids, entry.view.id, "\n");
    }
    TRY(print(ids));
    return 0;
  }
  name_owners(entries);
  TRY(print(format == "json" ? list_json(entries) : list_table(entries)));
  return 0;
}

Result<int> run_ps(const Invocation& invocation) {
  const Arguments& arguments = invocation.arguments;
  const std::string format = arguments.text("format");
  if (!format.empty() && format != "table" && format != "json") {
    return fail(Error::invalid("invalid format option"));
  }
  const std::vector<pid_t> pids =
      TRY(container::processes(invocation.globals, arguments.operand(0)));
  if (format == "json") {
    TRY(print(pids_json(pids)));
    return 0;
  }
  std::vector<std::string> options;
  for (char* const word : arguments.operands().subspan(1)) {
    options.emplace_back(word);
  }
  const std::string output = TRY(run_host_ps(std::move(options)));
  const std::string lines = TRY(filter_ps(output, pids));
  TRY(print(lines));
  return 0;
}

Result<int> run_features(const Invocation& invocation) {
  std::vector<std::string_view> supported;
  for (const auto& flag : spec::seccomp_flags()) {
    if (container::seccomp_flag_supported(flag.value)) {
      supported.push_back(flag.name);
    }
  }
  std::optional<container::HostReport> host;
  if (invocation.arguments.flag("host")) {
    host = container::read_host_report();
  }
  TRY(print(features_json({.libseccomp_version = container::libseccomp_version(),
                           .supported_seccomp_flags = supported,
                           .host = host ? &*host : nullptr})));
  return 0;
}

Result<int> run_version(const Invocation& invocation) {
  TRY(print(version_text(invocation.program)));
  return 0;
}

Result<int> run_completion(const Invocation& invocation) {
  if (!invocation.arguments.operands().empty() && invocation.arguments.operand(0) != "bash") {
    return fail(Error::unsupported(
        cat("no completion for the shell '", invocation.arguments.operand(0), "', only for bash")));
  }
  TRY(print(bash_completion()));
  return 0;
}

}  // namespace plimsoll::cli
