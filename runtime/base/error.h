// The error value of the whole runtime: what was tried, what failed, and the kernel's reason.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

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
  static Error system(int err, std::string_view what) {
    return Error(ErrorKind::system, err, what);
  }
  static Error invalid(std::string_view text) { return Error(ErrorKind::invalid, 0, text); }
  static Error not_found(std::string_view text) { return Error(ErrorKind::not_found, 0, text); }
  static Error exists(std::string_view text) { return Error(ErrorKind::exists, 0, text); }
  static Error wrong_state(std::string_view text) { return Error(ErrorKind::wrong_state, 0, text); }
  static Error unsupported(std::string_view text) { return Error(ErrorKind::unsupported, 0, text); }
  // Rebuilds an error that crossed a process boundary.
  [[gnu::cold]] Error(ErrorKind kind, int err, std::string_view text);

  [[gnu::cold]] Error(const Error& other);
  Error& operator=(const Error&) = delete;
  Error(Error&& other) noexcept : detail_(std::exchange(other.detail_, nullptr)) {}
  Error& operator=(Error&& other) noexcept {
    std::swap(detail_, other.detail_);
    return *this;
  }
  ~Error() {
    if (detail_ != nullptr) {
      destroy();
    }
  }

  ErrorKind kind() const { return detail_->kind; }
  // The errno of a failed system call, else 0.
  int err() const { return detail_->err; }
  // The text without the errno's own words.
  const std::string& text() const { return detail_->text; }

  // Puts the intent in front: "mount '/proc'" + ": " + text.
  [[gnu::cold]] Error wrap(std::string_view doing) &&;

  // The whole line for people: text, then ": " and the kernel's reason in lower case.
  [[gnu::cold]] std::string message() const;

 private:
  struct Detail {
    std::string text;
    int err;
    ErrorKind kind;
  };
  [[gnu::cold]] void destroy();

  // Behind a pointer, because every call that can fail has code to hand an Error on: a word instead
  // of a string to be moved. nullptr: moved from.
  Detail* detail_;
};

// The kernel's words for an errno, starting in lower case ("no such file or directory").
std::string errno_text(int err);

}  // namespace plimsoll
