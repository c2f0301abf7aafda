// Limits as unit properties: one row for each file of a cgroup that systemd has a word for.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "runtime/base/text.h"
#include "runtime/plan/systemd/unit.h"

namespace plimsoll::plan {

namespace {

// The versions of systemd that brought a property; an older one gets the limit in the cgroup only.
constexpr int kQuotaPeriodSince = 242;
constexpr int kAllowedCpusSince = 244;
constexpr int kIdleSince = 252;
constexpr int kOomPolicySince = 253;

constexpr std::string_view kDefault = "default ";
constexpr std::string_view kInfinity = "18446744073709551615";
constexpr std::uint64_t kDefaultPeriod = 100'000;  // microseconds, the kernel's
constexpr std::uint64_t kPercent = 10'000;         // of a second, in microseconds

using Properties = std::vector<UnitProperty>;

std::string limit(std::string_view value) {
  return std::string(value == "max" || value == "-1" ? kInfinity : value);
}

// Bit n of the bytes is CPU n.
Result<UnitProperty> bits(std::string_view name, std::string_view list) {
  constexpr std::uint64_t kMax = 8191;
  std::vector<std::uint8_t> bytes;
  for (std::string_view range : split(list, ',')) {
    range = trim(range);
    if (range.empty()) {
      continue;
    }
    const std::size_t dash = range.find('-');
    const auto first = parse_unsigned(range.substr(0, dash));
    const auto last =
        dash == std::string_view::npos ? first : parse_unsigned(range.substr(dash + 1));
    if (!first || !last || *first > *last || *last > kMax) {
      return fail(Error::invalid(cat("'", range, "' is not a range of CPUs or nodes")));
    }
    bytes.resize(std::max<std::size_t>(bytes.size(), *last / 8 + 1));
    for (std::uint64_t bit = *first; bit <= *last; ++bit) {
      bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] | (1U << (bit % 8)));
    }
  }
  UnitProperty property{.name = std::string(name),
                        .signature = "ay",
                        .atoms = {cat(bytes.size())},
                        .since = kAllowedCpusSince};
  for (const std::uint8_t byte : bytes) {
    property.atoms.push_back(cat(static_cast<unsigned>(byte)));
  }
  return property;
}

struct Bandwidth {
  std::optional<std::uint64_t> quota;  // absent: unlimited
  std::uint64_t period = kDefaultPeriod;
  bool period_given = false;

  // systemd's CPUQuotaPerSecUSec, rounded up to what it keeps.
  std::uint64_t per_second(std::uint64_t limit) const {
    const std::uint64_t exact = limit * 1'000'000 / period;
    return (exact + kPercent - 1) / kPercent * kPercent;
  }
  void round() {
    if (quota && *quota < UINT64_MAX / 1'000'000 && period != 0 &&
        (*quota * 1'000'000 / period) % kPercent != 0) {
      quota = per_second(*quota) * period / 1'000'000;
    }
  }
};

// cpu.max: "QUOTA|max [PERIOD]"
std::optional<Bandwidth> parse_cpu_max(std::string_view value) {
  Bandwidth bandwidth;
  const std::vector<std::string_view> words = split(trim(value), ' ');
  if (words.empty() || words.size() > 2) {
    return std::nullopt;
  }
  if (words[0] != "max") {
    bandwidth.quota = parse_unsigned(words[0]);
    if (!bandwidth.quota || *bandwidth.quota >= UINT64_MAX / 1'000'000) {
      return std::nullopt;
    }
  }
  if (words.size() == 2) {
    const auto period = parse_unsigned(words[1]);
    if (!period || *period == 0) {
      return std::nullopt;
    }
    bandwidth.period = *period;
    bandwidth.period_given = true;
  }
  return bandwidth;
}

void add_bandwidth(const Bandwidth& bandwidth, Properties& out) {
  if (bandwidth.period_given) {
    out.push_back({.name = "CPUQuotaPeriodUSec",
                   .signature = "t",
                   .atoms = {cat(bandwidth.period)},
                   .since = kQuotaPeriodSince});
  }
  out.push_back({.name = "CPUQuotaPerSecUSec",
                 .signature = "t",
                 .atoms = {bandwidth.quota ? cat(bandwidth.per_second(*bandwidth.quota))
                                           : std::string(kInfinity)}});
}

// Files whose value is the property's.
struct Row {
  std::string_view file;
  std::string_view property;
};
constexpr auto kNumbers = std::to_array<Row>({
    {.file = "memory.max", .property = "MemoryMax"},
    {.file = "memory.high", .property = "MemoryHigh"},
    {.file = "memory.low", .property = "MemoryLow"},
    {.file = "memory.min", .property = "MemoryMin"},
    {.file = "memory.swap.max", .property = "MemorySwapMax"},
    {.file = "cpu.weight", .property = "CPUWeight"},
    {.file = "io.weight", .property = "IOWeight"},
    {.file = "pids.max", .property = "TasksMax"},
    // v1
    {.file = "memory.limit_in_bytes", .property = "MemoryLimit"},
    {.file = "cpu.shares", .property = "CPUShares"},
    {.file = "blkio.weight", .property = "BlockIOWeight"},
});
constexpr auto kBitLists = std::to_array<Row>({
    {.file = "cpuset.cpus", .property = "AllowedCPUs"},
    {.file = "cpuset.mems", .property = "AllowedMemoryNodes"},
});
// Files whose line is "MAJOR:MINOR NUMBER".
constexpr auto kDeviceNumbers = std::to_array<Row>({
    {.file = "io.weight", .property = "IODeviceWeight"},
    // v1
    {.file = "blkio.weight_device", .property = "BlockIODeviceWeight"},
    {.file = "blkio.throttle.read_bps_device", .property = "BlockIOReadBandwidth"},
    {.file = "blkio.throttle.write_bps_device", .property = "BlockIOWriteBandwidth"},
});
constexpr auto kThrottles = std::to_array<Row>({
    {.file = "rbps", .property = "IOReadBandwidthMax"},
    {.file = "wbps", .property = "IOWriteBandwidthMax"},
    {.file = "riops", .property = "IOReadIOPSMax"},
    {.file = "wiops", .property = "IOWriteIOPSMax"},
});

UnitProperty of_device(std::string_view name, std::string_view device, std::string_view value) {
  return {.name = std::string(name),
          .signature = "a(st)",
          .atoms = {"1", cat("/dev/block/", device), std::string(value)}};
}

// io.max: "MAJOR:MINOR key=value…"
void add_throttles(std::string_view value, Properties& out) {
  const std::vector<std::string_view> words = split(trim(value), ' ');
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::size_t equals = words[i].find('=');
    const auto row = std::ranges::find(kThrottles, words[i].substr(0, equals), &Row::file);
    if (equals != std::string_view::npos && row != kThrottles.end()) {
      out.push_back(of_device(row->property, words[0], limit(words[i].substr(equals + 1))));
    }
  }
}

bool is_device(std::string_view text) {
  const std::size_t colon = text.find(':');
  return colon != std::string_view::npos && parse_unsigned(text.substr(0, colon)) &&
         parse_unsigned(text.substr(colon + 1));
}

bool add_device_number(const CgroupWrite& write, Properties& out) {
  const auto row = std::ranges::find(kDeviceNumbers, write.file, &Row::file);
  const std::vector<std::string_view> words = split(trim(write.value), ' ');
  if (row == kDeviceNumbers.end() || words.size() != 2 || !is_device(words[0]) ||
      !parse_unsigned(words[1])) {
    return false;
  }
  // To v1 a rate of 0 is none, which to systemd is the property's absence.
  if (words[1] != "0") {
    out.push_back(of_device(row->property, words[0], words[1]));
  }
  return true;
}

// v1 keeps quota and period in two files.
void add_v1_bandwidth(const std::vector<CgroupWrite>& writes, Properties& out) {
  Bandwidth bandwidth;
  bool given = false;
  for (const CgroupWrite& write : writes) {
    if (write.file == "cpu.cfs_quota_us") {
      bandwidth.quota = parse_unsigned(write.value);
      given = true;
    } else if (write.file == "cpu.cfs_period_us") {
      bandwidth.period = parse_unsigned(write.value).value_or(kDefaultPeriod);
      bandwidth.period_given = given = true;
    }
  }
  if (given && bandwidth.period != 0) {
    add_bandwidth(bandwidth, out);
  }
}

bool has_idle(const std::vector<CgroupWrite>& writes) {
  return std::ranges::any_of(writes, [](const CgroupWrite& write) {
    return write.file == "cpu.idle" && trim(write.value) == "1";
  });
}

Result<> add_property(const CgroupWrite& write, Properties& out) {
  std::string_view value = trim(write.value);
  if (add_device_number(write, out)) {
    return {};
  }
  // io.weight's long form
  if (write.file == "io.weight" && value.starts_with(kDefault)) {
    value.remove_prefix(kDefault.size());
  }
  if (const auto row = std::ranges::find(kNumbers, write.file, &Row::file); row != kNumbers.end()) {
    const std::string number = limit(value);
    // A text that is no number is the kernel's to refuse.
    if (parse_unsigned(number)) {
      out.push_back({.name = std::string(row->property), .signature = "t", .atoms = {number}});
    }
    return {};
  }
  if (const auto row = std::ranges::find(kBitLists, write.file, &Row::file);
      row != kBitLists.end()) {
    if (!value.empty()) {
      out.push_back(TRY_DOING(write.file, bits(row->property, value)));
    }
    return {};
  }
  if (write.file == "cpu.max") {
    if (const auto bandwidth = parse_cpu_max(value)) {
      add_bandwidth(*bandwidth, out);
    }
  } else if (write.file == "cpu.idle" && value == "1") {
    out.push_back({.name = "CPUWeight", .signature = "t", .atoms = {"0"}, .since = kIdleSince});
  } else if (write.file == "io.max") {
    add_throttles(value, out);
  } else if (write.file == "memory.oom.group" && (value == "0" || value == "1")) {
    out.push_back({.name = "OOMPolicy",
                   .signature = "s",
                   .atoms = {value == "1" ? "kill" : "continue"},
                   .since = kOomPolicySince,
                   .only_at_start = true});
  }
  return {};
}

}  // namespace

Result<Properties> resource_properties(const std::vector<CgroupWrite>& writes) {
  Properties out;
  const bool idle = has_idle(writes);
  for (const CgroupWrite& write : writes) {
    // CPUWeight=0 is how systemd says idle: a weight beside it would take that back.
    if (!(idle && write.file == "cpu.weight")) {
      TRY(add_property(write, out));
    }
  }
  add_v1_bandwidth(writes, out);
  return out;
}

void round_for_systemd(std::vector<CgroupWrite>& writes) {
  const auto period =
      std::ranges::find(writes, std::string_view("cpu.cfs_period_us"), &CgroupWrite::file);
  for (CgroupWrite& write : writes) {
    if (write.file == "cpu.max") {
      if (auto bandwidth = parse_cpu_max(write.value); bandwidth && bandwidth->quota) {
        bandwidth->round();
        write.value = bandwidth->period_given ? cat(*bandwidth->quota, " ", bandwidth->period)
                                              : cat(*bandwidth->quota);
      }
    } else if (write.file == "cpu.cfs_quota_us") {
      Bandwidth bandwidth{.quota = parse_unsigned(write.value)};
      if (period != writes.end()) {
        bandwidth.period = parse_unsigned(period->value).value_or(kDefaultPeriod);
      }
      if (bandwidth.quota) {
        bandwidth.round();
        write.value = cat(*bandwidth.quota);
      }
    } else if (write.file == "pids.max" && write.value == "0") {
      write.value = "1";
    }
  }
}

}  // namespace plimsoll::plan
