// The terminal that the runtime itself was started on, while it stands in for a container's in the
// foreground.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <termios.h>

#include <optional>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"

namespace plimsoll::launch {

// Restores what it changed when it goes.
class OwnTerminal {
 public:
  // stderr, stdout, stdin, or else the controlling terminal. Without any there is nothing to set
  // and every call does nothing.
  static OwnTerminal find();

  OwnTerminal(OwnTerminal&& other) noexcept;
  OwnTerminal& operator=(OwnTerminal&&) = delete;
  OwnTerminal(const OwnTerminal&) = delete;
  OwnTerminal& operator=(const OwnTerminal&) = delete;
  ~OwnTerminal();

  Result<> set_raw();
  // Gives `master` our size.
  void copy_size(BorrowedFd master) const;

 private:
  OwnTerminal() = default;
  UniqueFd fd_;
  std::optional<struct termios> saved_;
};

}  // namespace plimsoll::launch
