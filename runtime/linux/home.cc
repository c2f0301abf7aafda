// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/linux/passwd.h"
#include "runtime/linux/process_setup.h"
#include "runtime/sys/file.h"

namespace plimsoll::linux {

namespace {

constexpr std::string_view kHomeKey = "HOME=";

// The image chooses what is at this path: a FIFO must not hang us, a device must not be read, a
// magic link must not lead out.
Result<UniqueFd> open_passwd() {
  constexpr const char* kPath = "/etc/passwd";
  constexpr int kFlags = O_RDONLY | O_NONBLOCK | O_NOCTTY;
  // Looked at before it is opened: opening is an action for some devices. Who swaps the file in
  // between is caught by the second look.
  const auto is_regular = [](const struct stat& status) { return S_ISREG(status.st_mode); };
  if (!is_regular(TRY(sys::stat_at(sys::cwd(), kPath, 0)))) {
    return fail(Error::invalid("'/etc/passwd' is not a regular file"));
  }
  Result<UniqueFd> file = sys::open_at2(sys::cwd(), kPath, kFlags, 0, RESOLVE_NO_MAGICLINKS);
  if (!file && (file.error().err() == ENOSYS || file.error().err() == EPERM)) {
    file = sys::open_at(sys::cwd(), kPath, kFlags);
  }
  if (file && !is_regular(TRY(sys::stat_fd(*file)))) {
    return fail(Error::invalid("'/etc/passwd' is not a regular file"));
  }
  return file;
}

std::optional<std::string> home_of(uid_t uid) {
  const Result<UniqueFd> file = open_passwd();
  if (!file) {
    return std::nullopt;
  }
  PasswdScanner scanner(uid);
  std::array<char, 4096> buffer;
  for (;;) {
    const Result<std::size_t> size = sys::read_some(*file, buffer.data(), buffer.size());
    if (!size) {
      return std::nullopt;
    }
    if (*size == 0) {
      scanner.finish();
      return scanner.home();
    }
    if (!scanner.feed({buffer.data(), *size})) {
      return scanner.home();
    }
  }
}

}  // namespace

void add_home(std::vector<std::string>& env, uid_t uid) {
  for (const std::string& entry : env) {
    if (entry.starts_with(kHomeKey) && entry.size() > kHomeKey.size()) {
      return;
    }
  }
  std::erase_if(env, [](const std::string& entry) { return entry == kHomeKey; });
  const std::optional<std::string> home = home_of(uid);
  // A NUL would cut the environment entry short and hide the rest of the line.
  const bool usable = home && !home->empty() && home->find('\0') == std::string::npos;
  env.push_back(cat(kHomeKey, usable ? *home : "/"));
}

}  // namespace plimsoll::linux
