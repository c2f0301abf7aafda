// Pieces of a start that happen inside the process, each alone. Google Benchmark times them, and
// valgrind counts their instructions for the budget. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace plimsoll::bench {

struct Piece {
  std::string name;
  std::function<void()> once;
  // Whether its instructions are the same in each run: false where the kernel or a library's hash
  // order has a say.
  bool counted = true;
};

// All pieces, on the Podman-like config. `folder` (empty, writable) is for those that need files.
// Ends the process with a message when something cannot be set up.
std::vector<Piece> all_pieces(const std::string& folder);

}  // namespace plimsoll::bench
