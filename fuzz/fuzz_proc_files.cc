// Fuzzes the readers of the kernel's files: mountinfo, /proc/self/cgroup, /proc/PID/stat and the
// files of cgroup controllers. The first byte chooses one. Oracles: a form that is written back
// from what was read reads as the same; sums and bounds that the text gives.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "fuzz/harness.h"
#include "runtime/base/text.h"
#include "runtime/cgroup/layout.h"
#include "runtime/cgroup/stats.h"
#include "runtime/state/process_stat.h"
#include "runtime/sys/file.h"

namespace {

using namespace plimsoll;
using fuzz::require;

std::string value_text(std::uint64_t value) {
  return value == cgroup::kNoLimit ? "max" : cat(value);
}

void counters(std::string_view text) {
  const auto read = cgroup::parse_counters(text);
  if (!read) {
    return;
  }
  std::string again;
  for (const auto& [name, value] : *read) {
    require(!name.empty() && !name.contains(' ') && !name.contains('\n'));
    cat_to(again, name, " ", value_text(value), "\n");
  }
  require(cgroup::parse_counters(again) == *read);
  for (const auto& [name, value] : *read) {
    const auto first = std::ranges::find(*read, name, &cgroup::Counters::value_type::first);
    require(cgroup::counter(*read, name) == first->second);
  }
}

void pressure(std::string_view text) {
  const auto read = cgroup::parse_pressure(text);
  if (!read) {
    return;
  }
  const auto line = [](std::string_view name, const cgroup::Pressure::Line& it) {
    const auto percent = [](std::uint32_t hundredths) {
      return cat(hundredths / 100, ".", hundredths % 100 / 10, hundredths % 10);
    };
    return cat(name, " avg10=", percent(it.avg10), " avg60=", percent(it.avg60),
               " avg300=", percent(it.avg300), " total=", it.total, "\n");
  };
  require(std::max({read->some.avg10, read->some.avg60, read->full.avg300}) <= 100'099);
  const auto again = cgroup::parse_pressure(line("some", read->some) + line("full", read->full));
  require(again && again->some == read->some && again->full == read->full);
}

void block_io(std::string_view text) {
  if (const auto read = cgroup::parse_blkio(text)) {
    std::string again;
    for (const cgroup::BlkioEntry& entry : *read) {
      cat_to(again, entry.major, ":", entry.minor, " ", entry.op, " ", entry.value, "\n");
    }
    require(cgroup::parse_blkio(again) == *read);
  }
  if (const auto read = cgroup::parse_io_stat(text)) {
    const auto lines = static_cast<std::size_t>(std::ranges::count(text, '=')) + 1;
    require(read->service_bytes.size() + read->serviced.size() <= lines);
  }
}

void rdma(std::string_view text) {
  const auto read = cgroup::parse_rdma(text);
  if (!read) {
    return;
  }
  std::string again;
  for (const cgroup::RdmaEntry& entry : *read) {
    cat_to(again, entry.device, " hca_handle=", value_text(entry.hca_handles),
           " hca_object=", value_text(entry.hca_objects), "\n");
  }
  require(cgroup::parse_rdma(again) == *read);
}

void single_value(std::string_view text) {
  const auto value = cgroup::parse_value(text);
  require(!value || cgroup::parse_value(value_text(*value)) == *value);
}

// A stat file around a hostile command: what follows the last ')' counts, and nothing else.
void process_stat(std::string_view text) {
  const auto stat = state::parse_process_stat(text);
  if (stat) {
    const std::string_view tail = text.substr(text.rfind(')'));
    const auto again = state::parse_process_stat(cat("7 ((a) S 1\n2 3) ", tail));
    require(again && again->start_time == stat->start_time && again->state == stat->state);
    require(again->threads == stat->threads && again->exit_code == stat->exit_code);
  }
  const std::string framed =
      cat("12 (", text.substr(0, 64), ") Z 1 1 1 0 -1 4 0 0 0 0 0 0 0 0 20 0 ", text.size(), " 0 ",
          text.size() * 3, " 0 0");
  const auto known = state::parse_process_stat(framed);
  require(known && known->state == 'Z' && known->threads == text.size());
  require(known->start_time == text.size() * 3);
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\n' || c == '\\') {
      cat_to(out, "\\0", static_cast<char>('0' + (c >> 3 & 7)), static_cast<char>('0' + (c & 7)));
      if (c == '\\') {
        out.replace(out.size() - 3, 3, "134");
      }
    } else {
      out += c;
    }
  }
  return out;
}

std::string mountinfo_text;
Result<std::string> mountinfo() { return mountinfo_text; }

void mounts(std::string_view text) {
  for (const cgroup::CgroupMount& mount : cgroup::parse_cgroup_mounts(text)) {
    const std::string line = cat("1 2 0:3 ", escaped(mount.root), " ", escaped(mount.point),
                                 " rw - cgroup", mount.v2 ? "2" : "", " none ", mount.options);
    const auto again = cgroup::parse_cgroup_mounts(line);
    require(mount.options.empty() || mount.point.empty() || mount.root.empty() ||
            mount.root.contains(" - ") ||
            (again.size() == 1 && again[0].point == mount.point && again[0].root == mount.root &&
             again[0].options == mount.options));
  }
}

void own_cgroups(std::string_view text) {
  const std::size_t middle = std::min(text.find('\0'), text.size());
  const std::string_view cgroups = text.substr(0, middle);
  std::string again;
  const auto read = cgroup::parse_proc_cgroup(cgroups);
  for (const cgroup::OwnCgroup& own : read) {
    require(!own.controllers.contains(':') && !own.path.contains('\n'));
    cat_to(again, "1:", own.controllers, ":", own.path, "\n");
  }
  const auto twice = cgroup::parse_proc_cgroup(again);
  require(std::ranges::equal(read, twice, [](const auto& a, const auto& b) {
    return a.controllers == b.controllers && a.path == b.path;
  }));
  mountinfo_text = text.substr(std::min(middle + 1, text.size()));
  mounts(mountinfo_text);
  static const UniqueFd root = *sys::open_at(sys::cwd(), "/", O_RDONLY | O_DIRECTORY);
  for (const plan::CgroupMode mode : {plan::CgroupMode::v1, plan::CgroupMode::v2}) {
    for (const char* path : {"/a/b", "a"}) {
      plan::Cgroup plan;
      plan.path = path;
      const auto found = cgroup::find_hierarchies({.mode = mode,
                                                   .root = "/nonexistent",
                                                   .proc_cgroup = std::string(cgroups),
                                                   .mountinfo = mountinfo},
                                                  root, plan);
      for (std::size_t i = 0; found && i < found->size(); ++i) {
        require(clean_path((*found)[i].path) == (*found)[i].path);
        require((*found)[i].v2() == (mode == plan::CgroupMode::v2));
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 4096) {
    return 0;
  }
  using Reader = void (*)(std::string_view);
  constexpr auto kReaders = std::to_array<Reader>(
      {counters, pressure, block_io, rdma, single_value, process_stat, own_cgroups});
  fuzz::Input input(data, size);
  kReaders[input.below(kReaders.size())](input.rest());
  return 0;
}
