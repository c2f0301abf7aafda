// Where mounts go: the destination is opened once, in the root, and everything after acts on that
// fd. Runs in init, before enter_rootfs. SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/linux/rootfs_parts.h"
#include "runtime/sys/file.h"
#include "runtime/sys/in_root.h"

namespace plimsoll::linux::rootfs {

namespace {

using std::string_view_literals::operator""sv;

// What lxcfs and its like put on top of procfs. Anything else below /proc could take the place of
// files that the runtime or the container's programs trust (CVE-2019-16884, CVE-2025-52881).
constexpr auto kAllowedInProc = std::to_array<std::string_view>(
    {"cpuinfo"sv, "diskstats"sv, "meminfo"sv, "stat"sv, "swaps"sv, "uptime"sv, "loadavg"sv,
     "slabinfo"sv, "sys/kernel/ns_last_pid"sv, "sys/crypto/fips_enabled"sv});

// `path` is where the mount really goes, below the root and free of links.
Result<> check_place(std::string_view path, const plan::Mount& mount, BorrowedFd source) {
  if (path == "/") {
    return fail(Error::invalid("the destination is the root itself"));
  }
  if (path == "/proc") {
    if (mount.kind == plan::MountKind::proc) {
      return {};
    }
    if (mount.kind == plan::MountKind::bind && source.valid() &&
        TRY(sys::filesystem_type(source)) == PROC_SUPER_MAGIC) {
      return {};
    }
    return fail(Error::invalid("only a proc file system can be mounted on '/proc'"));
  }
  constexpr std::string_view kProc = "/proc/";
  if (path.starts_with(kProc) &&
      std::ranges::find(kAllowedInProc, path.substr(kProc.size())) == kAllowedInProc.end()) {
    return fail(
        Error::invalid(cat("'", path, "' cannot be mounted on because it is inside /proc")));
  }
  return {};
}

// The place that `fd` has in the root, for a destination that led through links.
Result<std::string> place_of(const RootfsContext& context, BorrowedFd fd) {
  const std::string root = TRY(sys::read_link_at(sys::cwd(), fd_path(context.root).c_str()));
  const std::string path = TRY(sys::read_link_at(sys::cwd(), fd_path(fd).c_str()));
  if (path == root) {
    return std::string("/");
  }
  const std::string prefix = root == "/" ? root : root + "/";
  if (!path.starts_with(prefix)) {
    return fail(Error::invalid(cat("'", path, "' is outside of the root")));
  }
  return path.substr(prefix.size() - 1);
}

Result<bool> wants_file(const plan::Mount& mount, BorrowedFd source) {
  if (mount.kind != plan::MountKind::bind) {
    return false;
  }
  const struct stat status = TRY(
      source.valid() ? sys::stat_fd(source) : sys::stat_at(sys::cwd(), mount.source.c_str(), 0));
  return !S_ISDIR(status.st_mode);
}

}  // namespace

Result<Target> open_target(const RootfsContext& context, const plan::Mount& mount,
                           BorrowedFd source) {
  const char* path = mount.destination.c_str();
  // Without a link on the way the destination is what its text says, and the text can be checked.
  auto fd = sys::open_in_root(context.root, path, O_PATH, sys::Links::refuse);
  const bool links = !fd && fd.error().err() == ELOOP;
  if (fd || !links) {
    TRY(check_place(mount.destination, mount, source));
  }
  if (links) {
    fd = sys::open_in_root(context.root, path, O_PATH);
  }
  Target target;
  if (fd) {
    target = {.fd = *std::move(fd), .existed = true};
  } else if (fd.error().err() != ENOENT) {
    return fail(std::move(fd).error());
  } else if (TRY(wants_file(mount, source))) {
    target.fd =
        TRY(sys::create_file_in_root(context.root, mount.destination, 0644, sys::Known::missing));
  } else {
    target.fd =
        TRY(sys::make_dir_in_root(context.root, mount.destination, 0755, sys::Known::missing));
  }
  if (links) {
    const std::string place = TRY(place_of(context, target.fd));
    TRY(check_place(place, mount, source));
  }
  return target;
}

Result<Target> open_plain_target(const RootfsContext& context, const plan::Mount& mount) {
  const auto not_plain = [&mount] {
    return fail(Error::invalid(
        cat("filesystem \"", mount.type, "\" must be mounted on ordinary directory")));
  };
  constexpr int kFlags = O_PATH | O_DIRECTORY | O_NOFOLLOW;
  const char* path = mount.destination.c_str();
  auto fd = sys::open_in_root(context.root, path, kFlags, sys::Links::refuse);
  const bool links = !fd && fd.error().err() == ELOOP;
  if (links) {
    fd = sys::open_in_root(context.root, path, kFlags);
  }
  Target target;
  if (fd) {
    target = {.fd = *std::move(fd), .existed = true};
  } else if (fd.error().err() == ENOTDIR || fd.error().err() == ELOOP) {
    return not_plain();
  } else if (fd.error().err() != ENOENT) {
    return fail(std::move(fd).error());
  } else {
    target.fd =
        TRY(sys::make_dir_in_root(context.root, mount.destination, 0755, sys::Known::missing));
  }
  const std::string place = links ? TRY(place_of(context, target.fd)) : mount.destination;
  TRY(check_place(place, mount, target.fd));
  return target;
}

Result<UniqueFd> reopen_target(const RootfsContext& context, const plan::Mount& mount,
                               BorrowedFd covered) {
  UniqueFd top = TRY(sys::open_in_root(context.root, mount.destination.c_str(), O_PATH));
  const std::string before = TRY(sys::read_link_at(sys::cwd(), fd_path(covered).c_str()));
  const std::string after = TRY(sys::read_link_at(sys::cwd(), fd_path(top).c_str()));
  if (before != after) {
    return fail(Error::invalid(cat("'", mount.destination, "' was moved while it was mounted on")));
  }
  return top;
}

}  // namespace plimsoll::linux::rootfs
