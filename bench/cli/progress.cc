// Progress on a terminal.
// SPDX-License-Identifier: Apache-2.0
#include "bench/cli/progress.h"

#include <unistd.h>

#include <cstdio>

namespace plimsoll::bench {

Progress::Progress() : terminal_(isatty(STDERR_FILENO) == 1) {}

void Progress::on_group(const std::string& title) {
  title_ = title;
  if (terminal_) {
    std::fprintf(stderr, "%s: warming up", title_.c_str());
  }
}

void Progress::on_round(unsigned rounds, unsigned wanted, double worst_half_width, bool busy) {
  if (terminal_) {
    std::fprintf(stderr, "\r\033[K%s: round %u of at most %u, ratios \u00b1 %.1f %%%s",
                 title_.c_str(), rounds, wanted, worst_half_width * 100,
                 busy ? ", machine busy: repeating" : "");
  }
}

void Progress::on_end() {
  if (terminal_) {
    std::fprintf(stderr, "\r\033[K");
  }
}

void Progress::on_note(const std::string& text) {
  std::fprintf(stderr, "%splimsoll-bench: %s\n", terminal_ ? "\r\033[K" : "", text.c_str());
}

}  // namespace plimsoll::bench
