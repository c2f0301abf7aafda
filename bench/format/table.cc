// The cells of the tables.
// SPDX-License-Identifier: Apache-2.0
#include "bench/format/table.h"

#include <array>
#include <string_view>

#include "bench/format/numbers.h"

namespace plimsoll::bench {
namespace {

struct Column {
  std::string_view header;
  std::string (*cell)(const Row&);
};

std::string name_cell(const Row& row) {
  return row.role == Role::again ? row.subject + " again" : row.subject;
}

std::string verdict_cell(const Row& row) {
  if (!row.to_baseline) {
    return "";
  }
  std::string text = row.role == Role::again ? "noise" : std::string(verdict_name(row.verdict));
  if (row.role != Role::again && row.verdict == Verdict::undecided &&
      row.rounds_needed > row.rounds) {
    text += ", needs " + std::to_string(row.rounds_needed) + " rounds";
  }
  return text;
}

constexpr auto kColumns = std::to_array<Column>({
    {"", name_cell},
    {"median", [](const Row& row) { return duration_text(row.wall_ns.estimate); }},
    {"\u00b1", [](const Row& row) { return fixed(row.wall_ns.half_width() * 100, 1) + " %"; }},
    {"p90", [](const Row& row) { return duration_text(row.p90_ns); }},
    {"p99", [](const Row& row) { return duration_text(row.p99_ns); }},
    {"user", [](const Row& row) { return duration_text(row.medians.user_us * 1000); }},
    {"system", [](const Row& row) { return duration_text(row.medians.system_us * 1000); }},
    {"peak RSS",
     [](const Row& row) {
       return std::to_string(static_cast<long>(row.medians.max_rss_kb)) + " kB";
     }},
    {"faults",
     [](const Row& row) {
       return fixed(row.medians.minor_faults, 0) +
              (row.medians.major_faults > 0 ? "+" + fixed(row.medians.major_faults, 0) : "");
     }},
    {"switches",
     [](const Row& row) {
       return fixed(row.medians.voluntary_switches, 0) + "+" +
              fixed(row.medians.involuntary_switches, 0);
     }},
    {"calls",
     [](const Row& row) {
       return row.system_calls ? fixed(*row.system_calls, 0) : std::string("-");
     }},
    {"ratio",
     [](const Row& row) {
       return row.to_baseline ? ratio_text(*row.to_baseline) : std::string("1");
     }},
    {"x floor",
     [](const Row& row) {
       return row.to_floor ? fixed(row.to_floor->estimate, 2) : std::string("-");
     }},
    {"verdict", verdict_cell},
});

std::string condition_note(const Conditions& conditions) {
  std::string note = std::to_string(conditions.rounds) + " rounds";
  if (conditions.dropped > 0) {
    note += ", " + std::to_string(conditions.dropped) + " repeated because the machine was busy";
  }
  if (conditions.busy) {
    note += ", MACHINE BUSY: too few quiet rounds, all were kept";
  }
  note += "; others used " + fixed(conditions.foreign, 2) + " processors, cpu pressure " +
          fixed(conditions.pressure_cpu * 100, 0) + " %";
  if (conditions.steal >= 0.001) {
    note += ", steal " + fixed(conditions.steal * 100, 1) + " %";
  }
  return note;
}

Cells header_cells() {
  Cells cells;
  for (const Column& column : kColumns) {
    cells.emplace_back(column.header);
  }
  return cells;
}

}  // namespace

std::vector<Table> tables(const Results& results, const Summary& summary) {
  std::vector<Table> tables;
  for (const Row& row : summary.rows) {
    const std::string title = row.bundle + ": " + row.operation;
    if (tables.empty() || tables.back().title != title) {
      Table table{.title = title, .note = "", .header = header_cells(), .rows = {}};
      if (row.conditions != nullptr) {
        table.note = condition_note(*row.conditions);
      }
      const double noise = noise_floor(results, row.bundle, row.operation);
      if (noise > 0) {
        table.note += "; noise floor " + fixed(noise * 100, 1) + " %";
      }
      tables.push_back(std::move(table));
    }
    Cells cells;
    for (const Column& column : kColumns) {
      cells.push_back(column.cell(row));
    }
    tables.back().rows.push_back(std::move(cells));
  }
  return tables;
}

std::string machine_line(const Results& results) {
  const Machine& machine = results.machine;
  return machine.cpu + ", " + std::to_string(machine.processors) + " processors, " +
         std::to_string(machine.memory_mb) + " MB, " + machine.virtualization + ", Linux " +
         machine.kernel + ", cgroups " + machine.cgroup_layout + " (" + machine.controllers +
         "), payload " + results.payload + ", load " + fixed(results.load_before, 2) + " to " +
         fixed(results.load_after, 2) + ", machine " + machine.fingerprint;
}

}  // namespace plimsoll::bench
