// Progress on a terminal, one line that overwrites itself; nothing where stderr is none.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "bench/measure/session.h"

namespace plimsoll::bench {

class Progress final : public Watcher {
 public:
  Progress();
  void on_group(const std::string& title) override;
  void on_round(unsigned rounds, unsigned wanted, double worst_half_width, bool busy) override;
  void on_end() override;
  void on_note(const std::string& text) override;

 private:
  bool terminal_;
  std::string title_;
};

}  // namespace plimsoll::bench
