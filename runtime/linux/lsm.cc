// SPDX-License-Identifier: Apache-2.0
#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/linux/process_setup.h"

namespace plimsoll::linux {

namespace {

constexpr std::size_t kMaxLabel = 4096;  // a page is the most that /proc/PID/attr takes and gives

// Podman finds the failure by the path in backquotes. The reason comes last, as everywhere.
std::unexpected<Error> attr_failed(const Error& error, std::string_view path) {
  return fail(Error::system(error.err(), cat("write `/proc/", path, "`")));
}

// The value is taken at the next exec: until then it can be read back, and an empty answer means
// that nothing was taken. A refusal to read says nothing (a policy namespace may hide the label).
Result<> check_taken(const Procfs& proc, const char* path) {
  const Result<std::string> label = proc.read(path, kMaxLabel);
  if ((label && label->empty()) || (!label && label.error().err() == EINVAL)) {
    return fail(Error::unsupported(cat("write `/proc/", path, "`: the kernel kept no label")));
  }
  return {};
}

}  // namespace

Result<> set_exec_apparmor(const std::string& profile) {
  if (profile.empty()) {
    return {};
  }
  const Procfs proc = TRY(Procfs::open_subset());
  // Linux 5.1 gave each LSM a folder of its own, so that two of them can be stacked. A write
  // answers ENOENT for an unknown profile, so the file itself is asked for.
  constexpr const char* kShared = "self/attr/exec";
  constexpr const char* kOwn = "self/attr/apparmor/exec";
  const char* path = proc.exists(kOwn) ? kOwn : kShared;
  const Result<> written = proc.write(path, cat("exec ", profile));
  if (!written) {
    if (path == kShared && (written.error().err() == EINVAL || !proc.exists(kShared))) {
      return fail(Error::unsupported("apparmor: config provided but apparmor not supported"));
    }
    return attr_failed(written.error(), path);
  }
  return check_taken(proc, path);
}

Result<> set_exec_selinux(const std::string& label) {
  if (label.empty()) {
    return {};
  }
  const Procfs proc = TRY(Procfs::open_subset());
  constexpr const char* kPath = "self/attr/exec";
  if (const Result<> written = proc.write(kPath, label); !written) {
    return attr_failed(written.error(), kPath);
  }
  return check_taken(proc, kPath);
}

}  // namespace plimsoll::linux
