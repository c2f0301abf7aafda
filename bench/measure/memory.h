// How little memory a runtime needs: the smallest limit under which a container starts, and what
// init holds between create and start. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/bundle/bundle.h"
#include "bench/measure/cgroup_view.h"

namespace plimsoll::bench {

struct MemoryOptions {
  std::vector<std::string> runtimes;
  std::vector<std::string> bundles{"minimal"};
  CgroupView view = CgroupView::host;
  Payload payload = Payload::busybox;
  unsigned tries = 3;  // a limit counts when that many starts in a row succeed
};

struct MemoryRow {
  std::string subject, bundle;
  std::uint64_t smallest_limit_kb = 0;  // 0: none up to 64 MiB
  std::uint64_t peak_rss_kb = 0;        // of the runtime's own process, `create` without a limit
  std::uint64_t init_rss_kb = 0;  // of init after `create`: Rss and Private_Dirty of smaps_rollup
  std::uint64_t init_dirty_kb = 0;
  std::uint64_t threads = 0;
};

// Throws std::runtime_error where there is no memory controller for containers.
std::vector<MemoryRow> measure_memory(const MemoryOptions& options);

}  // namespace plimsoll::bench
