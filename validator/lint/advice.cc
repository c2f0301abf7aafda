// Recommendations of the specification, and members that contradict each other or have no effect.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "validator/json/json.h"
#include "validator/lint/row.h"
#include "validator/spec/vocabulary.h"

namespace plimsoll::lint {
namespace {

// -- file systems (config-linux.md#default-filesystems) --

// `subject` is "destination type".
void default_file_system(const Spec& config, const Row& row, Findings& found) {
  const std::string_view path = row.subject.substr(0, row.subject.find(' '));
  const std::string_view type = row.subject.substr(path.size() + 1);
  // A configuration without mounts has a file system of its author's own making.
  if (!config.linux || config.mounts.empty() || rules::find_namespace(config, "mount") == nullptr) {
    return;
  }
  for (const spec::Mount& mount : config.mounts) {
    if (clean_path(mount.destination) == path) {
      return;
    }
  }
  found.add("/mounts", cat("nothing is mounted at ", path, ", where programs expect ", type));
}

void hides_earlier(const Spec& config, const Row& /*row*/, Findings& found) {
  // All pairs: a thousand mounts are half a million comparisons, and nobody has more.
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < std::min<std::size_t>(config.mounts.size(), 1000); ++i) {
    const spec::Mount& mount = config.mounts[i];
    const std::string& path = paths.emplace_back(clean_path(mount.destination));
    if (contains(mount.options, "remount") || path == "/") {
      continue;
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (paths[j] != "/" && is_at_or_below(paths[j], path)) {
        found.add(cat("/mounts/", i, "/destination"),
                  cat("hides mount ", j, " at '", paths[j], "', which comes earlier"));
        break;
      }
    }
  }
}

void gid_mappings_option(const Spec& config, const Row& /*row*/, Findings& found) {
  for (std::size_t i = 0; i < config.mounts.size(); ++i) {
    const spec::Mount& mount = config.mounts[i];
    if (mount.gid_mappings && !mount.gid_mappings->empty() && !mount.uid_mappings &&
        !contains(mount.options, "idmap") && !contains(mount.options, "ridmap")) {
      found.add(cat("/mounts/", i, "/options"),
                "a mount with gid mappings lacks the option idmap or ridmap");
    }
  }
}

// -- process --

void duplicate_env(const Spec& config, const Row& /*row*/, Findings& found) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; config.process && i < config.process->env.size(); ++i) {
    const std::string_view entry = config.process->env[i];
    const std::string_view name = entry.substr(0, entry.find('='));
    if (!name.empty() && !names.insert(name).second) {
      found.add(cat("/process/env/", i), cat("'", name, "' is set twice"));
    }
  }
}

using CapabilitySet = std::optional<spec::Strings>;

void subset(const CapabilitySet& inner, const CapabilitySet& outer, std::string_view inner_name,
            std::string_view outer_name, Findings& found) {
  for (std::size_t i = 0; inner && i < inner->size(); ++i) {
    if (spec::find_capability((*inner)[i]) &&
        !contains(outer.value_or(spec::Strings()), (*inner)[i])) {
      found.add(cat("/process/capabilities/", inner_name, "/", i),
                cat("'", (*inner)[i], "' is not in the ", outer_name, " set"));
    }
  }
}

void effective_permitted(const Spec& config, const Row& /*row*/, Findings& found) {
  if (config.process && config.process->capabilities) {
    const spec::Capabilities& sets = *config.process->capabilities;
    subset(sets.effective, sets.permitted, "effective", "permitted", found);
  }
}

void duplicate_capability(const Spec& config, const Row& /*row*/, Findings& found) {
  if (!config.process || !config.process->capabilities) {
    return;
  }
  const spec::Capabilities& sets = *config.process->capabilities;
  const auto check = [&](const CapabilitySet& set, std::string_view name) {
    std::set<std::string_view> seen;
    for (std::size_t i = 0; set && i < set->size(); ++i) {
      if (!seen.insert((*set)[i]).second) {
        found.add(cat("/process/capabilities/", name, "/", i),
                  cat("'", (*set)[i], "' is listed twice"));
      }
    }
  };
  check(sets.bounding, "bounding");
  check(sets.effective, "effective");
  check(sets.inheritable, "inheritable");
  check(sets.permitted, "permitted");
  check(sets.ambient, "ambient");
}

void console_without_terminal(const Spec& config, const Row& /*row*/, Findings& found) {
  if (config.process && !config.process->terminal && config.process->console_size &&
      (config.process->console_size->height != 0 || config.process->console_size->width != 0)) {
    found.add("/process/consoleSize", "consoleSize has no effect without a terminal");
  }
}

// -- resources --

const spec::Resources* resources_of(const Spec& config) {
  return config.linux && config.linux->resources ? &*config.linux->resources : nullptr;
}

void reservation_above_limit(const Spec& config, const Row& /*row*/, Findings& found) {
  const spec::Resources* resources = resources_of(config);
  if (resources == nullptr || !resources->memory) {
    return;
  }
  const std::int64_t limit = resources->memory->limit.value_or(0);
  const std::int64_t reservation = resources->memory->reservation.value_or(0);
  if (limit > 0 && reservation > limit) {
    found.add("/linux/resources/memory/reservation",
              cat("the reservation ", reservation, " is above the limit ", limit));
  }
}

// cpu.shares of version 1: 2 to 262144; 0 is taken as absent.
void shares_range(const Spec& config, const Row& /*row*/, Findings& found) {
  const spec::Resources* resources = resources_of(config);
  const std::uint64_t shares =
      resources != nullptr && resources->cpu ? resources->cpu->shares.value_or(0) : 0;
  if (shares == 1 || shares > 262144) {
    found.add("/linux/resources/cpu/shares",
              cat("cpu shares ", shares, " is not within 2 to 262144"));
  }
}

void idle_with_shares(const Spec& config, const Row& /*row*/, Findings& found) {
  const spec::Resources* resources = resources_of(config);
  if (resources != nullptr && resources->cpu && resources->cpu->idle == 1 &&
      resources->cpu->shares.value_or(0) != 0) {
    found.add("/linux/resources/cpu/shares", "cpu shares have no effect in an idle cgroup");
  }
}

void realtime_runtime(const Spec& config, const Row& /*row*/, Findings& found) {
  const spec::Resources* resources = resources_of(config);
  if (resources == nullptr || !resources->cpu) {
    return;
  }
  const std::int64_t runtime = resources->cpu->realtime_runtime.value_or(0);
  const std::uint64_t period = resources->cpu->realtime_period.value_or(0);
  if (runtime > 0 && period > 0 && static_cast<std::uint64_t>(runtime) > period) {
    found.add("/linux/resources/cpu/realtimeRuntime",
              cat("the real-time runtime ", runtime, " is above its period ", period));
  }
}

void duplicate_page_size(const Spec& config, const Row& /*row*/, Findings& found) {
  const spec::Resources* resources = resources_of(config);
  std::set<std::string_view> seen;
  for (std::size_t i = 0; resources != nullptr && i < resources->hugepage_limits.size(); ++i) {
    const std::string& size = resources->hugepage_limits[i].page_size;
    if (!seen.insert(size).second) {
      found.add(cat("/linux/resources/hugepageLimits/", i, "/pageSize"),
                cat("page size '", size, "' is listed twice"));
    }
  }
}

// A raw file that a member of linux.resources writes too: which one wins is nowhere said.
void unified_conflict(const Spec& config, const Row& /*row*/, Findings& found) {
  const spec::Resources* resources = resources_of(config);
  if (resources == nullptr) {
    return;
  }
  const auto check = [&](bool given, std::string_view file, std::string_view member) {
    const auto same = [&](const auto& entry) { return entry.first == file; };
    if (given && std::ranges::any_of(resources->unified, same)) {
      std::string pointer = "/linux/resources/unified";
      json::append_pointer_token(pointer, file);
      found.add(pointer, cat("'", file, "' is set by ", member, ", too"));
    }
  };
  const spec::Memory memory = resources->memory.value_or(spec::Memory());
  const spec::Cpu cpu = resources->cpu.value_or(spec::Cpu());
  check(memory.limit.has_value(), "memory.max", "memory.limit");
  check(memory.reservation.has_value(), "memory.low", "memory.reservation");
  check(memory.swap.has_value(), "memory.swap.max", "memory.swap");
  check(cpu.quota || cpu.period, "cpu.max", "cpu.quota");
  check(cpu.shares.has_value(), "cpu.weight", "cpu.shares");
  check(cpu.cpus.has_value(), "cpuset.cpus", "cpu.cpus");
  check(cpu.mems.has_value(), "cpuset.mems", "cpu.mems");
  check(resources->pids && resources->pids->limit, "pids.max", "pids.limit");
}

// -- devices, seccomp --

void duplicate_device_path(const Spec& config, const Row& /*row*/, Findings& found) {
  std::set<std::string> seen;
  for (std::size_t i = 0; config.linux && i < config.linux->devices.size(); ++i) {
    const std::string path = clean_path(config.linux->devices[i].path);
    if (!config.linux->devices[i].path.empty() && !seen.insert(path).second) {
      found.add(cat("/linux/devices/", i, "/path"), cat("'", path, "' is listed twice"));
    }
  }
}

void masked_comparison(const Spec& config, const Row& /*row*/, Findings& found) {
  for (std::size_t i = 0;
       config.linux && config.linux->seccomp && i < config.linux->seccomp->syscalls.size(); ++i) {
    const spec::SeccompSyscall& rule = config.linux->seccomp->syscalls[i];
    for (std::size_t j = 0; j < rule.args.size(); ++j) {
      const spec::SeccompArg& arg = rule.args[j];
      // (argument & value) == valueTwo
      if (arg.op == "SCMP_CMP_MASKED_EQ" && (arg.value_two & ~arg.value) != 0) {
        found.add(cat("/linux/seccomp/syscalls/", i, "/args/", j, "/valueTwo"),
                  "the comparison never holds: valueTwo has bits that the mask takes away");
      }
    }
  }
}

constexpr auto kRows = std::to_array<Row>({
    {{"linux.defaultFs.proc", Level::should, "a mount of type proc at /proc", ""},
     default_file_system,
     "/proc a proc"},
    {{"linux.defaultFs.sys", Level::should, "a mount of type sysfs at /sys", ""},
     default_file_system,
     "/sys a sysfs"},
    {{"linux.defaultFs.devpts", Level::should, "a mount of type devpts at /dev/pts", ""},
     default_file_system,
     "/dev/pts a devpts"},
    {{"linux.defaultFs.devshm", Level::should, "a mount of type tmpfs at /dev/shm", ""},
     default_file_system,
     "/dev/shm a tmpfs"},
    {{"config.mounts.order/hides-earlier", Level::should,
      "list the outer mount before the inner one", ""},
     hides_earlier,
     ""},
    {{"config.mounts.gidMappings.with-option", Level::should, "add the option idmap or ridmap", ""},
     gid_mappings_option,
     ""},
    {{"config.process.env.optional/duplicate", Level::should, "set each variable once", ""},
     duplicate_env,
     ""},
    {{"config.process.capabilities.effective/not-permitted", Level::should,
      "list the capability in permitted, too", ""},
     effective_permitted,
     ""},
    {{"config.process.capabilities.optional/duplicate", Level::may, "list each capability once",
      ""},
     duplicate_capability,
     ""},
    {{"config.process.consoleSize.optional/no-terminal", Level::may, "\"terminal\": true", ""},
     console_without_terminal,
     ""},
    {{"linux.memory.reservation.optional/above-limit", Level::should, "no more than the limit", ""},
     reservation_above_limit,
     ""},
    {{"linux.cpu.shares.optional/range", Level::should, "2 to 262144; 1024 is the usual share", ""},
     shares_range,
     ""},
    {{"linux.cpu.idle.optional/with-shares", Level::may, "leave shares out", ""},
     idle_with_shares,
     ""},
    {{"linux.cpu.realtimeRuntime.optional/above-period", Level::should, "no more than the period",
      ""},
     realtime_runtime,
     ""},
    {{"linux.hugepageLimits.optional/duplicate", Level::should, "one limit for each page size", ""},
     duplicate_page_size,
     ""},
    {{"linux.unified.optional/conflict", Level::should, "set it in one place", ""},
     unified_conflict,
     ""},
    {{"linux.devices.path.required/duplicate", Level::should, "one device for each path", ""},
     duplicate_device_path,
     ""},
    {{"linux.seccomp.syscalls.args.valueTwo.optional/never", Level::should,
      "valueTwo within the bits of value, which is the mask", ""},
     masked_comparison,
     ""},
});

}  // namespace

std::span<const Row> advice_rows() { return kRows; }

}  // namespace plimsoll::lint
