// Owners and borrowers of file descriptors. No function above sys/ takes or returns a bare int for
// an fd. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

namespace plimsoll {

// Closes fd by close(2), never retried: on Linux the fd is gone even on EINTR.
void close_fd(int fd);

// Owns one fd, or none (-1). Move only.
class [[nodiscard]] UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  explicit operator bool() const { return valid(); }
  // Gives up ownership.
  int release() { return std::exchange(fd_, -1); }
  void reset() {
    if (fd_ >= 0) {
      close_fd(std::exchange(fd_, -1));
    }
  }

 private:
  int fd_ = -1;
};

// A parameter type: an fd that somebody else owns for the duration of the call.
class BorrowedFd {
 public:
  BorrowedFd(const UniqueFd& fd)
      : fd_(fd.get()) {}            // NOLINT(google-explicit-constructor): the point of the type
  BorrowedFd(UniqueFd&&) = delete;  // a temporary would be closed too early
  // For fds that nobody owns: standard streams, AT_FDCWD, fds inherited from the caller.
  static BorrowedFd of(int fd) { return BorrowedFd(fd); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

 private:
  explicit BorrowedFd(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace plimsoll
