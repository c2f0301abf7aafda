// Fuzzes the resolver of paths below a root: a tree of folders, files and links made from the
// input, and paths through it. Oracle: the walker, which stands in where openat2 is missing,
// answers each as openat2(RESOLVE_IN_ROOT) does: the same object or the same errno, and never one
// outside. SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include "fuzz/harness.h"
#include "runtime/sys/file.h"
#include "runtime/sys/in_root.h"

namespace {

using namespace plimsoll;
using fuzz::Input;
using fuzz::require;
using sys::Links;
namespace fs = std::filesystem;

// A folder of this process's own, gone with it.
class Scratch {
 public:
  Scratch() {
    const char* place = std::getenv("TMPDIR");
    path_ = std::string(place != nullptr ? place : "/tmp") + "/plimsoll-fuzz-in-root.XXXXXX";
    require(::mkdtemp(path_.data()) != nullptr);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string make_path(Input& input) {
  constexpr auto kParts = std::to_array<const char*>({"a", "b", "c", "..", ".", ""});
  const std::uint8_t form = input.byte();
  std::string out = (form & 1) != 0 ? "/" : "";
  for (unsigned count = 1 + (form >> 1 & 7); count > 0; --count) {
    out += input.pick(kParts);
    out += count > 1 || (form & 0x80) != 0 ? "/" : "";
  }
  return out;
}

void make_tree(Input& input, const std::string& root) {
  std::vector<std::string> folders = {root};
  for (std::size_t count = 1 + input.below(12); count > 0; --count) {
    const std::string at =
        folders[input.below(folders.size())] + "/" + static_cast<char>('a' + input.below(3));
    switch (input.below(4)) {
      case 0:
        ::close(::open(at.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
        break;
      case 1:
        if (::mkdir(at.c_str(), 0700) == 0) {
          folders.push_back(at);
        }
        break;
      default:
        (void)!::symlink(make_path(input).c_str(), at.c_str());
    }
  }
}

Result<UniqueFd> ask_kernel(BorrowedFd root, const std::string& path, int flags, Links links) {
  for (int attempt = 0;; ++attempt) {
    auto fd = sys::open_at2(root, path.c_str(), static_cast<std::uint64_t>(flags), 0,
                            RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS |
                                (links == Links::refuse ? RESOLVE_NO_SYMLINKS : 0U));
    // Renames and mounts elsewhere on the machine make the kernel give up on "..".
    if (fd || fd.error().err() != EAGAIN || attempt == 1000) {
      return fd;
    }
    ::usleep(100);
  }
}

void compare(BorrowedFd root, const std::string& path, int flags, Links links) {
  const auto by_kernel = ask_kernel(root, path, flags, links);
  const auto by_walk = sys::in_root_internal::walk(root, path, flags, links);
  require(by_kernel.has_value() == by_walk.has_value());
  if (by_kernel) {
    const struct stat a = *sys::stat_fd(*by_kernel);
    const struct stat b = *sys::stat_fd(*by_walk);
    require(a.st_ino == b.st_ino && a.st_dev == b.st_dev);
  } else {
    require(by_kernel.error().err() == by_walk.error().err());
  }
}

bool has_openat2() {
  const auto probe = sys::open_at2(sys::cwd(), ".", O_PATH, 0, RESOLVE_IN_ROOT);
  if (!probe) {
    std::fprintf(stderr, "skipped: this kernel has no openat2 to compare with\n");
  }
  return probe.has_value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool able = has_openat2();
  static const Scratch scratch;
  if (!able) {
    return 0;
  }
  constexpr auto kFlags = std::to_array(
      {O_PATH, O_PATH | O_NOFOLLOW, O_PATH | O_DIRECTORY, O_PATH | O_DIRECTORY | O_NOFOLLOW});
  const std::string folder = scratch.path() + "/root";
  require(::mkdir(folder.c_str(), 0700) == 0);
  Input input(data, size);
  make_tree(input, folder);
  {
    const UniqueFd root = *sys::open_at(sys::cwd(), folder.c_str(), O_PATH | O_DIRECTORY);
    for (std::size_t count = 1 + input.below(8); count > 0; --count) {
      const std::uint8_t choice = input.byte();
      compare(root, make_path(input), kFlags[choice & 3],
              (choice & 4) != 0 ? Links::refuse : Links::follow);
    }
  }
  fs::remove_all(folder);
  return 0;
}
