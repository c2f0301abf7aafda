// SPDX-License-Identifier: Apache-2.0
#include "runtime/sys/companion.h"

#include "runtime/base/text.h"
#include "runtime/sys/file.h"

namespace plimsoll::sys {

namespace {

constexpr std::size_t kMostArguments = std::size_t{16} << 20;  // more than execve(2) takes

// Where a program that runs from a clone of its mount has put its path (linux/mount_clone.h).
std::string first_argument() {
  const auto words = read_file_at(cwd(), "/proc/self/cmdline", kMostArguments);
  return words ? words->substr(0, words->find('\0')) : std::string();
}

}  // namespace

std::string own_executable() {
  constexpr std::string_view kSealed = "/memfd:";
  constexpr std::string_view kNameless = " (deleted)";
  const auto link = read_link_at(cwd(), "/proc/self/exe");
  std::string_view path = link ? std::string_view(*link) : "";
  if (path == "/") {
    return first_argument();
  }
  if (path.starts_with(kSealed)) {
    path.remove_prefix(kSealed.size());
    path.remove_suffix(path.ends_with(kNameless) ? kNameless.size() : 0);
  }
  return std::string(path);
}

std::vector<std::string> companion_candidates(std::string_view program, std::string_view executable,
                                              std::string_view path) {
  std::vector<std::string> candidates;
  if (const std::size_t slash = executable.rfind('/');
      executable.starts_with('/') && slash != std::string_view::npos) {
    const std::string_view folder = executable.substr(0, slash);
    candidates.push_back(cat(folder, "/../libexec/plimsoll/", program));
    candidates.push_back(cat(folder, "/", program));
  }
  for (const std::string_view folder : split(path, ':')) {
    if (folder.starts_with('/')) {
      candidates.push_back(cat(folder, "/", program));
    }
  }
  return candidates;
}

}  // namespace plimsoll::sys
