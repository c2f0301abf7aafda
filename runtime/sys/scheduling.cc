// SPDX-License-Identifier: Apache-2.0
#include "runtime/sys/scheduling.h"

#include "runtime/base/text.h"
#include "runtime/sys/raw.h"

namespace plimsoll::sys {

namespace {

Result<> done(long result, std::string_view call) {
  if (result < 0) {
    return fail(Error::system(static_cast<int>(-result), std::string(call)));
  }
  return {};
}

// The kernel's own structures: the C library's headers have them only in newer versions.
struct KernelSchedAttr {
  std::uint32_t size;
  std::uint32_t policy;
  std::uint64_t flags;
  std::int32_t nice;
  std::uint32_t priority;
  std::uint64_t runtime;
  std::uint64_t deadline;
  std::uint64_t period;
};
static_assert(sizeof(KernelSchedAttr) == 48);

struct KernelRlimit64 {
  std::uint64_t current;
  std::uint64_t maximum;
};

}  // namespace

Result<> set_resource_limit(int resource, std::uint64_t soft, std::uint64_t hard,
                            std::string_view name) {
  const KernelRlimit64 limit = {.current = soft, .maximum = hard};
  const long result = raw(SYS_prlimit64, 0, resource, &limit, nullptr);
  if (result < 0) {
    return fail(Error::system(static_cast<int>(-result), cat("prlimit '", name, "'")));
  }
  return {};
}

Result<> set_scheduler_attributes(const SchedulerAttributes& attributes) {
  const KernelSchedAttr kernel = {.size = sizeof(KernelSchedAttr),
                                  .policy = attributes.policy,
                                  .flags = attributes.flags,
                                  .nice = attributes.nice,
                                  .priority = attributes.priority,
                                  .runtime = attributes.runtime,
                                  .deadline = attributes.deadline,
                                  .period = attributes.period};
  return done(raw(SYS_sched_setattr, 0, &kernel, 0), "sched_setattr");
}

Result<> set_affinity(std::span<const std::uint64_t> cpus) {
  return done(raw(SYS_sched_setaffinity, 0, cpus.size_bytes(), cpus.data()), "sched_setaffinity");
}

Result<> set_io_priority(int priority) {
  constexpr int kWhoProcess = 1;  // IOPRIO_WHO_PROCESS
  return done(raw(SYS_ioprio_set, kWhoProcess, 0, priority), "ioprio_set");
}

Result<> set_memory_policy(int mode, std::span<const std::uint64_t> nodes) {
  // The kernel takes one off the number of bits before it uses it (mm/mempolicy.c get_nodes).
  const std::size_t bits = nodes.empty() ? 0 : nodes.size() * 64 + 1;
  return done(raw(SYS_set_mempolicy, mode, nodes.empty() ? nullptr : nodes.data(), bits),
              "set_mempolicy");
}

Result<> set_personality(unsigned long persona) {
  return done(raw(SYS_personality, persona), "personality");
}

}  // namespace plimsoll::sys
