// How this machine is looked at. SPDX-License-Identifier: Apache-2.0
#include "validator/host/look.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace plimsoll::host {

std::string error_text(int number) {
  std::string text = ::strerrordesc_np(number);
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') {
    text[0] = static_cast<char>(text[0] + 32);
  }
  return text;
}

std::optional<std::string> read_text(const std::string& path) {
  constexpr std::size_t kMost = std::size_t{64} * 1024;
  constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  const int fd = ::open(path.c_str(), kFlags);  // ban-ok: the host's own, read only
  if (fd < 0) {
    return std::nullopt;
  }
  std::string text;
  std::array<char, 4096> buffer{};
  ssize_t count = 0;
  while (text.size() < kMost && ((count = ::read(fd, buffer.data(), buffer.size())) > 0 ||
                                 (count < 0 && errno == EINTR))) {
    text.append(buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  }
  ::close(fd);
  return count < 0 ? std::nullopt : std::optional(text);
}

std::optional<struct stat> look_at(const std::string& path) {
  struct stat status = {};
  return ::stat(path.c_str(), &status) == 0 ? std::optional(status) : std::nullopt;
}

bool exists(const std::string& path) { return look_at(path).has_value(); }

std::optional<struct stat> look_in(const std::string& root, const std::string& path) {
  constexpr int kFlags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  const int folder = ::open(root.c_str(), kFlags);  // ban-ok: no link leads out of it
  if (folder < 0) {
    return std::nullopt;
  }
  struct open_how how = {};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const long fd = ::syscall(SYS_openat2, folder, path.c_str(), &how, sizeof(how));
  int error = errno;
  std::optional<struct stat> found;
  struct stat status = {};
  if (fd >= 0) {
    if (::fstat(static_cast<int>(fd), &status) == 0) {
      found = status;
    }
    error = errno;
    ::close(static_cast<int>(fd));
  }
  ::close(folder);
  errno = error;
  return found;
}

bool is_program(const struct stat& status) {
  return S_ISREG(status.st_mode) && (status.st_mode & 0111) != 0;
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  constexpr std::string_view kSpace = " \t\n";
  for (std::size_t i = text.find_first_not_of(kSpace); i != std::string_view::npos;
       i = text.find_first_not_of(kSpace, i)) {
    const std::size_t end = std::min(text.find_first_of(kSpace, i), text.size());
    out.emplace_back(text.substr(i, end - i));
    i = end;
  }
  return out;
}

std::vector<unsigned long> numbers(std::string_view list) {
  constexpr std::size_t kMost = 65'536;
  std::vector<unsigned long> out;
  const char* at = list.data();
  const char* end = at + list.size();
  while (at != end && out.size() < kMost) {
    unsigned long first = 0;
    auto [next, error] = std::from_chars(at, end, first);
    if (error != std::errc()) {
      break;
    }
    unsigned long last = first;
    if (next != end && *next == '-') {
      const auto range = std::from_chars(next + 1, end, last);
      next = range.ptr;
      error = range.ec;
    }
    for (unsigned long number = first; number <= last && out.size() < kMost; ++number) {
      out.push_back(number);
    }
    at = next != end && *next == ',' ? next + 1 : end;
  }
  return out;
}

bool list_has(std::string_view list, unsigned long number) {
  const std::vector<unsigned long> all = numbers(list);
  return std::ranges::find(all, number) != all.end();
}

bool Cgroups::has(std::string_view name) const {
  return std::ranges::find(controllers, name) != controllers.end();
}

Cgroups look_at_cgroups() {
  Cgroups cgroups;
  // Version 1: "/proc/cgroups" lists name, hierarchy, cgroups, enabled; 0 is the v2 hierarchy.
  const std::vector<std::string> v2 =
      words(read_text("/sys/fs/cgroup/cgroup.controllers").value_or(""));
  cgroups.controllers = v2;
  cgroups.v2_controllers = !v2.empty();
  if (v2.empty()) {
    const std::vector<std::string> table = words(read_text("/proc/cgroups").value_or(""));
    constexpr std::size_t kColumns = 4;
    for (std::size_t i = 5; i + kColumns <= table.size(); i += kColumns) {
      if (table[i + 1] != "0" && table[i + 3] == "1") {
        cgroups.controllers.push_back(table[i] == "blkio" ? "io" : table[i]);
      }
    }
  }
  return cgroups;
}

}  // namespace plimsoll::host
