// The device filter of cgroup v2: an eBPF program built from the device rules, and its place at the
// cgroup. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/bpf.h>

#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"
#include "runtime/cgroup/device_rules.h"

namespace plimsoll::cgroup {

// The program that decides as is_allowed() does. Pure.
std::vector<bpf_insn> build_device_filter(const Rules& rules);

enum class FilterOf : std::uint8_t {
  new_cgroup,   // has no filter yet: none is looked for
  used_cgroup,  // ours is replaced in one step; other programs (systemd's) stay
};
// A filter for a new cgroup, built and not in force yet.
class PendingFilter {
 public:
  PendingFilter() = default;  // none: set() has nothing to do
  PendingFilter(BorrowedFd cgroup_dir, const Rules& rules);
  // Loads and attaches it, without the heap (docs/decisions/0012-beside-init.md): 0 or an errno.
  int set() const;

 private:
  int cgroup_dir_ = -1;
  std::vector<bpf_insn> code_;
};

// Loads and attaches the filter. A list that allows everything needs none: ours is taken away.
Result<> set_device_filter(BorrowedFd cgroup_dir, const Rules& rules, FilterOf state);

}  // namespace plimsoll::cgroup
