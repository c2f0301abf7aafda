// Copies between our standard streams and the master of a container's terminal, with one bounded
// buffer each way and without ever blocking.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <poll.h>

#include <array>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"

namespace plimsoll::launch {

class TerminalCopy {
 public:
  static Result<TerminalCopy> start(UniqueFd master);

  BorrowedFd master() const { return master_; }

  static constexpr std::size_t kEntries = 3;
  // Fills in what to wait for now. An fd of -1 waits for nothing.
  void prepare(std::array<pollfd, kEntries>& entries) const;
  // Copies what is ready after poll(2).
  void copy(const std::array<pollfd, kEntries>& entries);

  // After the end of the process: takes over what it has written last; no more input is read.
  // drained() once all of it has reached our output, or nobody takes it any more.
  void end_of_process();
  bool drained() const { return ended_ && master_is_empty_ && output_.empty(); }

 private:
  struct Buffer {
    std::array<char, 16384> bytes;
    std::size_t begin = 0;
    std::size_t end = 0;
    bool empty() const { return begin == end; }
  };

  TerminalCopy() = default;
  void read_input();
  void write_input();
  std::size_t read_master();
  void write_output();

  UniqueFd master_;
  // Held open: while no process of the container has the terminal open, the master would report a
  // hang-up without end, and a program such as an init that reopens its console would be lost.
  UniqueFd peer_;
  UniqueFd own_output_;  // non-blocking, for us only
  Buffer input_;         // from our input to the master
  Buffer output_;        // from the master to our output
  bool input_open_ = true;
  bool output_open_ = true;
  bool output_blocks_ = false;
  bool master_open_ = true;
  bool ended_ = false;
  bool master_is_empty_ = false;
  std::size_t read_after_end_ = 0;
};

}  // namespace plimsoll::launch
