// Continues from an image of this program that nobody can write (CVE-2019-5736). First thing in
// main. docs/decisions/0004-sealed-executable.md and 0009-read-only-clone.md say which, and why.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/linux/host.h"
#include "runtime/linux/mount_clone.h"
#include "runtime/linux/sealed_copy.h"
#include "runtime/sys/companion.h"
#include "runtime/sys/credentials.h"
#include "runtime/sys/file.h"
#include "runtime/sys/mount.h"
#include "runtime/sys/process.h"
#include "runtime/sys/sealed_file.h"

namespace plimsoll::linux {

namespace {

constexpr const char* kName = "plimsoll";
constexpr const char* kSelf = "/proc/self/exe";
constexpr mode_t kUnnamedMode = 0500;  // of the unnamed copies below, and of no installed program

bool lacks_all_capabilities() {
  const Result<sys::Capabilities> current = sys::get_capabilities();
  return current && current->permitted == 0;
}

bool can_override_permissions() {
  const Result<sys::Capabilities> current = sys::get_capabilities();
  return current && (current->effective & (std::uint64_t{1} << CAP_DAC_OVERRIDE)) != 0;
}

// True when no process of a container that this process could start is able to write the file.
bool out_of_reach(BorrowedFd file, const sys::FileFacts& facts) {
  const bool others_write = (facts.mode & (S_IWGRP | S_IWOTH)) != 0;
  // An ordinary user starts us, and root owns the program: the container has the user's own ids.
  if (facts.uid == 0 && !others_write && sys::effective_user_id() != 0) {
    return lacks_all_capabilities();
  }
  // We are root of a user namespace in which the owner does not exist: every container is in this
  // namespace or below it. That the right to override permissions does not help us is the proof
  // that the id shown is not a real one.
  if (facts.uid == kOverflowId && facts.gid == kOverflowId) {
    const Result<> writable = sys::check_access(file, W_OK);
    return !writable && writable.error().err() == EACCES && can_override_permissions();
  }
  return false;
}

// Our own unnamed copy: no name leads to it, so nobody will run what a container writes to it after
// our end, and while it runs the kernel refuses to write (ETXTBSY).
bool is_unnamed_copy(const sys::FileFacts& facts) {
  return facts.links == 0 && (facts.mode & 07777) == kUnnamedMode &&
         facts.uid == sys::effective_user_id();
}

bool needs_no_copy(BorrowedFd file, const sys::FileFacts& facts) {
  if (facts.verity || out_of_reach(file, facts)) {
    return true;
  }
  const Result<std::uint64_t> type = sys::filesystem_type(file);
  return type &&
         std::ranges::find(kReadOnlyFilesystems, *type) != std::ranges::end(kReadOnlyFilesystems);
}

// execveat names the process after the copy.
void restore_name() {
  (void)sys::process_control(PR_SET_NAME, reinterpret_cast<std::uintptr_t>(kName));
}

// The copy is named after the original, so that it still knows where its helpers are.
std::string copy_name() {
  std::string path = sys::own_executable();
  return !path.empty() && path.size() <= kLongestCopyName ? path : kName;
}

Result<UniqueFd> sealed_copy(BorrowedFd file, std::uint64_t size) {
  const std::string name = copy_name();
  Result<UniqueFd> copy = sys::memfd(name.c_str(), MFD_ALLOW_SEALING | kCopyExecutable);
  if (!copy && copy.error().err() == EINVAL) {
    copy = sys::memfd(name.c_str(), MFD_ALLOW_SEALING);
  }
  UniqueFd sealed = TRY(std::move(copy));
  TRY(sys::copy_file(file, sealed, size));
  Result<> done = sys::add_seals(sealed, kCopySeals | kCopySealExec);
  if (!done && done.error().err() == EINVAL) {
    done = sys::add_seals(sealed, kCopySeals);
  }
  TRY(std::move(done));
  return sealed;
}

// vm.memfd_noexec=2 forbids executable memfds. A file without a name is the next best: see
// is_unnamed_copy.
Result<UniqueFd> unnamed_copy(BorrowedFd file, std::uint64_t size, const char* folder) {
  const UniqueFd copy = TRY(sys::open_at(sys::cwd(), folder, O_TMPFILE | O_EXCL | O_RDWR, 0700));
  TRY(sys::copy_file(file, copy, size));
  TRY(sys::chmod_fd(copy, kUnnamedMode));
  // execve refuses a file that is open for writing.
  return sys::open_at(sys::cwd(), cat("/proc/self/fd/", copy.get()).c_str(), O_RDONLY);
}

bool runs_from_clone() {
  const auto link = sys::read_link_at(sys::cwd(), kSelf);
  if (!link || *link != kCloneLink) {
    return false;
  }
  const Result<std::uint64_t> flags = sys::mount_flags(kSelf);
  return flags && (*flags & ST_RDONLY) != 0;
}

bool is_copy(BorrowedFd file, const sys::FileFacts& facts) {
  const Result<unsigned> seals = sys::get_seals(file);
  return (seals && (*seals & kCopySeals) == kCopySeals) || is_unnamed_copy(facts);
}

// Returns only on failure.
Error execute_copy(BorrowedFd file, std::uint64_t size, char** argv, char** envp) {
  const Result<UniqueFd> sealed = sealed_copy(file, size);
  if (sealed) {
    return sys::exec_fd(*sealed, argv, envp);
  }
  for (const char* folder : {"/run", "/var/tmp", "/tmp"}) {
    if (const Result<UniqueFd> copy = unnamed_copy(file, size, folder)) {
      // Returns on a file system that forbids execution.
      (void)sys::exec_fd(*copy, argv, envp);
    }
  }
  return sealed.error();
}

}  // namespace

Result<> ensure_sealed_executable(char** argv, char** envp, Protection least) {
  const bool clone = runs_from_clone();
  if (clone && least == Protection::clone) {
    restore_name();
    return {};
  }
  const UniqueFd self = TRY_DOING("seal the program", sys::open_at(sys::cwd(), kSelf, O_RDONLY));
  const sys::FileFacts facts = TRY_DOING("seal the program", sys::file_facts(self));
  if (!clone && is_copy(self, facts)) {
    restore_name();
    return {};
  }
  if (!clone && needs_no_copy(self, facts)) {
    return {};
  }
  if (least == Protection::clone) {
    (void)execute_from_clone(argv, envp);
  }
  return fail(execute_copy(self, facts.size, argv, envp).wrap("seal the program"));
}

}  // namespace plimsoll::linux
