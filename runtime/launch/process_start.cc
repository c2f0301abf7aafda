// SPDX-License-Identifier: Apache-2.0
#include "runtime/launch/process_start.h"

#include <asm/ioctls.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>

#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/launch/protocol.h"
#include "runtime/linux/host.h"
#include "runtime/linux/process_setup.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"
#include "runtime/sys/raw.h"

namespace plimsoll::launch {

namespace {

constexpr std::uint64_t kSysAdmin = std::uint64_t{1} << CAP_SYS_ADMIN;

bool is_terminal(BorrowedFd fd) {
  struct termios settings;  // the kernel's own is smaller
  return sys::raw(SYS_ioctl, fd.get(), TCGETS, &settings) >= 0;
}

Result<> load_and_announce(const plan::Process& process, const linux::SeccompProgram& seccomp,
                           BorrowedFd channel) {
  const UniqueFd listener = TRY(linux::load_seccomp(seccomp));
  if (!seccomp.notify) {
    return {};
  }
  // The driver knows no config: what it needs to reach the agent travels with the fd.
  // NOLINTBEGIN(bugprone-unchecked-optional-access): a filter that notifies was compiled from it
  const std::string where =
      cat(process.seccomp->listener_path.value_or(""), std::string_view("\0", 1),
          process.seccomp->listener_metadata.value_or(""));
  // NOLINTEND(bugprone-unchecked-optional-access)
  TRY(send(channel, Message::listener, where, listener.get()));
  TRY(expect(channel, Message::work_done));
  return {};
}

bool is_null_device(const struct stat& status) {
  constexpr unsigned kMajor = 1;
  constexpr unsigned kMinor = 3;
  return S_ISCHR(status.st_mode) && status.st_rdev == makedev(kMajor, kMinor);
}

// The container's own /dev/null; invalid where that is another thing (the image may have brought a
// link or a file) or cannot be opened: the caller's serves as well.
UniqueFd open_own_null() {
  constexpr const char* kNull = "/dev/null";
  const auto status = sys::stat_at(sys::cwd(), kNull, AT_SYMLINK_NOFOLLOW);
  if (!status || !is_null_device(*status)) {
    return {};
  }
  auto fd = sys::open_at(sys::cwd(), kNull, O_RDWR | O_NOFOLLOW | O_NOCTTY);
  const auto opened = fd ? sys::stat_fd(*fd) : fail(fd.error());
  return opened && is_null_device(*opened) ? std::move(*fd) : UniqueFd();
}

// The host's /dev/null is a file of another mount namespace, which CRIU cannot dump.
Result<> own_null_device(UniqueFd& null, int number) {
  if (!null) {
    null = open_own_null();
  }
  return null ? sys::duplicate_to(null, number) : Result<>();
}

}  // namespace

Result<> own_standard_streams(uid_t uid) {
  UniqueFd null;
  for (int number = 0; number <= 2; ++number) {
    const BorrowedFd fd = BorrowedFd::of(number);
    const auto status = sys::stat_fd(fd);
    if (!status) {
      continue;  // closed by the caller
    }
    if (is_null_device(*status)) {
      TRY(own_null_device(null, number));
      continue;
    }
    const bool ours = S_ISFIFO(status->st_mode) || S_ISSOCK(status->st_mode) ||
                      (S_ISCHR(status->st_mode) && is_terminal(fd));
    if (!ours || status->st_uid == uid) {
      continue;
    }
    // The group stays: a terminal's is "tty", which the program may not be a member of.
    const auto changed = sys::chown_fd(fd, uid, static_cast<gid_t>(-1));
    if (changed) {
      continue;
    }
    // EINVAL: the owner has no number in this user namespace; EPERM: rootless; EROFS, and sockets
    // that refuse.
    const int reason = changed.error().err();
    if (reason != EINVAL && reason != EPERM && reason != EROFS && reason != EOPNOTSUPP) {
      return changed;
    }
  }
  return {};
}

Result<> apply_process_attributes(const plan::Process& process) {
  TRY(linux::set_rlimits(process.rlimits));
  if (process.scheduler) {
    TRY(linux::set_scheduler(*process.scheduler));
  }
  if (process.io_priority) {
    TRY(linux::set_io_priority(*process.io_priority));
  }
  if (process.personality) {
    TRY(linux::set_personality(*process.personality));
  }
  if (process.memory_policy) {
    TRY(linux::set_memory_policy(*process.memory_policy));
  }
  return {};
}

Result<Identity> become_user(const plan::Process& process, bool seccomp_needs_privilege,
                             std::vector<std::string>& warnings) {
  if (!process.apparmor_profile.empty()) {
    TRY(linux::set_exec_apparmor(process.apparmor_profile));
  }
  if (!process.selinux_label.empty()) {
    TRY(linux::set_exec_selinux(process.selinux_label));
  }
  if (process.no_new_privileges) {
    TRY(linux::set_no_new_privileges());
  }
  if (process.capabilities) {
    TRY(linux::drop_bounding_set(*process.capabilities, warnings));
  }
  (void)sys::set_umask(process.umask);
  // The folder may be reachable for root only, or for the user only (a root-squashed network
  // mount): try both.
  auto entered = linux::enter_cwd(process.cwd);
  TRY(linux::set_user(process));
  if (process.capabilities) {
    plan::CapabilitySets sets = *process.capabilities;
    if (seccomp_needs_privilege) {
      sets.permitted |= kSysAdmin;
    }
    TRY(linux::apply_capabilities(sets, warnings));
  }
  if (!entered) {
    TRY(linux::enter_cwd(process.cwd));
  }
  Identity identity;
  identity.environment = process.env;
  linux::add_home(identity.environment, process.uid);
  identity.program = TRY(linux::find_executable(process.args.front(), identity.environment));
  return identity;
}

Error load_seccomp_and_exec(const plan::Process& process, const Identity& identity,
                            const linux::SeccompProgram& seccomp, BorrowedFd channel,
                            std::atomic<bool>* executing) {
  const std::vector<char*> argv = sys::exec_pointers(process.args);
  const std::vector<char*> envp = sys::exec_pointers(identity.environment);
  std::vector<std::string> ignored;
  const auto prepare = [&]() -> Result<> {
    // Before the filter is in force: it need not allow sendmsg. What still fails is told by
    // `failed` after this.
    if (executing != nullptr) {
      *executing = true;
    } else {
      TRY(send(channel, Message::executing));
    }
    if (seccomp.instructions.empty()) {
      return {};
    }
    if (process.no_new_privileges || !process.capabilities) {
      return load_and_announce(process, seccomp, channel);
    }
    plan::CapabilitySets sets = *process.capabilities;
    sets.permitted |= kSysAdmin;
    sets.effective |= kSysAdmin;
    TRY(linux::apply_capabilities(sets, ignored));
    TRY(load_and_announce(process, seccomp, channel));
    return linux::apply_capabilities(*process.capabilities, ignored);
  };
  if (auto prepared = prepare(); !prepared) {
    return std::move(prepared).error();
  }
  Error error = sys::exec_path(identity.program.c_str(), argv.data(), envp.data());
  if (error.err() == ENOENT) {
    // The file was found a moment ago: what is missing is its interpreter.
    return Error::system(ENOENT, cat("exec ", identity.program))
        .wrap("the program's interpreter is missing");
  }
  return error;
}

}  // namespace plimsoll::launch
