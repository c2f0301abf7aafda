// Runs this program again from a read-only clone of the mount of its own file, which is attached
// nowhere: docs/decisions/0009-read-only-clone.md says what that protects from, and from what not.
// For the two places that do it, linux/sealed_executable.cc and runtime/entry: the latter runs
// before libc, so nothing here calls a function that is compiled elsewhere.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "runtime/sys/raw.h"

namespace plimsoll::linux {

// How /proc/self/exe reads in such a clone: a file that is the root of a mount without a place.
inline constexpr char kCloneLink[] = "/";

// argv[0] of the second start. The link tells nothing there, so it is the folder of the program's
// file with the name that the caller used: sys::own_executable() takes it from there.
class CloneName {
 public:
  // False when there is no name, or one that is too long.
  [[gnu::always_inline]] bool make(const char* called) {
    if (called == nullptr) {
      return false;
    }
    const long length = sys::raw(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", text_, sizeof text_);
    std::size_t end = length > 0 ? static_cast<std::size_t>(length) : 0;
    while (end > 0 && text_[end - 1] != '/') {
      --end;
    }
    const char* name = called;
    for (const char* next = called; *next != '\0'; ++next) {
      name = *next == '/' ? next + 1 : name;
    }
    if (end == 0) {
      return false;
    }
    do {
      if (end == sizeof text_) {
        return false;
      }
      text_[end++] = *name;
    } while (*name++ != '\0');
    return true;
  }
  [[gnu::always_inline]] char* text() { return text_; }

 private:
  char text_[4096];  // PATH_MAX
};

// Returns only on failure, with -errno: before Linux 5.12, without CAP_SYS_ADMIN in the user
// namespace of the mount namespace, or when the file's mount is in another one. The descriptor is
// closed by the exec: from then on nobody can attach the clone, nor change its attributes.
[[gnu::always_inline]] inline long execute_from_clone(char** argv, char* const* envp) {
  CloneName name;
  if (!name.make(argv[0])) {
    return -ENAMETOOLONG;
  }
  const long clone = sys::raw(SYS_open_tree, AT_FDCWD, "/proc/self/exe",
                              OPEN_TREE_CLONE | static_cast<unsigned>(O_CLOEXEC));
  if (clone < 0) {
    return clone;
  }
  struct mount_attr attributes = {
      .attr_set = MOUNT_ATTR_RDONLY, .attr_clr = 0, .propagation = 0, .userns_fd = 0};
  long result =
      sys::raw(SYS_mount_setattr, clone, "", AT_EMPTY_PATH, &attributes, sizeof attributes);
  if (result == 0) {
    char* const called = argv[0];
    argv[0] = name.text();
    result = sys::raw(SYS_execveat, clone, "", argv, envp, AT_EMPTY_PATH);
    argv[0] = called;
  }
  (void)sys::raw(SYS_close, clone);
  return result;
}

}  // namespace plimsoll::linux
