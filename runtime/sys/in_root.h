// The one resolver of paths below a container's root. Whatever links, "..", loops or races the
// image holds, no result ever lies outside of `root`: absolute links start at `root`, and ".."
// stops there. openat2(RESOLVE_IN_ROOT) does it; where a kernel or a seccomp filter lacks that
// call, a walker that opens one part at a time gives the same answers. SPDX-License-Identifier:
// Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"

namespace plimsoll::sys {

// What a symbolic link on the way means. With `refuse`, any link but a last one under O_NOFOLLOW is
// ELOOP: a path that opens is then what its text says.
enum class Links : std::uint8_t { follow, refuse };

// Opens `path` (absolute or not, both start at `root`). O_CLOEXEC is added. Without O_PATH only
// regular files and folders are opened, with O_NONBLOCK | O_NOCTTY: a FIFO cannot hang us, and a
// device of the image sees no open(2). O_CREAT is refused.
Result<UniqueFd> open_in_root(BorrowedFd root, const char* path, int flags,
                              Links links = Links::follow);

// What the caller has learnt already: `missing` spares the look-up before something is made. What
// is there after all is used.
enum class Known : std::uint8_t { nothing, missing };

// mkdir -p: the folder at `path`, O_PATH. Missing folders are made, those that a dangling link
// names as well; a folder that someone else makes at the same moment is used.
Result<UniqueFd> make_dir_in_root(BorrowedFd root, std::string_view path, mode_t mode = 0755,
                                  Known known = Known::nothing);

// The object at `path` when there is one (O_PATH; of whatever type), else a new empty regular file,
// in folders made as above.
Result<UniqueFd> create_file_in_root(BorrowedFd root, std::string_view path, mode_t mode = 0644,
                                     Known known = Known::nothing);

// The folder that holds the last part of `path`, made when missing, and that part: for mknodat,
// symlinkat, unlinkat and other calls that never follow the last part. EINVAL for "/" and for a
// last part of "..".
struct ParentInRoot {
  UniqueFd dir;
  std::string name;
};
Result<ParentInRoot> open_parent_in_root(BorrowedFd root, std::string_view path);

namespace in_root_internal {

// The walker alone, with open_in_root's arguments (O_PATH only): for the test that compares it with
// openat2.
Result<UniqueFd> walk(BorrowedFd root, std::string_view path, int flags, Links links);

}  // namespace in_root_internal

}  // namespace plimsoll::sys
