// What the build of a plan needs to know of the machine and the caller. Runs in the parent.
// SPDX-License-Identifier: Apache-2.0
#include <linux/magic.h>

#include "runtime/base/text.h"
#include "runtime/linux/host.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"

namespace plimsoll::linux {

namespace {

// The initial user namespace has this inode number (PROC_USER_INIT_INO, fixed since Linux 3.8): one
// look settles the common case. Another number may still map every id to itself, and then counts as
// the initial one: so do emulated kernels, and so does runc.
bool in_user_namespace() {
  constexpr ino_t kInitial = 0xEFFFFFFD;
  const Result<struct stat> status = sys::stat_at(sys::cwd(), "/proc/self/ns/user", 0);
  if (status && status->st_ino == kInitial) {
    return false;
  }
  constexpr std::size_t kLimit = std::size_t{64} * 1024;
  const Result<std::string> map = sys::read_file_at(sys::cwd(), "/proc/self/uid_map", kLimit);
  if (!map) {
    return false;  // a kernel without user namespaces
  }
  std::string numbers;
  for (const char c : trim(*map)) {
    if (c != ' ' || !numbers.ends_with(' ')) {
      numbers += c;
    }
  }
  return numbers != "0 0 4294967295";
}

bool apparmor_enabled() {
  const Result<std::string> enabled =
      sys::read_file_at(sys::cwd(), "/sys/module/apparmor/parameters/enabled", 64);
  return enabled && enabled->starts_with('Y') &&
         sys::stat_at(sys::cwd(), "/sys/kernel/security/apparmor", 0).has_value();
}

bool selinux_enabled() {
  const Result<UniqueFd> folder = sys::open_at(sys::cwd(), "/sys/fs/selinux", O_PATH | O_DIRECTORY);
  if (!folder) {
    return false;
  }
  const Result<std::uint64_t> type = sys::filesystem_type(*folder);
  return type && *type == SELINUX_MAGIC;
}

}  // namespace

plan::HostFacts read_host_facts(const HostQuestions& questions) {
  plan::HostFacts facts;
  facts.euid = sys::effective_user_id();
  facts.egid = sys::effective_group_id();
  facts.in_user_namespace = questions.user_namespace && in_user_namespace();
  facts.apparmor_enabled = questions.apparmor && apparmor_enabled();
  facts.selinux_enabled = questions.selinux && selinux_enabled();
  return facts;
}

}  // namespace plimsoll::linux
