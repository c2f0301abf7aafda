// Fuzzes the small languages in strings: numbers, lists of CPUs, sizes, durations, signals,
// versions, paths, id maps, names. The first byte chooses one; the rest is the text. Oracles: a
// second, plain reading of each, or a law that it must keep. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bitset>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/harness.h"
#include "runtime/base/text.h"
#include "runtime/cgroup/stats.h"
#include "runtime/cli/parse_arguments.h"
#include "runtime/cli/units.h"
#include "runtime/linux/cpu_list.h"
#include "runtime/plan/resources.h"
#include "validator/rules/rule.h"
#include "validator/rules/version.h"
#include "validator/spec/nearest.h"
#include "validator/spec/vocabulary.h"

namespace {

using namespace plimsoll;
using fuzz::require;

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

void numbers(std::string_view text) {
  const auto value = parse_unsigned(text);
  require(!value || all_digits(text));
  require(value || !all_digits(text) || text.size() > 19);
  if (value) {
    const std::size_t zeros = std::min(text.find_first_not_of('0'), text.size() - 1);
    require(cat(*value) == text.substr(zeros));
  }
  const bool negative = text.starts_with('-');
  const auto with_sign = parse_signed(text);
  require(!with_sign || all_digits(text.substr(negative ? 1 : 0)));
  require(!with_sign || negative || value == static_cast<std::uint64_t>(*with_sign));
}

void texts(std::string_view text) {
  std::string joined;
  for (const std::string_view part : split(text, ',')) {
    require(!part.contains(','));
    cat_to(joined, joined.empty() && part.data() == text.data() ? "" : ",", part);
  }
  require(joined == text || text.empty());
  const std::string_view trimmed = trim(text);
  require(trim(trimmed) == trimmed && text.contains(trimmed));
  const std::string path = clean_path(text);
  require(clean_path(path) == path && path.starts_with('/') == text.starts_with('/'));
  require(!("/" + path + "/").contains("/../") && !("/" + path + "/").contains("/./"));
  require(!path.contains("//") && path.size() <= text.size());
  // What a clean path names has no more parts than what it was made of.
  require(split(path, '/').size() <= split(text, '/').size());
}

// "0-3,7", one number at a time.
std::optional<std::vector<std::uint32_t>> plain_list(std::string_view text, std::uint32_t limit) {
  std::vector<std::uint32_t> out;
  for (const std::string_view part : split(text, ',')) {
    const std::size_t dash = part.find('-');
    const auto first = parse_unsigned(part.substr(0, dash));
    const auto last =
        dash == std::string_view::npos ? first : parse_unsigned(part.substr(dash + 1));
    if (!first || !last || *last < *first || *last > limit) {
      return std::nullopt;
    }
    for (std::uint64_t n = *first; n <= *last; ++n) {
      out.push_back(static_cast<std::uint32_t>(n));
    }
  }
  return out;
}

void lists(std::string_view text) {
  const auto plain = plain_list(text, 8191);
  const auto mask = linux::parse_cpu_list(text);
  require(!plain || mask);
  if (plain) {
    std::bitset<linux::kMaxCpus> want;
    for (const std::uint32_t cpu : *plain) {
      want.set(cpu);
    }
    for (std::size_t cpu = 0; cpu < linux::kMaxCpus; ++cpu) {
      require(want[cpu] == ((*mask)[cpu / 64] >> (cpu % 64) & 1));
    }
    std::uint64_t count = 0;
    require(rules::is_number_list(text, &count) && count == plain->size());
  }
  const auto numbers_of_kernel = cgroup::parse_list(text);
  require(!numbers_of_kernel || numbers_of_kernel->size() <= 65536);
  require(!plain || plain->size() > 65536 || numbers_of_kernel);
  if (plain && numbers_of_kernel) {
    require(std::ranges::equal(*plain, *numbers_of_kernel));
  }
}

void sizes(std::string_view text) {
  const auto size = cli::parse_size(text);
  require(!size || *size >= 0);
  if (size) {
    require(cli::parse_size(cat(*size)) == *size && cli::parse_size(cat(*size, " B")) == *size);
    std::string other(text);
    std::ranges::transform(other, other.begin(), [](char c) {
      return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    });
    require(cli::parse_size(other) == size);  // units have no case
    if (const auto bytes = parse_unsigned(text)) {
      require(static_cast<std::uint64_t>(*size) == *bytes);
      for (const auto& [unit, shift] :
           {std::pair("k", 10), std::pair("MiB", 20), std::pair("gb", 30)}) {
        const auto big = cli::parse_size(cat(text, unit));
        require(big.has_value() == (*bytes <= std::uint64_t{INT64_MAX} >> shift));
        require(!big || static_cast<std::uint64_t>(*big) == *bytes << shift);
      }
    }
  }
}

void durations(std::string_view text) {
  const auto time = cli::parse_duration(text);
  if (!time) {
    return;
  }
  if (*time != INT64_MIN) {
    require(cli::parse_duration(cat(*time, "ns")) == *time);
    if (!text.starts_with('-') && !text.starts_with('+')) {
      require(cli::parse_duration(cat("-", text)) == -*time);
      require(cli::parse_duration(cat("+", text)) == *time);
    }
  }
  if (*time >= 0 && *time < INT64_MAX / 4 && !text.starts_with('-') && text != "0" &&
      text != "+0") {
    require(cli::parse_duration(cat(text, "1m")) == *time + 60'000'000'000);
  }
}

void signals(std::string_view text) {
  const auto number = spec::find_signal(text);
  if (!number) {
    return;
  }
  require(*number >= 1 && *number <= 64 && spec::find_signal(cat(*number)) == *number);
  std::string other(text);
  std::ranges::transform(other, other.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  require(spec::find_signal(other) == number);
  if (!other.starts_with("sig") && !all_digits(other)) {
    require(spec::find_signal("sig" + other) == number);
  }
}

void versions(std::string_view text) {
  const rules::Version version = rules::parse_version(text);
  if (!version.valid) {
    return;
  }
  const std::string core = cat(version.major, ".", version.minor, ".", version.patch);
  require(text.starts_with(core));
  require(text.size() == core.size() || text[core.size()] == '-' || text[core.size()] == '+');
  for (const std::string_view part : {version.major, version.minor, version.patch}) {
    require(all_digits(part) && (part.size() == 1 || part[0] != '0'));
  }
  require(!rules::is_older(version, version));
  const rules::Version next = rules::parse_version("1.2.3");
  require(!(rules::is_older(version, next) && rules::is_older(next, version)));
}

void names(std::string_view text) {
  require(!rules::is_interface_name(text) ||
          (text.size() < 16 && text != "." && text != ".." && !text.contains('/')));
  const std::size_t slash = std::min(text.find('\n'), text.size());
  const std::string_view a = text.substr(0, slash);
  const std::string_view b = text.substr(std::min(slash + 1, text.size()));
  const std::size_t distance = spec::edit_distance(a, b);
  require(distance == spec::edit_distance(b, a));
  if (a.size() <= 64 && b.size() <= 64) {
    require((distance == 0) == (a == b) && distance <= std::max(a.size(), b.size()));
    require(distance >= std::max(a.size(), b.size()) - std::min(a.size(), b.size()));
  }
  require(rules::has_dot_dot(text) == ("/" + std::string(text) + "/").contains("/../"));
  require(!cli::parse_bool(text) || text.size() <= 5);
}

// Each id of a small space, by hand.
void id_maps(fuzz::Input& input) {
  std::vector<spec::IdMapping> maps(input.below(6));
  for (spec::IdMapping& map : maps) {
    const bool small = input.flag();
    map = {.container_id = small ? input.byte() : ~std::uint32_t{input.byte()},
           .host_id = small ? input.byte() : ~std::uint32_t{input.byte()},
           .size = input.byte()};
  }
  bool good = true;
  for (std::size_t i = 0; i < maps.size(); ++i) {
    for (const bool host : {false, true}) {
      const std::uint64_t first = host ? maps[i].host_id : maps[i].container_id;
      for (std::uint64_t id = first; id < first + maps[i].size; ++id) {
        good = good && id <= 0xffffffffU;
        for (std::size_t j = 0; j < i; ++j) {
          const std::uint64_t other = host ? maps[j].host_id : maps[j].container_id;
          good = good && (id < other || id >= other + maps[j].size);
        }
      }
    }
    good = good && maps[i].size != 0;
  }
  rules::Report report;
  rules::Findings found(report, "");
  found.begin("x", rules::Level::must, false);
  rules::check_id_mappings(maps, "/linux/uidMappings", found);
  require(report.empty() == good);
}

// What becomes the name of a cgroup's file or a line in one.
void resources(fuzz::Input& input) {
  spec::Resources resources;
  resources.hugepage_limits = {{.page_size = std::string(input.until('\n')), .limit = 1}};
  resources.cpu.emplace().cpus = std::string(input.until('\n'));
  resources.rdma = {};
  resources.unified.emplace_back(std::string(input.until('\n')), std::string(input.until('\n')));
  for (const plan::CgroupMode mode : {plan::CgroupMode::v1, plan::CgroupMode::v2}) {
    std::vector<std::string> warnings;
    const auto writes = plan::plan_resources(resources, mode, warnings);
    if (!writes) {
      continue;
    }
    for (const plan::CgroupWrite& write : *writes) {
      require(!write.file.contains('/') && !write.file.contains('\0') && write.file.contains('.'));
      require(write.file != "." && write.file != "..");
    }
  }
  for (const std::uint64_t shares :
       {input.number<std::uint64_t>(), input.number<std::uint64_t>()}) {
    const std::uint64_t weight = plan::cpu_weight_from_shares(shares);
    require(weight <= 10000 && (shares == 0 || weight >= 1));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 512) {
    return 0;
  }
  using Language = void (*)(std::string_view);
  constexpr auto kLanguages =
      std::to_array<Language>({numbers, texts, lists, sizes, durations, signals, versions, names});
  fuzz::Input input(data, size);
  const std::size_t language = input.byte() % (kLanguages.size() + 2);
  if (language < kLanguages.size()) {
    kLanguages[language](input.rest());
  } else if (language == kLanguages.size()) {
    id_maps(input);
  } else {
    resources(input);
  }
  return 0;
}
