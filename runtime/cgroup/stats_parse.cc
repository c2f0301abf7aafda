// The parsers of stats.h: pure, bounded by the text they get.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "runtime/base/text.h"
#include "runtime/cgroup/stats.h"

namespace plimsoll::cgroup {

namespace {

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words = split(line, ' ');
  std::erase_if(words, [](std::string_view word) { return word.empty(); });
  return words;
}

std::unexpected<Error> malformed(std::string_view what, std::string_view line) {
  return fail(Error::invalid(cat(what, ": unexpected '", line.substr(0, 100), "'")));
}

struct DeviceNumbers {
  std::uint64_t major;
  std::uint64_t minor;
};

std::optional<DeviceNumbers> parse_device(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    return std::nullopt;
  }
  const auto major = parse_unsigned(text.substr(0, colon));
  const auto minor = parse_unsigned(text.substr(colon + 1));
  if (!major || !minor) {
    return std::nullopt;
  }
  return DeviceNumbers{.major = *major, .minor = *minor};
}

// "12.34" in hundredths.
std::optional<std::uint32_t> parse_hundredths(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos || text.size() != dot + 3) {
    return std::nullopt;
  }
  const auto whole = parse_unsigned(text.substr(0, dot));
  const auto part = parse_unsigned(text.substr(dot + 1));
  if (!whole || !part || *whole > 1000) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(*whole * 100 + *part);
}

bool parse_pressure_field(std::string_view field, Pressure::Line& out) {
  const std::size_t equals = field.find('=');
  if (equals == std::string_view::npos) {
    return false;
  }
  const std::string_view name = field.substr(0, equals);
  const std::string_view value = field.substr(equals + 1);
  if (name == "total") {
    const auto total = parse_unsigned(value);
    out.total = total.value_or(0);
    return total.has_value();
  }
  std::uint32_t* const average = name == "avg10"    ? &out.avg10
                                 : name == "avg60"  ? &out.avg60
                                 : name == "avg300" ? &out.avg300
                                                    : nullptr;
  if (average == nullptr) {
    return true;  // a field of a later kernel
  }
  const auto hundredths = parse_hundredths(value);
  *average = hundredths.value_or(0);
  return hundredths.has_value();
}

struct IoKey {
  std::string_view key;
  std::string_view op;
  std::vector<BlkioEntry> BlkioStats::* table;
};

// v2's names in v1's tables, as runc prints them.
constexpr IoKey kIoKeys[] = {
    {.key = "rbytes", .op = "Read", .table = &BlkioStats::service_bytes},
    {.key = "wbytes", .op = "Write", .table = &BlkioStats::service_bytes},
    {.key = "rios", .op = "Read", .table = &BlkioStats::serviced},
    {.key = "wios", .op = "Write", .table = &BlkioStats::serviced},
};

}  // namespace

Result<Counters> parse_counters(std::string_view text) {
  Counters out;
  for (const std::string_view line : split(text, '\n')) {
    if (line.empty()) {
      continue;
    }
    const auto words = words_of(line);
    const auto value = words.size() == 2 ? parse_unsigned(words[1]) : std::nullopt;
    if (words.size() != 2 || (!value && words[1] != "max")) {
      return malformed("counter", line);
    }
    out.emplace_back(words[0], value.value_or(kNoLimit));
  }
  return out;
}

std::uint64_t counter(const Counters& counters, std::string_view name) {
  const auto found =
      std::ranges::find_if(counters, [&](const auto& entry) { return entry.first == name; });
  return found == counters.end() ? 0 : found->second;
}

Result<std::uint64_t> parse_value(std::string_view text) {
  const std::string_view word = trim(text);
  if (word == "max") {
    return kNoLimit;
  }
  // v1 writes a limit of -1 where there is none.
  if (word == "-1") {
    return kNoLimit;
  }
  if (const auto value = parse_unsigned(word)) {
    return *value;
  }
  return malformed("number", word);
}

Result<std::vector<std::uint16_t>> parse_list(std::string_view text) {
  std::vector<std::uint16_t> out;
  const std::string_view list = trim(text);
  if (list.empty()) {
    return out;
  }
  for (const std::string_view part : split(list, ',')) {
    const std::size_t dash = part.find('-');
    const auto first = parse_unsigned(part.substr(0, dash));
    const auto last =
        dash == std::string_view::npos ? first : parse_unsigned(part.substr(dash + 1));
    constexpr std::uint64_t kMost = 65536;
    if (!first || !last || *first > *last || *last >= kMost ||
        out.size() + (*last - *first) >= kMost) {
      return malformed("list", list);
    }
    for (std::uint64_t number = *first; number <= *last; ++number) {
      out.push_back(static_cast<std::uint16_t>(number));
    }
  }
  return out;
}

Result<Pressure> parse_pressure(std::string_view text) {
  Pressure out;
  for (const std::string_view line : split(text, '\n')) {
    if (line.empty()) {
      continue;
    }
    const auto words = words_of(line);
    Pressure::Line* const target = words.empty()        ? nullptr
                                   : words[0] == "some" ? &out.some
                                   : words[0] == "full" ? &out.full
                                                        : nullptr;
    if (target == nullptr) {
      return malformed("pressure", line);
    }
    for (std::size_t i = 1; i < words.size(); ++i) {
      if (!parse_pressure_field(words[i], *target)) {
        return malformed("pressure", line);
      }
    }
  }
  return out;
}

Result<std::vector<BlkioEntry>> parse_blkio(std::string_view text) {
  std::vector<BlkioEntry> out;
  for (const std::string_view line : split(text, '\n')) {
    const auto words = words_of(line);
    if (words.empty() || words[0] == "Total") {
      continue;
    }
    const auto device = parse_device(words[0]);
    const auto value =
        words.size() == 2 || words.size() == 3 ? parse_unsigned(words.back()) : std::nullopt;
    if (!device || !value) {
      return malformed("blkio", line);
    }
    out.push_back({.major = device->major,
                   .minor = device->minor,
                   .op = words.size() == 3 ? std::string(words[1]) : std::string(),
                   .value = *value});
  }
  return out;
}

Result<BlkioStats> parse_io_stat(std::string_view text) {
  BlkioStats out;
  for (const std::string_view line : split(text, '\n')) {
    const auto words = words_of(line);
    if (words.size() < 2) {
      continue;  // a device without counters is listed by its numbers alone
    }
    const auto device = parse_device(words[0]);
    if (!device) {
      return malformed("io.stat", line);
    }
    for (const std::string_view word : words) {
      const std::size_t equals = word.find('=');
      const std::string_view name = word.substr(0, equals);
      const auto key =
          std::ranges::find_if(kIoKeys, [&](const IoKey& row) { return row.key == name; });
      if (equals == std::string_view::npos || key == std::ranges::end(kIoKeys)) {
        continue;
      }
      const auto value = parse_unsigned(word.substr(equals + 1));
      if (!value) {
        return malformed("io.stat", line);
      }
      (out.*key->table)
          .push_back({.major = device->major,
                      .minor = device->minor,
                      .op = std::string(key->op),
                      .value = *value});
    }
  }
  return out;
}

Result<std::vector<RdmaEntry>> parse_rdma(std::string_view text) {
  std::vector<RdmaEntry> out;
  for (const std::string_view line : split(text, '\n')) {
    const auto words = words_of(line);
    if (words.empty()) {
      continue;
    }
    RdmaEntry entry{.device = std::string(words[0])};
    for (std::size_t i = 1; i < words.size(); ++i) {
      const std::size_t equals = words[i].find('=');
      if (equals == std::string_view::npos) {
        return malformed("rdma", line);
      }
      const std::uint64_t value = TRY(parse_value(words[i].substr(equals + 1)));
      if (words[i].starts_with("hca_handle=")) {
        entry.hca_handles = value;
      } else if (words[i].starts_with("hca_object=")) {
        entry.hca_objects = value;
      }
    }
    out.push_back(std::move(entry));
  }
  return out;
}

}  // namespace plimsoll::cgroup
