// bpf(2), for device filters of cgroup v2 only. Nothing here touches errno.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"

namespace plimsoll::sys {

// BPF_PROG_LOAD of a BPF_PROG_TYPE_CGROUP_DEVICE program. `name` has at most 15 characters. The
// verifier's words are in the Error when it refuses. Where the limit on locked memory may be what
// refuses, it is lifted.
Result<UniqueFd> bpf_load_device_program(std::span<const bpf_insn> program, const char* name);
// Loads and attaches to a cgroup that has no such program, without the heap
// (docs/decisions/0012-beside-init.md): 0 or an errno.
int bpf_try_set_device_program(BorrowedFd cgroup, std::span<const bpf_insn> program,
                               const char* name);
// BPF_PROG_ATTACH with BPF_F_ALLOW_MULTI; with BPF_F_REPLACE too when `replaced` is valid (Linux
// 5.6).
Result<> bpf_attach_device_program(BorrowedFd cgroup, BorrowedFd program, BorrowedFd replaced);
Result<> bpf_detach_device_program(BorrowedFd cgroup, BorrowedFd program);
// The ids of the device programs attached to this very cgroup, at most 64.
Result<std::vector<std::uint32_t>> bpf_device_programs(BorrowedFd cgroup);
Result<UniqueFd> bpf_program_by_id(std::uint32_t id);
Result<std::string> bpf_program_name(BorrowedFd program);

}  // namespace plimsoll::sys
