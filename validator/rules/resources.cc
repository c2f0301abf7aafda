// Rules about linux.resources, of a container or of update (config-linux.md#control-groups).
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "validator/json/json.h"
#include "validator/rules/rule.h"

namespace plimsoll::rules {
namespace {

using spec::Resources;

// -- devices --

void device_type(const Resources& resources, Findings& found) {
  for (std::size_t i = 0; i < resources.devices.size(); ++i) {
    const std::string type = resources.devices[i].type.value_or("");
    if (!type.empty() && type != "a" && type != "b" && type != "c") {
      found.add(cat("/devices/", i, "/type"), cat("invalid cgroup device type '", type, "'"));
    }
  }
}

void device_access(const Resources& resources, Findings& found) {
  for (std::size_t i = 0; i < resources.devices.size(); ++i) {
    const std::string access = resources.devices[i].access.value_or("");
    if (access.find_first_not_of("rwm") != std::string::npos) {
      found.add(cat("/devices/", i, "/access"),
                cat("device access '", access, "' is not made of r, w and m"));
    }
  }
}

// -1 stands for all, as it does in the kernel's own interface and in what callers write.
void device_numbers(const Resources& resources, Findings& found) {
  for (std::size_t i = 0; i < resources.devices.size(); ++i) {
    const spec::DeviceRule& rule = resources.devices[i];
    if (rule.major && (*rule.major < -1 || *rule.major > 0xfff)) {
      found.add(cat("/devices/", i, "/major"),
                cat("major number ", *rule.major, " is not within 0 to 4095"));
    }
    if (rule.minor && (*rule.minor < -1 || *rule.minor > 0xfffff)) {
      found.add(cat("/devices/", i, "/minor"),
                cat("minor number ", *rule.minor, " is not within 0 to 1048575"));
    }
  }
}

// -- memory --

void memory_range(const Resources& resources, Findings& found) {
  if (!resources.memory) {
    return;
  }
  const spec::Memory& memory = *resources.memory;
  const auto check = [&](const std::optional<std::int64_t>& value, std::string_view name) {
    if (value.value_or(0) < -1) {
      found.add(cat("/memory/", name), cat("memory ", name, " ", *value, " is less than -1"));
    }
  };
  check(memory.limit, "limit");
  check(memory.reservation, "reservation");
  check(memory.swap, "swap");
  check(memory.kernel, "kernel");
  check(memory.kernel_tcp, "kernelTCP");
}

// swap counts memory and swap together.
void memory_swap(const Resources& resources, Findings& found) {
  if (!resources.memory) {
    return;
  }
  const std::int64_t limit = resources.memory->limit.value_or(0);
  const std::int64_t swap = resources.memory->swap.value_or(0);
  if (limit > 0 && swap > 0 && swap < limit) {
    found.add("/memory/swap", "memory+swap limit should be >= memory limit");
  }
}

void memory_swappiness(const Resources& resources, Findings& found) {
  if (resources.memory && resources.memory->swappiness && *resources.memory->swappiness > 100) {
    found.add("/memory/swappiness",
              cat("swappiness ", *resources.memory->swappiness, " is greater than 100"));
  }
}

void memory_kernel(const Resources& resources, Findings& found) {
  if (resources.memory && resources.memory->kernel) {
    found.add("/memory/kernel", "the kernel memory limit should not be used and is ignored");
  }
}

void memory_kernel_tcp(const Resources& resources, Findings& found) {
  if (resources.memory && resources.memory->kernel_tcp) {
    found.add("/memory/kernelTCP", "the kernel TCP memory limit should not be used");
  }
}

// -- cpu --

void cpu_burst(const Resources& resources, Findings& found) {
  if (!resources.cpu) {
    return;
  }
  const std::int64_t quota = resources.cpu->quota.value_or(0);
  const std::uint64_t burst = resources.cpu->burst.value_or(0);
  if (quota > 0 && burst > static_cast<std::uint64_t>(quota)) {
    found.add("/cpu/burst", cat("cpu burst ", burst, " is greater than quota ", quota));
  }
}

void cpu_quota(const Resources& resources, Findings& found) {
  if (resources.cpu && resources.cpu->quota && *resources.cpu->quota < -1) {
    found.add("/cpu/quota", cat("cpu quota ", *resources.cpu->quota, " is less than -1"));
  }
}

// The kernel's bounds, in microseconds; 0 is taken as absent.
void cpu_period(const Resources& resources, Findings& found) {
  const std::uint64_t period = resources.cpu ? resources.cpu->period.value_or(0) : 0;
  if (period != 0 && (period < 1000 || period > 1'000'000)) {
    found.add("/cpu/period", cat("cpu period ", period, " is not within 1000 to 1000000"));
  }
}

void cpu_idle(const Resources& resources, Findings& found) {
  const std::int64_t idle = resources.cpu ? resources.cpu->idle.value_or(0) : 0;
  if (idle != 0 && idle != 1) {
    found.add("/cpu/idle", cat("cpu idle ", idle, " is neither 0 nor 1"));
  }
}

void cpu_lists(const Resources& resources, Findings& found) {
  if (!resources.cpu) {
    return;
  }
  const auto check = [&](const std::optional<std::string>& list, std::string_view name) {
    if (list && !list->empty() && !is_number_list(*list)) {
      found.add(cat("/cpu/", name), cat("'", *list, "' is not a list such as '0-3,7'"));
    }
  };
  check(resources.cpu->cpus, "cpus");
  check(resources.cpu->mems, "mems");
}

// -- block IO --

bool is_weight(const std::optional<std::uint16_t>& weight) {
  const unsigned value = weight.value_or(0);  // 0 is taken as absent
  return value == 0 || (value >= 10 && value <= 1000);
}

void block_io_weights(const Resources& resources, Findings& found) {
  if (!resources.block_io) {
    return;
  }
  const auto check = [&](const std::optional<std::uint16_t>& weight, const std::string& pointer) {
    if (!is_weight(weight)) {
      found.add(pointer, cat("weight ", *weight, " is not within 10 to 1000"));
    }
  };
  check(resources.block_io->weight, "/blockIO/weight");
  check(resources.block_io->leaf_weight, "/blockIO/leafWeight");
  for (std::size_t i = 0; i < resources.block_io->weight_device.size(); ++i) {
    const spec::WeightDevice& device = resources.block_io->weight_device[i];
    check(device.weight, cat("/blockIO/weightDevice/", i, "/weight"));
    check(device.leaf_weight, cat("/blockIO/weightDevice/", i, "/leafWeight"));
  }
}

void block_io_weight_device(const Resources& resources, Findings& found) {
  for (std::size_t i = 0; resources.block_io && i < resources.block_io->weight_device.size(); ++i) {
    const spec::WeightDevice& device = resources.block_io->weight_device[i];
    if (!device.weight && !device.leaf_weight) {
      found.add(cat("/blockIO/weightDevice/", i), "neither weight nor leafWeight is given");
    }
  }
}

// -- the rest --

// <size><unit-prefix>B, which is also a part of a file name.
bool is_page_size(std::string_view text) {
  const std::size_t digits = text.find_first_not_of("0123456789");
  return digits != 0 && digits != std::string_view::npos && text.front() != '0' &&
         (text.substr(digits) == "KB" || text.substr(digits) == "MB" ||
          text.substr(digits) == "GB");
}

void hugepage_size(const Resources& resources, Findings& found) {
  for (std::size_t i = 0; i < resources.hugepage_limits.size(); ++i) {
    const std::string& size = resources.hugepage_limits[i].page_size;
    if (!is_page_size(size)) {
      found.add(cat("/hugepageLimits/", i, "/pageSize"),
                cat("page size '", size, "' is not of the form 64KB, 2MB, 1GB"));
    }
  }
}

void network_priority_name(const Resources& resources, Findings& found) {
  for (std::size_t i = 0; resources.network && i < resources.network->priorities.size(); ++i) {
    const std::string& name = resources.network->priorities[i].name;
    if (!is_interface_name(name)) {
      found.add(cat("/network/priorities/", i, "/name"),
                cat("invalid network interface name '", name, "'"));
    }
  }
}

std::string entry(std::string_view map, std::string_view key) {
  std::string pointer(map);
  json::append_pointer_token(pointer, key);
  return pointer;
}

void rdma_one_limit(const Resources& resources, Findings& found) {
  for (const spec::Rdma& rdma : resources.rdma) {
    if (!rdma.hca_handles && !rdma.hca_objects) {
      found.add(entry("/rdma", rdma.device), "neither hcaHandles nor hcaObjects is given");
    }
  }
}

void rdma_device(const Resources& resources, Findings& found) {
  for (const spec::Rdma& rdma : resources.rdma) {
    if (rdma.device.empty() || rdma.device.find_first_of(" \t\n=/") != std::string::npos) {
      found.add(entry("/rdma", rdma.device), cat("invalid rdma device name '", rdma.device, "'"));
    }
  }
}

void unified_key(const Resources& resources, Findings& found) {
  for (const auto& [key, value] : resources.unified) {
    if (key.find('/') != std::string::npos || key == "." || key == "..") {
      found.add(entry("/unified", key),
                cat("unified resource '", key, "' must be a file name (no slashes)"));
    } else if (const std::size_t dot = key.find('.');
               dot == 0 || dot == std::string::npos || dot + 1 == key.size()) {
      found.add(entry("/unified", key),
                cat("unified resource '", key, "' must be in the form CONTROLLER.PARAMETER"));
    }
  }
}

constexpr auto kRules = std::to_array<Rule<Resources>>({
    {"linux.resources.devices.type.optional", Level::must, device_type},
    {"linux.resources.devices.access.optional", Level::must, device_access},
    {"linux.resources.devices.major-minor.optional", Level::must, device_numbers},
    {"linux.memory.unlimited", Level::must, memory_range},
    {"linux.memory.swap.optional", Level::must, memory_swap},
    {"linux.memory.swappiness.optional", Level::must, memory_swappiness},
    {"linux.memory.kernel.discouraged", Level::should, memory_kernel, kWarn},
    {"linux.memory.kernelTCP.discouraged", Level::should, memory_kernel_tcp},
    {"linux.cpu.burst.le-quota", Level::must, cpu_burst},
    {"linux.cpu.quota.optional", Level::must, cpu_quota},
    {"linux.cpu.period.optional", Level::must, cpu_period},
    {"linux.cpu.idle.optional", Level::must, cpu_idle},
    {"config.valid-values.error/cpu-list", Level::must, cpu_lists},
    {"linux.blockIO.weight.optional", Level::must, block_io_weights},
    {"linux.blockIO.weightDevice.at-least-one", Level::must, block_io_weight_device},
    {"linux.hugepageLimits.pageSize.required", Level::must, hugepage_size},
    {"linux.network.priorities.name.required", Level::must, network_priority_name},
    {"linux.rdma.at-least-one", Level::must, rdma_one_limit},
    {"config.valid-values.error/rdma-device", Level::must, rdma_device},
    {"linux.unified.optional", Level::must, unified_key},
});

}  // namespace

std::span<const Rule<Resources>> resource_rules() { return kRules; }

}  // namespace plimsoll::rules
