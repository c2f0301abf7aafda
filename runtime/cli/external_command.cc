// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/external_command.h"

#include <cerrno>
#include <csignal>
#include <optional>

#include "runtime/base/text.h"
#include "runtime/sys/companion.h"
#include "runtime/sys/process.h"

namespace plimsoll::cli {

bool is_external_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (name.empty() || name.size() > 64 || !letter(name[0])) {
    return false;
  }
  for (const char c : name) {
    if (!letter(c) && !(c >= '0' && c <= '9') && c != '-') {
      return false;
    }
  }
  return true;
}

Result<> exec_external(std::span<char* const> argv, const Environment& environment) {
  const std::string_view name = argv[0];
  if (!is_external_name(name)) {
    return {};
  }
  const std::string own_name = cat("plimsoll-", name);
  std::vector<char*> arguments;
  arguments.push_back(const_cast<char*>(own_name.c_str()));
  arguments.insert(arguments.end(), argv.begin() + 1, argv.end());
  arguments.push_back(nullptr);
  // Ignored signals outlive execve.
  std::signal(SIGPIPE, SIG_DFL);  // NOLINT(cert-err33-c): cannot fail for this signal
  std::optional<Error> first;
  for (const std::string& path :
       sys::companion_candidates(own_name, sys::own_executable(), environment.get("PATH"))) {
    Error error = sys::exec_path(path.c_str(), arguments.data(), environment.all());
    if (error.err() != ENOENT && error.err() != ENOTDIR && !first) {
      first = std::move(error);
    }
  }
  if (first) {
    return fail(std::move(*first));
  }
  return {};
}

}  // namespace plimsoll::cli
