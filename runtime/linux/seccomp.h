// Seccomp through libseccomp: the profile is compiled by the parent, before the clone, and loaded
// by init. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"
#include "runtime/plan/plan.h"

namespace plimsoll::linux {

struct SeccompProgram {
  std::vector<sock_filter> instructions;
  unsigned load_flags = 0;  // SECCOMP_FILTER_FLAG_*
  bool notify = false;      // has SECCOMP_RET_USER_NOTIF: loading returns a listener fd
};

// The program that a container's init got, for what joins it later: it need neither be compiled
// again nor its profile be read. Programs that notify are not saved: their profile says whom.
struct SavedSeccomp {
  std::uint64_t config_size = 0;  // of the saved config.json
  std::uint64_t begin = 0;        // where linux.seccomp is in it
  std::uint64_t end = 0;
  SeccompProgram program;
};
std::string encode_saved_seccomp(const SavedSeccomp& saved);
// nullopt: not in the form that this version writes, or damaged.
std::optional<SavedSeccomp> decode_saved_seccomp(std::string_view bytes);

// What `features` tells: the words of the spec that this build and this kernel know.
struct SeccompFeatures {
  std::vector<std::string> actions, operators, archs, known_flags, supported_flags;
  std::string library_version;
};
SeccompFeatures seccomp_features();

// Compiles with libseccomp's binary tree, then puts runc's ENOSYS stub in front where the default
// action is an errno (calls newer than the profile's newest answer ENOSYS). Unknown names are
// skipped. Fails for a notify action on `write` or as default. `warnings` gets flags the kernel
// lacks.
Result<SeccompProgram> compile_seccomp(const plan::Seccomp& profile,
                                       std::vector<std::string>& warnings);
// As compile_seccomp, through a cache of compiled programs in `cache_dir` (below the state root,
// 0700): keyed by a hash of the profile, libseccomp's version, architecture and kernel ability;
// owner, mode, length and checksum are verified on load, and anything odd is compiled afresh.
Result<SeccompProgram> compile_seccomp_cached(const plan::Seccomp& profile, BorrowedFd cache_dir,
                                              std::vector<std::string>& warnings);
// The cache's name below the state root; '@' is in no container id.
inline constexpr const char* kSeccompCache = "@seccomp";
// The program that `remember_seccomp` was given, by this very build of this program, for a profile
// of exactly these bytes of JSON: who gets one need not read the profile again. nullopt: not known.
std::optional<SeccompProgram> recall_seccomp(BorrowedFd cache_dir, std::string_view json);
// For a profile that was accepted and compiled without a word; programs that notify are not kept.
// Where it cannot be written, the next start reads the profile.
void remember_seccomp(BorrowedFd cache_dir, std::string_view json, const SeccompProgram& program);
// seccomp(2) SECCOMP_SET_MODE_FILTER, in the process to be filtered, which has no_new_privs or
// CAP_SYS_ADMIN. The fd is valid only for a program with notify; of all further system calls only
// write(2) is sure not to wait for the agent.
Result<UniqueFd> load_seccomp(const SeccompProgram& program);
// Sends the listener to `path` with the container process state
// (config-linux.md#containerprocessstate). A valid `pidfd` goes as a second fd named "pidFd", which
// no clause asks for: pass an invalid one to send what runc sends.
Result<> send_seccomp_listener(const std::string& path, BorrowedFd listener, BorrowedFd pidfd,
                               pid_t pid, const std::string& metadata,
                               const std::string& state_json);

}  // namespace plimsoll::linux
