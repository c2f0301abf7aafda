// SPDX-License-Identifier: Apache-2.0
#include "runtime/linux/process_setup.h"
#include "runtime/sys/scheduling.h"

namespace plimsoll::linux {

Result<> set_scheduler(const plan::Scheduler& scheduler) {
  return sys::set_scheduler_attributes({.policy = scheduler.policy,
                                        .flags = scheduler.flags,
                                        .nice = scheduler.nice,
                                        .priority = scheduler.priority,
                                        .runtime = scheduler.runtime,
                                        .deadline = scheduler.deadline,
                                        .period = scheduler.period});
}

}  // namespace plimsoll::linux
