// linux.resources.blockIO: the blkio controller of v1, io of v2. Zero means "not set" for a weight.
// Pure. SPDX-License-Identifier: Apache-2.0
#include <array>

#include "runtime/base/text.h"
#include "runtime/plan/cgroup/controllers.h"

namespace plimsoll::plan {

namespace {

constexpr std::uint16_t kMinWeight = 10;
constexpr std::uint16_t kMaxWeight = 1000;

// 10..1000 onto io.weight's 1..10000, linearly, as runc and crun do.
std::uint64_t io_weight(std::uint16_t weight) {
  return 1 + (std::uint64_t{weight} - kMinWeight) * 9999 / 990;
}

Result<std::uint16_t> weight_of(std::string_view name, const std::optional<std::uint16_t>& weight) {
  const std::uint16_t value = weight.value_or(0);
  if (value != 0 && (value < kMinWeight || value > kMaxWeight)) {
    return fail(Error::invalid(cat(name, " ", value, " is outside ", kMinWeight, "-", kMaxWeight)));
  }
  return value;
}

Result<std::string> device_of(std::int64_t major, std::int64_t minor) {
  if (major < 0 || minor < 0) {
    return fail(Error::invalid(cat("device ", major, ":", minor, " has a negative number")));
  }
  return cat(major, ":", minor);
}

// v2: bfq's file takes the spec's numbers; io.weight is the cost model's. v1: blkio.weight went
// with the CFQ scheduler (Linux 5.0); bfq's has its own name.
void add_weight(const ResourcePlan& plan, std::string_view device, std::uint16_t weight) {
  const std::string prefix = device.empty() ? "" : cat(device, " ");
  if (plan.v2()) {
    plan.add("io", "io.bfq.weight", cat(prefix, weight), OnFailure::take_next);
    plan.add("io", "io.weight", cat(prefix, io_weight(weight)));
    return;
  }
  const std::string_view suffix = device.empty() ? "weight" : "weight_device";
  plan.add("blkio", cat("blkio.", suffix), cat(prefix, weight), OnFailure::take_next);
  plan.add("blkio", cat("blkio.bfq.", suffix), cat(prefix, weight));
}

Result<> plan_weights(const ResourcePlan& plan, const spec::BlockIo& io) {
  if (const std::uint16_t weight = TRY(weight_of("weight", io.weight)); weight != 0) {
    add_weight(plan, "", weight);
  }
  if (const std::uint16_t weight = TRY(weight_of("leafWeight", io.leaf_weight)); weight != 0) {
    if (plan.v2()) {
      return not_on_v2("leafWeight");
    }
    plan.add("blkio", "blkio.leaf_weight", cat(weight));
  }
  for (const spec::WeightDevice& entry : io.weight_device) {
    const std::string device = TRY(device_of(entry.major, entry.minor));
    if (const std::uint16_t weight = TRY(weight_of("weight", entry.weight)); weight != 0) {
      add_weight(plan, device, weight);
    }
    if (const std::uint16_t weight = TRY(weight_of("leafWeight", entry.leaf_weight)); weight != 0) {
      if (plan.v2()) {
        return not_on_v2("leafWeight");
      }
      plan.add("blkio", "blkio.leaf_weight_device", cat(device, " ", weight));
    }
  }
  return {};
}

struct Throttle {
  std::vector<spec::ThrottleDevice> spec::BlockIo::* devices;
  std::string_view v1_file;
  std::string_view v2_key;
};

constexpr auto kThrottles = std::to_array<Throttle>({
    {.devices = &spec::BlockIo::throttle_read_bps_device,
     .v1_file = "blkio.throttle.read_bps_device",
     .v2_key = "rbps"},
    {.devices = &spec::BlockIo::throttle_write_bps_device,
     .v1_file = "blkio.throttle.write_bps_device",
     .v2_key = "wbps"},
    {.devices = &spec::BlockIo::throttle_read_iops_device,
     .v1_file = "blkio.throttle.read_iops_device",
     .v2_key = "riops"},
    {.devices = &spec::BlockIo::throttle_write_iops_device,
     .v1_file = "blkio.throttle.write_iops_device",
     .v2_key = "wiops"},
});

}  // namespace

Result<> plan_block_io(const ResourcePlan& plan) {
  if (!plan.resources.block_io) {
    return {};
  }
  const spec::BlockIo& io = *plan.resources.block_io;
  TRY(plan_weights(plan, io));
  for (const Throttle& throttle : kThrottles) {
    for (const spec::ThrottleDevice& entry : io.*throttle.devices) {
      const std::string device = TRY(device_of(entry.major, entry.minor));
      if (plan.v2()) {
        // A rate of 0 takes the limit away on v1; io.max calls that "max" and refuses 0.
        plan.add("io", "io.max",
                 cat(device, " ", throttle.v2_key, "=", entry.rate == 0 ? "max" : cat(entry.rate)));
      } else {
        plan.add("blkio", std::string(throttle.v1_file), cat(device, " ", entry.rate));
      }
    }
  }
  return {};
}

}  // namespace plimsoll::plan
