// SPDX-License-Identifier: Apache-2.0
#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/linux/process_setup.h"
#include "runtime/sys/file.h"
#include "runtime/sys/in_root.h"

namespace plimsoll::linux {

namespace {

// getcwd(2) tells a folder outside the root by "(unreachable)", and a removed one by ENOENT.
Result<> prove_inside() {
  const Result<std::string> current = sys::current_dir();
  if (!current && current.error().err() != ENOENT) {
    return fail(
        Error(current.error()).wrap("failed to verify if current working directory is safe"));
  }
  if (!current || !current->starts_with('/')) {
    return fail(Error::invalid(
        "current working directory is outside of container mount namespace root -- possible "
        "container breakout detected"));
  }
  return {};
}

Result<UniqueFd> open_or_make(const std::string& cwd) {
  // "/" is the container's root by now. A magic link (/proc/self/fd/N) would still lead out of it
  // (CVE-2024-21626): the resolver does not follow those.
  const UniqueFd root = TRY(sys::open_at(sys::cwd(), "/", O_PATH | O_DIRECTORY));
  Result<UniqueFd> folder = sys::open_in_root(root, cwd.c_str(), O_PATH | O_DIRECTORY);
  if (folder || folder.error().err() != ENOENT) {
    return folder;
  }
  // The program's umask may be in force already; the folder is 0755 whatever it is.
  const mode_t umask = sys::set_umask(022);
  folder = sys::make_dir_in_root(root, cwd, 0755);
  (void)sys::set_umask(umask);
  return folder;
}

std::string doing(const std::string& cwd) {
  return cat("chdir to cwd (\"", cwd, "\") set in config.json failed");
}

}  // namespace

Result<> make_cwd(const std::string& cwd) {
  (void)TRY_DOING(cat("make cwd '", cwd, "'"), open_or_make(cwd));
  return {};
}

Result<> enter_cwd(const std::string& cwd) {
  if (cwd == "/") {
    // The root itself, to which no link leads.
    TRY_DOING(doing(cwd), sys::change_dir(cwd.c_str()));
    return prove_inside();
  }
  const UniqueFd folder = TRY_DOING(doing(cwd), open_or_make(cwd));
  TRY_DOING(doing(cwd), sys::change_dir(folder));
  return prove_inside();
}

}  // namespace plimsoll::linux
