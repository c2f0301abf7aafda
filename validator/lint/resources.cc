// Devices, limits, hooks. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "validator/lint/row.h"

namespace plimsoll::lint {
namespace {

// -- devices --

bool is_all(const spec::DeviceRule& rule) {
  const std::string type = rule.type.value_or("");
  return rule.allow && (type.empty() || type == "a") && rule.major.value_or(-1) == -1 &&
         rule.minor.value_or(-1) == -1;
}

// Only what no later rule takes back.
void all_devices(const Spec& config, const Row& /*row*/, Findings& found) {
  if (!config.linux || !config.linux->resources) {
    return;
  }
  const std::vector<spec::DeviceRule>& rules = config.linux->resources->devices;
  for (std::size_t i = rules.size(); i-- > 0;) {
    const std::string type = rules[i].type.value_or("");
    const bool all = (type.empty() || type == "a") && rules[i].major.value_or(-1) == -1 &&
                     rules[i].minor.value_or(-1) == -1;
    if (all) {
      if (is_all(rules[i])) {
        found.add(cat("/linux/resources/devices/", i), "every device of the host is allowed");
      }
      return;
    }
  }
}

bool grants_access(const spec::DeviceRule& rule) {
  const std::string access = rule.access.value_or("rwm");
  return rule.allow && access.find_first_of("rw") != std::string::npos;
}

void block_devices(const Spec& config, const Row& /*row*/, Findings& found) {
  for (std::size_t i = 0;
       config.linux && config.linux->resources && i < config.linux->resources->devices.size();
       ++i) {
    const spec::DeviceRule& rule = config.linux->resources->devices[i];
    if (rule.type == "b" && grants_access(rule)) {
      found.add(cat("/linux/resources/devices/", i), "a block device can be read or written");
    }
  }
}

struct CharDevice {
  std::int64_t major;
  std::int64_t minor;
  std::string_view name;
};
constexpr auto kMemoryDevices =
    std::to_array<CharDevice>({{1, 1, "mem"}, {1, 2, "kmem"}, {1, 4, "port"}, {10, 144, "nvram"}});

void memory_device(const Spec& config, const Row& /*row*/, Findings& found) {
  for (std::size_t i = 0; config.linux && i < config.linux->devices.size(); ++i) {
    const spec::Device& device = config.linux->devices[i];
    for (const CharDevice& known : kMemoryDevices) {
      if (device.type != "b" && device.major == known.major && device.minor == known.minor) {
        found.add(cat("/linux/devices/", i), cat("/dev/", known.name, " is in the container"));
      }
    }
  }
}

void block_node(const Spec& config, const Row& /*row*/, Findings& found) {
  for (std::size_t i = 0; config.linux && i < config.linux->devices.size(); ++i) {
    if (config.linux->devices[i].type == "b") {
      found.add(cat("/linux/devices/", i),
                cat("the block device '", config.linux->devices[i].path, "' is in the container"));
    }
  }
}

void world_writable_node(const Spec& config, const Row& /*row*/, Findings& found) {
  constexpr auto kHarmless = std::to_array<std::pair<std::int64_t, std::int64_t>>(
      {{1, 3}, {1, 5}, {1, 7}, {1, 8}, {1, 9}, {5, 0}, {5, 2}, {10, 200}, {10, 229}});
  for (std::size_t i = 0; config.linux && i < config.linux->devices.size(); ++i) {
    const spec::Device& device = config.linux->devices[i];
    const std::pair numbers(device.major.value_or(-1), device.minor.value_or(-1));
    if (device.type != "p" && (device.file_mode.value_or(0) & 02) != 0 &&
        std::ranges::find(kHarmless, numbers) == kHarmless.end()) {
      found.add(cat("/linux/devices/", i, "/fileMode"),
                cat("every user of the container may write '", device.path, "'"));
    }
  }
}

// -- limits --

void no_pids_limit(const Spec& config, const Row& /*row*/, Findings& found) {
  if (config.linux && (!config.linux->resources || !config.linux->resources->pids ||
                       config.linux->resources->pids->limit.value_or(-1) < 0)) {
    found.add("/linux/resources/pids", "the number of processes is not limited");
  }
}

void no_memory_limit(const Spec& config, const Row& /*row*/, Findings& found) {
  if (config.linux && (!config.linux->resources || !config.linux->resources->memory ||
                       config.linux->resources->memory->limit.value_or(-1) <= 0)) {
    found.add("/linux/resources/memory", "memory is not limited");
  }
}

void oom_killer_off(const Spec& config, const Row& /*row*/, Findings& found) {
  if (config.linux && config.linux->resources && config.linux->resources->memory &&
      config.linux->resources->memory->disable_oom_killer.value_or(false)) {
    found.add("/linux/resources/memory/disableOOMKiller",
              "processes hang, and hold what they hold, instead of being killed");
  }
}

void real_time(const Spec& config, const Row& /*row*/, Findings& found) {
  if (config.process && config.process->scheduler &&
      (config.process->scheduler->policy == "SCHED_FIFO" ||
       config.process->scheduler->policy == "SCHED_RR" ||
       config.process->scheduler->policy == "SCHED_DEADLINE")) {
    found.add("/process/scheduler/policy", "the container runs before all ordinary processes");
  }
}

void core_unlimited(const Spec& config, const Row& /*row*/, Findings& found) {
  for (std::size_t i = 0; config.process && i < config.process->rlimits.size(); ++i) {
    const spec::Rlimit& limit = config.process->rlimits[i];
    if (limit.type == "RLIMIT_CORE" && limit.soft == UINT64_MAX) {
      found.add(cat("/process/rlimits/", i, "/soft"), "core dumps of any size");
    }
  }
}

// -- hooks: they run as root of the host --

template <typename Check>
void each_host_hook(const Spec& config, Check check) {
  const auto list = [&](const std::vector<spec::Hook>& hooks, std::string_view name) {
    for (std::size_t i = 0; i < hooks.size(); ++i) {
      check(hooks[i], cat("/hooks/", name, "/", i));
    }
  };
  list(config.hooks.prestart, "prestart");
  list(config.hooks.create_runtime, "createRuntime");
  list(config.hooks.create_container, "createContainer");
  list(config.hooks.poststart, "poststart");
  list(config.hooks.poststop, "poststop");
}

void hook_in_shared_folder(const Spec& config, const Row& /*row*/, Findings& found) {
  each_host_hook(config, [&](const spec::Hook& hook, const std::string& pointer) {
    const std::string path = clean_path(hook.path);
    for (const std::string_view folder : {"/tmp", "/var/tmp", "/dev/shm", "/run/user"}) {
      if (is_at_or_below(path, folder)) {
        found.add(cat(pointer, "/path"), cat("any user may write to ", folder));
      }
    }
  });
}

void hook_runs_shell(const Spec& config, const Row& /*row*/, Findings& found) {
  each_host_hook(config, [&](const spec::Hook& hook, const std::string& pointer) {
    const std::string name = hook.path.substr(hook.path.rfind('/') + 1);
    if ((name == "sh" || name == "bash" || name == "dash" || name == "busybox") &&
        contains(hook.args, "-c")) {
      found.add(cat(pointer, "/args"), "the hook is a shell command");
    }
  });
}

void hook_without_timeout(const Spec& config, const Row& /*row*/, Findings& found) {
  each_host_hook(config, [&](const spec::Hook& hook, const std::string& pointer) {
    if (!hook.timeout) {
      found.add(pointer, "the hook has no timeout");
    }
  });
}

constexpr auto kRows = std::to_array<Row>({
    {{"risk.device.all", Level::risk,
      "begin with a rule that denies all, then allow single devices",
      "disks, memory and input of the host, with one mknod"},
     all_devices,
     ""},
    {{"risk.device.block-rule", Level::risk, "allow single character devices only",
      "the file system on the disk, past every permission"},
     block_devices,
     ""},
    {{"risk.device.block-node", Level::risk, "mount a file system of it instead",
      "the file system on the disk, past every permission"},
     block_node,
     ""},
    {{"risk.device.memory", Level::risk, "leave the device out", "the host's memory and I/O ports"},
     memory_device,
     ""},
    {{"risk.device.world-writable", Level::risk, "0660 and a group",
      "the device's driver, from any user of the container"},
     world_writable_node,
     ""},
    {{"risk.resources.pids", Level::risk, "\"pids\": {\"limit\": 1024}",
      "a fork bomb takes every process id of the host"},
     no_pids_limit,
     ""},
    {{"risk.resources.memory", Level::risk, "set linux.resources.memory.limit",
      "all memory of the host: other programs are killed first"},
     no_memory_limit,
     ""},
    {{"risk.resources.oom-killer", Level::risk, "false", "a hang of all that waits for its locks"},
     oom_killer_off,
     ""},
    {{"risk.process.real-time", Level::risk, "SCHED_OTHER or SCHED_BATCH",
      "whole processors: a loop starves the host's own programs"},
     real_time,
     ""},
    {{"risk.process.core-dumps", Level::risk, "0",
      "the host's disk, and memory images of its processes with their secrets"},
     core_unlimited,
     ""},
    {{"risk.hook.shared-folder", Level::risk, "a folder that only root may write",
      "root of the host, for whoever can put a file there first"},
     hook_in_shared_folder,
     ""},
    {{"risk.hook.shell", Level::risk, "name a program of its own, owned by root",
      "root of the host, where any part of the command comes from an image or a label"},
     hook_runs_shell,
     ""},
    {{"risk.hook.no-timeout", Level::risk, "\"timeout\": 10",
      "a hook that never ends holds the runtime and its engine"},
     hook_without_timeout,
     ""},
});

}  // namespace

std::span<const Row> resource_rows() { return kRows; }

}  // namespace plimsoll::lint
