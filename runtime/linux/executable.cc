// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/linux/process_setup.h"
#include "runtime/sys/file.h"
#include "runtime/sys/sealed_file.h"

namespace plimsoll::linux {

namespace {

// "exec: " and the name in double quotes is what callers look for (moby, podman).
std::string quoted(std::string_view name) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "exec: \"";
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      cat_to(out, "\\x", kHex[byte >> 4], kHex[byte & 15]);
    } else {
      out += c;
    }
  }
  out += '"';
  return out;
}

// The errno that execve would give for this file: 0 when it can be executed.
Result<> check_file(const std::string& path) {
  const Result<struct stat> status = sys::stat_at(sys::cwd(), path.c_str(), 0);
  if (!status) {
    return fail(Error::system(status.error().err(), cat("stat ", path)));
  }
  if (S_ISDIR(status->st_mode)) {
    return fail(Error::system(EISDIR, ""));
  }
  const Result<> access = sys::check_access_at(sys::cwd(), path.c_str(), X_OK);
  if (access) {
    return {};
  }
  // Before Linux 5.8, or behind a seccomp filter older than the call: the mode must do.
  if (access.error().err() == ENOSYS || access.error().err() == EPERM) {
    if ((status->st_mode & 0111) != 0) {
      return {};
    }
    return fail(Error::system(EACCES, ""));
  }
  return fail(Error::system(access.error().err(), ""));
}

std::string_view path_of(const std::vector<std::string>& env) {
  constexpr std::string_view kKey = "PATH=";
  for (const std::string& entry : env) {
    if (entry.starts_with(kKey)) {
      return std::string_view(entry).substr(kKey.size());
    }
  }
  return {};
}

}  // namespace

Result<std::string> find_executable(const std::string& name, const std::vector<std::string>& env) {
  if (name.find('/') != std::string::npos) {
    if (const Result<> found = check_file(name); !found) {
      const Error& error = found.error();
      return fail(Error::system(error.err(), error.text().empty()
                                                 ? quoted(name)
                                                 : cat(quoted(name), ": ", error.text())));
    }
    return name;
  }
  // No PATH, or an empty one, finds nothing: as runc, and unlike execvp, which has a default.
  const std::string_view path = path_of(env);
  const std::vector<std::string_view> folders =
      path.empty() || name.empty() ? std::vector<std::string_view>{} : split(path, ':');
  for (const std::string_view folder : folders) {
    std::string candidate(folder.empty() ? "." : folder);
    cat_to(candidate, candidate.ends_with('/') ? "" : "/", name);
    if (!check_file(candidate)) {
      continue;
    }
    if (!candidate.starts_with('/')) {
      // The cwd is the config's, its content the image's: a program is not taken from there by
      // chance.
      return fail(Error::invalid(
          cat(quoted(name), ": cannot run executable found relative to current directory")));
    }
    return candidate;
  }
  return fail(Error::not_found(cat(quoted(name), ": executable file not found in $PATH")));
}

}  // namespace plimsoll::linux
