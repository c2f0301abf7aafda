// SPDX-License-Identifier: Apache-2.0
#include "fuzz/words.h"

#include "validator/spec/vocabulary.h"

namespace plimsoll::fuzz {

namespace {

std::vector<std::string_view> collect() {
  std::vector<std::string_view> out = {"",
                                       "/",
                                       ".",
                                       "..",
                                       "/a",
                                       "/a/../b",
                                       "a",
                                       "b",
                                       "0-3,7",
                                       "0",
                                       "-1",
                                       "max",
                                       "1.0.2",
                                       "1.3.0",
                                       "2.0.0-x",
                                       "/proc",
                                       "/sys",
                                       "/dev",
                                       "proc",
                                       "sysfs",
                                       "tmpfs",
                                       "bind",
                                       "cgroup",
                                       "rootfs",
                                       "A=b",
                                       "=",
                                       "2MB",
                                       "1GB",
                                       "net.ipv4.ip_forward",
                                       "kernel.msgmax",
                                       "monotonic",
                                       "boottime",
                                       "eth0",
                                       "8:0",
                                       "rwm",
                                       "r",
                                       "mode=755",
                                       "size=64k",
                                       "\t",
                                       "\n",
                                       "read",
                                       "openat",
                                       "created",
                                       "running",
                                       "stopped",
                                       "CAP_",
                                       "SCMP_"};
  const auto add = [&](const auto& table) {
    for (const auto& row : table) {
      out.push_back(row.name);
    }
  };
  add(spec::namespaces());
  add(spec::mount_options());
  add(spec::capabilities());
  add(spec::rlimits());
  add(spec::signals());
  add(spec::scheduler_policies());
  add(spec::scheduler_flags());
  add(spec::io_classes());
  add(spec::memory_policy_modes());
  add(spec::memory_policy_flags());
  add(spec::personalities());
  add(spec::rootfs_propagations());
  add(spec::device_types());
  add(spec::seccomp_actions());
  add(spec::seccomp_operators());
  add(spec::seccomp_architectures());
  add(spec::seccomp_flags());
  out.insert(out.end(), spec::hook_names().begin(), spec::hook_names().end());
  return out;
}

}  // namespace

const std::vector<std::string_view>& all_words() {
  static const std::vector<std::string_view> words = collect();
  return words;
}

}  // namespace plimsoll::fuzz
