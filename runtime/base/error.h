// The error value of the whole runtime: what was tried, what failed, and the kernel's reason.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace plimsoll {

// What a caller can act on. The text is for people (and for the callers that match words in it).
enum class ErrorKind : std::uint8_t {
  system,       // a system call failed; err() holds its errno
  invalid,      // the config, an option or a file has wrong content
  not_found,    // the container, or something that was named, does not exist
  exists,       // the container id is taken
  wrong_state,  // the container's status does not allow this
  unsupported,  // this kernel or this build cannot do it
};

class [[nodiscard]] Error {
 public:
  // A failed system call. `what` is "call 'object'"; the errno's text is added by message().
  static Error system(int err, std::string what) {
    return Error(ErrorKind::system, err, std::move(what));
  }
  static Error invalid(std::string text) { return Error(ErrorKind::invalid, 0, std::move(text)); }
  static Error not_found(std::string text) {
    return Error(ErrorKind::not_found, 0, std::move(text));
  }
  static Error exists(std::string text) { return Error(ErrorKind::exists, 0, std::move(text)); }
  static Error wrong_state(std::string text) {
    return Error(ErrorKind::wrong_state, 0, std::move(text));
  }
  static Error unsupported(std::string text) {
    return Error(ErrorKind::unsupported, 0, std::move(text));
  }
  // Rebuilds an error that crossed a process boundary.
  Error(ErrorKind kind, int err, std::string text)
      : text_(std::move(text)), err_(err), kind_(kind) {}

  ErrorKind kind() const { return kind_; }
  // The errno of a failed system call, else 0.
  int err() const { return err_; }
  // The text without the errno's own words.
  const std::string& text() const { return text_; }

  // Puts the intent in front: "mount '/proc'" + ": " + text.
  Error wrap(std::string_view doing) &&;

  // The whole line for people: text, then ": " and the kernel's reason in lower case.
  std::string message() const;

 private:
  std::string text_;
  int err_;
  ErrorKind kind_;
};

// The kernel's words for an errno, starting in lower case ("no such file or directory").
std::string errno_text(int err);

}  // namespace plimsoll
