// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/update.h"

#include "runtime/base/log.h"
#include "runtime/base/text.h"
#include "runtime/cgroup/cgroup.h"
#include "runtime/container/load.h"
#include "runtime/container/lookup.h"
#include "runtime/linux/host.h"
#include "runtime/plan/resources.h"
#include "runtime/sys/file.h"

namespace plimsoll::container {
namespace {

// A v2 limit as the kernel shows it: "max" is -1.
Result<std::int64_t> read_limit(BorrowedFd cgroup, const char* file) {
  constexpr std::size_t kLimit = 4096;
  const std::string content = TRY(sys::read_file_at(cgroup, file, kLimit));
  const std::string_view word = split(trim(content), ' ')[0];
  if (word == "max") {
    return -1;
  }
  const std::optional<std::int64_t> value = parse_signed(word);
  if (!value) {
    return fail(Error::invalid(cat(file, ": unexpected content '", trim(content), "'")));
  }
  return *value;
}

// v2 has one file for quota and period, and counts swap above the memory limit: where only one half
// is to change, the other is the one in force now, whichever update set it.
Result<> add_other_halves(spec::Resources& resources, BorrowedFd cgroup) {
  if (resources.cpu && resources.cpu->period.value_or(0) != 0 &&
      resources.cpu->quota.value_or(0) == 0) {
    resources.cpu->quota = TRY(read_limit(cgroup, "cpu.max"));
  }
  if (resources.memory && resources.memory->swap.value_or(0) > 0 &&
      resources.memory->limit.value_or(0) == 0) {
    resources.memory->limit = TRY(read_limit(cgroup, "memory.max"));
  }
  return {};
}

// The rules to put in force, or none. containerd repeats the container's own list with every update
// of a limit: that must not take away what a hook has allowed since create (as those for GPUs do).
// Another list replaces the rules in force.
Result<std::vector<plan::DeviceRule>> changed_device_rules(
    const state::ContainerDir& dir, const state::Record& record,
    const std::vector<spec::DeviceRule>& rules) {
  if (rules.empty()) {
    return {};
  }
  if (!record.devices_updated) {
    const spec::Spec config = TRY(load_saved_config(dir));
    if (config.linux && config.linux->resources && config.linux->resources->devices == rules) {
      return {};
    }
  }
  if (record.rootless) {
    log::warning("ignoring devices: without privileges there are no device rules");
    return {};
  }
  return plan::plan_device_rules(rules);
}

// Returns whether the device rules have changed.
Result<bool> update_cgroup(const state::ContainerDir& dir, const state::Record& record,
                           spec::Resources resources) {
  cgroup::Cgroup cgroup = TRY(cgroup_of(record));
  const plan::CgroupMode mode = cgroup::detect_mode();
  if (mode == plan::CgroupMode::v2) {
    TRY(add_other_halves(resources, BorrowedFd::of(cgroup.v2_dir())));
  }
  plan::Cgroup plan;
  plan.systemd = record.systemd_cgroup;
  plan.rootless = record.rootless;
  plan.any_resources = true;
  plan.devices = TRY(changed_device_rules(dir, record, resources.devices));
  std::vector<std::string> warnings;
  plan.writes = TRY(plan::plan_resources(resources, mode, warnings));
  for (const std::string& warning : warnings) {
    log::warning(warning);
  }
  if (resources.memory) {
    plan.check_before_update = resources.memory->check_before_update.value_or(false);
    plan.memory_limit = resources.memory->limit;
    plan.memory_swap = resources.memory->swap;
  }
  TRY(cgroup.apply(plan));
  return !plan.devices.empty();
}

Result<> update_rdt(const state::ContainerDir& dir, const state::Record& record,
                    const UpdateOptions& options) {
  if (options.l3_cache_schema.empty() && options.mem_bw_schema.empty()) {
    return {};
  }
  const spec::Spec config = TRY(load_saved_config(dir));
  if (!config.linux || !config.linux->intel_rdt) {
    return fail(Error::invalid("updating a non-existent Intel RDT configuration is not supported"));
  }
  spec::IntelRdt rdt = *config.linux->intel_rdt;
  if (!options.l3_cache_schema.empty()) {
    rdt.l3_cache_schema = options.l3_cache_schema;
  }
  if (!options.mem_bw_schema.empty()) {
    rdt.mem_bw_schema = options.mem_bw_schema;
  }
  TRY(linux::apply_intel_rdt(rdt, record.id, record.init.pid, "/sys/fs/resctrl"));
  return {};
}

}  // namespace

Result<> update(const Globals& globals, const UpdateOptions& options) {
  auto dir = TRY(open_container(globals, options.id, state::ContainerDir::Lock::exclusive));
  state::Record record = TRY(load_completed(dir));
  if (state::liveness(record.init) != state::Liveness::alive) {
    return fail(Error::wrong_state("container not running"));
  }
  if (TRY(update_cgroup(dir, record, options.resources)) && !record.devices_updated) {
    record.devices_updated = true;
    TRY(dir.save(record));
  }
  return update_rdt(dir, record, options);
}

}  // namespace plimsoll::container
