// Finds one user's home in the bytes of a passwd file, however hostile (man 5 passwd). Pure, and
// bounded in memory whatever the length of lines and file. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace plimsoll::linux {

class PasswdScanner {
 public:
  static constexpr std::size_t kMaxLine = std::size_t{1024} * 1024;
  static constexpr std::size_t kMaxFile = std::size_t{10} * 1024 * 1024;

  explicit PasswdScanner(uid_t uid) : uid_(uid) {}

  // The next bytes of the file. False when no more are wanted: found, or over a limit.
  bool feed(std::string_view bytes);
  // The end of the file: the last line may lack its newline.
  void finish();
  // The home of the first entry with the uid: possibly empty, as written. Nothing beyond a limit is
  // believed.
  const std::optional<std::string>& home() const { return home_; }

 private:
  void take_line(std::string_view line);
  uid_t uid_;
  std::size_t total_ = 0;
  std::string partial_;  // the start of a line whose end has not come yet
  std::optional<std::string> home_;
};

}  // namespace plimsoll::linux
