// The file of --pid-file: callers poll for it, so it must be whole from the moment it has its name.
// Runs in the runtime's own process.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/launch/terminal.h"
#include "runtime/sys/file.h"

namespace plimsoll::launch {

namespace {

Result<UniqueFd> create_new(BorrowedFd dir, const char* name) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
  auto file = sys::open_at(dir, name, kFlags, 0666);
  if (!file && file.error().err() == EEXIST) {
    // Left by a command that was killed; never written into, since it may be a link.
    TRY(sys::unlink_at(dir, name));
    file = sys::open_at(dir, name, kFlags, 0666);
  }
  return file;
}

Result<> write_and_rename(BorrowedFd dir, const std::string& name, pid_t pid) {
  const std::string temporary = cat(".", name);
  {
    const UniqueFd file = TRY(create_new(dir, temporary.c_str()));
    // No newline: callers hand the content to Atoi.
    if (auto written = sys::write_all(file, cat(pid)); !written) {
      (void)sys::unlink_at(dir, temporary.c_str());
      return written;
    }
  }
  auto renamed = sys::rename_at(dir, temporary.c_str(), dir, name.c_str());
  if (!renamed) {
    (void)sys::unlink_at(dir, temporary.c_str());
  }
  return renamed;
}

}  // namespace

Result<> write_pid_file(const std::string& path, pid_t pid) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (name.empty() || name == "." || name == "..") {
    return fail(Error::invalid(cat("pid file '", path, "': not the name of a file")));
  }
  const UniqueFd dir =
      TRY_DOING("pid file", sys::open_at(sys::cwd(), folder.c_str(), O_PATH | O_DIRECTORY));
  TRY_DOING(cat("pid file '", path, "'"), write_and_rename(dir, name, pid));
  return {};
}

}  // namespace plimsoll::launch
