// `ps`: the pids of a container's cgroup, alone or as lines of the host's ps program.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/ps_command.h"

#include <algorithm>
#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/cli/invocation.h"
#include "runtime/sys/spawn_program.h"
#include "validator/json/json.h"

namespace plimsoll::cli {
namespace {

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (const std::string_view word : split(line, ' ')) {
    if (!word.empty()) {
      words.push_back(word);
    }
  }
  return words;
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

std::string pids_json(std::span<const pid_t> pids) {
  std::string out;
  json::Writer writer(out);
  if (pids.empty()) {
    writer.null();
  } else {
    writer.list(pids);
  }
  out += "\n";
  return out;
}

Result<std::string> filter_ps(std::string_view output, std::span<const pid_t> pids) {
  std::vector<std::string_view> lines = split(output, '\n');
  const std::vector<std::string_view> titles = words_of(lines[0]);
  const auto title = std::find(titles.begin(), titles.end(), "PID");
  if (title == titles.end()) {
    return fail(Error::invalid("couldn't find PID field in ps output"));
  }
  const auto column = static_cast<std::size_t>(title - titles.begin());
  std::string kept = cat(lines[0], "\n");
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string_view> words = words_of(lines[i]);
    if (words.empty()) {
      continue;
    }
    const std::optional<std::uint64_t> pid =
        column < words.size() ? parse_unsigned(words[column]) : std::nullopt;
    if (!pid) {
      return fail(Error::invalid(cat("unable to parse pid: '", lines[i], "'")));
    }
    if (std::any_of(pids.begin(), pids.end(),
                    [&](pid_t known) { return static_cast<std::uint64_t>(known) == *pid; })) {
      cat_to(kept, lines[i], "\n");
    }
  }
  return kept;
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

}  // namespace plimsoll::cli
