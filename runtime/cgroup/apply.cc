// Writing limits and device rules into a container's cgroup, before its process is there or for
// `update`. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cerrno>
#include <iterator>

#include "runtime/base/text.h"
#include "runtime/cgroup/cgroup.h"
#include "runtime/cgroup/controllers.h"
#include "runtime/cgroup/device_filter.h"
#include "runtime/cgroup/device_rules.h"
#include "runtime/plan/systemd/unit.h"
#include "runtime/sys/file.h"

namespace plimsoll::cgroup {

namespace {

// In a hybrid a controller may be in the v2 hierarchy only. The plan speaks v1 there; hugetlb is
// the one controller whose v1 and v2 files differ in nothing but the last part of their name.
constexpr std::string_view kV1HugetlbLimit = ".limit_in_bytes";
constexpr std::string_view kV2HugetlbLimit = ".max";

std::string v2_hugetlb_file(std::string_view file) {
  if (file.ends_with(kV1HugetlbLimit)) {
    file.remove_suffix(kV1HugetlbLimit.size());
  }
  return cat(file, kV2HugetlbLimit);
}

}  // namespace

// config-linux.md#configLinuxMemory, checkBeforeUpdate. v1 needs no check: its kernel refuses a
// limit below the usage, where v2 would kill.
Result<> Cgroup::check_memory_usage(const plan::Cgroup& plan) const {
  if (!plan.check_before_update || mode_ != plan::CgroupMode::v2 || unified() == nullptr) {
    return {};
  }
  const auto usage = parse_unsigned(tree_.read_word(cat(unified()->path, "/memory.current")));
  if (!usage) {
    return {};
  }
  const auto check = [used = *usage](std::string_view what,
                                     std::optional<std::int64_t> limit) -> Result<> {
    if (limit && *limit > 0 && static_cast<std::uint64_t>(*limit) <= used) {
      return fail(Error::invalid(cat("rejecting ", what, " limit ", *limit, " <= usage ", used)));
    }
    return {};
  };
  TRY(check("memory+swap", plan.memory_swap));
  TRY(check("memory", plan.memory_limit));
  return {};
}

Result<> Cgroup::write_setting(const plan::CgroupWrite& write) const {
  const bool v2_only = mode_ == plan::CgroupMode::v2 || write.controller.empty();
  const Hierarchy* hierarchy = v2_only ? unified() : find(write.controller);
  std::string file = write.file;
  bool v2 = v2_only;
  if (hierarchy == nullptr && write.controller == "hugetlb" && unified() != nullptr) {
    hierarchy = unified();
    file = v2_hugetlb_file(file);
    v2 = true;
  }
  if (hierarchy == nullptr) {
    return fail(Error::unsupported(
        cat("cannot set ", write.controller, " limit: container could not join or create cgroup")));
  }
  const std::string path = cat(hierarchy->path, "/", file);
  auto written = tree_.write(path, write.value);
  if (!written && v2 && written.error().err() == ENOENT && !write.controller.empty()) {
    // The controller may be off still: create() enables what its plan needs, `update` may need
    // more.
    TRY(enable_controllers(tree_, hierarchy->mount, hierarchy->path, {write.controller},
                           Enable::needed));
    written = tree_.write(path, write.value);
  }
  if (!written && written.error().err() == EBUSY && file == "memory.limit_in_bytes") {
    return fail(Error::system(
        EBUSY,
        cat("unable to set memory limit to ", write.value,
            " (current usage: ", tree_.read_word(cat(hierarchy->path, "/memory.usage_in_bytes")),
            ", peak usage: ", tree_.read_word(cat(hierarchy->path, "/memory.max_usage_in_bytes")),
            ")")));
  }
  if (!written) {
    return fail(std::move(written).error().wrap(cat("set ", file, " to '", write.value, "'")));
  }
  return {};
}

Result<> Cgroup::apply_writes(const std::vector<plan::CgroupWrite>& writes) const {
  std::vector<const plan::CgroupWrite*> again;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    const plan::CgroupWrite& write = writes[i];
    auto written = write_setting(write);
    const int err = written ? 0 : written.error().err();
    if (written) {
      if (write.on_failure == plan::OnFailure::take_next) {
        ++i;
      }
    } else if (err == EINVAL && write.on_failure == plan::OnFailure::retry) {
      again.push_back(&write);
    } else if (err != ENOENT || (write.on_failure != plan::OnFailure::skip &&
                                 write.on_failure != plan::OnFailure::take_next)) {
      return written;
    }
    const bool last_of_controller =
        i + 1 >= writes.size() || writes[i + 1].controller != write.controller;
    if (last_of_controller) {
      for (const plan::CgroupWrite* waiting : again) {
        TRY(write_setting(*waiting));
      }
      again.clear();
    }
  }
  return {};
}

Result<> Cgroup::apply_devices(const std::vector<plan::DeviceRule>& rules,
                               PendingFilter* later) const {
  if (mode_ == plan::CgroupMode::v2) {
    if (later != nullptr && v2_dir_.valid() && unified()->fresh) {
      *later = PendingFilter(v2_dir_, rules);
      return {};
    }
    if (!v2_dir_.valid()) {
      const UniqueFd dir = TRY(tree_.open_dir(unified()->path));
      return set_device_filter(dir, rules, FilterOf::used_cgroup);
    }
    return set_device_filter(v2_dir_, rules,
                             unified()->fresh ? FilterOf::new_cgroup : FilterOf::used_cgroup);
  }
  const Hierarchy* devices = find("devices");
  if (devices == nullptr) {
    return fail(Error::unsupported("the devices controller is not mounted"));
  }
  const DeviceState target = TRY(device_state(rules));
  std::vector<DeviceWrite> writes;
  if (devices->fresh) {
    writes = device_set_up(target);
  } else {
    const std::string list = TRY(tree_.read(cat(devices->path, "/devices.list")));
    writes = device_transition(TRY(parse_device_list(list)), target);
  }
  UniqueFd files[2];  // devices.deny and devices.allow, opened when needed
  for (const DeviceWrite& write : writes) {
    UniqueFd& file = files[write.allow ? 1 : 0];
    const std::string_view name = write.allow ? "/devices.allow" : "/devices.deny";
    if (!file.valid()) {
      file = TRY(tree_.open_file(cat(devices->path, name), O_WRONLY));
    }
    TRY_DOING(cat("'", devices->path, name, "': '", write.line, "'"),
              sys::write_all(file, write.line));
  }
  return {};
}

// A limit that only the cgroup's file knew would be gone with systemd's next look at the unit.
Result<> Cgroup::apply_to_unit(const Unit& unit, plan::Cgroup& plan) const {
  // A quota alone leaves the period as it is, which systemd must know to say the same.
  for (plan::CgroupWrite& write : plan.writes) {
    if (write.file == "cpu.max" && !write.value.contains(' ')) {
      const std::string now = tree_.read_word(cat(unified()->path, "/cpu.max"));
      if (const std::size_t space = now.find(' '); space != std::string::npos) {
        write.value += now.substr(space);
      }
    }
  }
  plan::round_for_systemd(plan.writes);
  std::vector<plan::UnitProperty> properties = TRY(plan::resource_properties(plan.writes));
  std::ranges::move(plan::device_properties(plan.devices), std::back_inserter(properties));
  return set_unit_properties(unit, properties);
}

Result<> Cgroup::apply(const plan::Cgroup& given, PendingFilter* later) {
  TRY(check_memory_usage(given));
  plan::Cgroup plan = given;
  if (unit_ && !unit_started_) {
    TRY(apply_to_unit(*unit_, plan));
  }
  TRY(apply_writes(plan.writes));
  if (plan.devices.empty() || hierarchies_.empty()) {
    return {};
  }
  // An unprivileged user can neither load a filter nor write rules; such a container's devices are
  // bounded by its user namespace.
  const bool may_fail = plan.rootless || rootless_;
  auto applied = apply_devices(plan.devices, may_fail ? nullptr : later);
  if (!applied && !may_fail) {
    return fail(std::move(applied).error().wrap("device rules"));
  }
  return {};
}

}  // namespace plimsoll::cgroup
