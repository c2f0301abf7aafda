// Measures subjects against each other: paired rounds in random order, until the intervals are
// narrow enough or the time is up. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "bench/bundle/bundle.h"
#include "bench/measure/cgroup_view.h"
#include "bench/measure/subject.h"
#include "bench/results/results.h"

namespace plimsoll::bench {

struct RunOptions {
  std::vector<std::string> runtimes;
  std::vector<Operation> operations{Operation::run};
  std::vector<std::string> bundles{"minimal"};
  std::vector<unsigned> list_sizes{1, 100};
  unsigned parallel = 1;
  unsigned min_pairs = 20;
  unsigned max_pairs = 200;
  unsigned warm_up = 3;
  double seconds = 60;      // for each group of operations that are measured together
  double precision = 0.02;  // stop when every ratio's half interval is narrower
  CgroupView view = CgroupView::host;
  Payload payload = Payload::busybox;
  bool again = true;  // the A/A run
  bool floor = true;
  bool system_calls = true;
  std::uint64_t seed = 0;  // of the order; 0: from the clock
  std::string commit;
};

// Told now and then what goes on.
class Watcher {
 public:
  virtual void on_group(const std::string& title) = 0;
  virtual void on_round(unsigned rounds, unsigned wanted, double worst_half_width, bool busy) = 0;
  virtual void on_end() = 0;
  // Something that the user should know and that stops nothing.
  virtual void on_note(const std::string& text) = 0;

 protected:
  ~Watcher() = default;
};

// Throws std::runtime_error when a runtime fails: "crun: run: exit status 1: <its stderr>".
Results measure(const RunOptions& options, Watcher& watcher);

}  // namespace plimsoll::bench
