// SPDX-License-Identifier: Apache-2.0
#include "runtime/linux/hooks.h"

#include <csignal>
#include <cstring>
#include <limits>

#include "runtime/base/text.h"
#include "runtime/sys/spawn_program.h"

namespace plimsoll::linux {

namespace {

// A hook's output goes into an error of one line: its end matters most, and nothing in it may look
// like a line of ours or steer a terminal.
std::string one_line(std::string_view output) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (const char c : trim(output)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += ' ';
    } else if (byte < 0x20 || byte == 0x7f) {
      cat_to(out, "\\x", kHex[byte >> 4], kHex[byte & 15]);
    } else {
      out += c;
    }
  }
  return out;
}

std::string ending(const sys::ExitStatus& status) {
  if (!status.signaled) {
    return cat("exit status ", status.code);
  }
  const char* name = sigabbrev_np(status.code);
  return name != nullptr ? cat("killed by signal ", status.code, " (SIG", name, ")")
                         : cat("killed by signal ", status.code);
}

int timeout_of(const plan::Hook& hook) {
  if (!hook.timeout) {
    return -1;
  }
  constexpr std::int64_t kMost = std::numeric_limits<int>::max() / 1000;
  if (*hook.timeout <= 0) {
    return 0;
  }
  return static_cast<int>(*hook.timeout > kMost ? kMost : *hook.timeout) * 1000;
}

Result<> run_hook(const plan::Hook& hook, const std::string& state_json,
                  const std::vector<std::string>* inherited_env) {
  const std::vector<std::string> none;
  const std::vector<std::string>& absent = inherited_env != nullptr ? *inherited_env : none;
  const sys::ProgramResult result = TRY(sys::run_program({.path = hook.path,
                                                          .argv = hook.args,
                                                          .envp = hook.env ? *hook.env : absent,
                                                          .stdin_text = state_json,
                                                          .timeout_ms = timeout_of(hook)}));
  std::string problem;
  if (result.timed_out && hook.timeout) {
    problem = cat("hook ran past specified timeout of ", *hook.timeout, ".0s");
  } else if (result.status.signaled || result.status.code != 0) {
    problem = ending(result.status);
  } else {
    return {};
  }
  return fail(Error::invalid(cat(hook.path, ": ", problem, ", stdout: ", one_line(result.output),
                                 ", stderr: ", one_line(result.error_output))));
}

}  // namespace

Result<> run_hooks(std::string_view kind, std::span<const plan::Hook> hooks,
                   const std::string& state_json, const std::vector<std::string>* inherited_env) {
  for (std::size_t i = 0; i < hooks.size(); ++i) {
    TRY_DOING(cat("error running ", kind, " hook #", i),
              run_hook(hooks[i], state_json, inherited_env));
  }
  return {};
}

}  // namespace plimsoll::linux
