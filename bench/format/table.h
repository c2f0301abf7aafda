// The table of a group of series as cells: the text and the Markdown form differ only in how they
// draw it. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "bench/results/summary.h"

namespace plimsoll::bench {

using Cells = std::vector<std::string>;

struct Table {
  std::string title;  // "minimal: run"
  std::string note;   // how quiet the machine was; empty when there is nothing to say
  Cells header;
  std::vector<Cells> rows;
};

// One for each bundle and operation.
std::vector<Table> tables(const Results& results, const Summary& summary);
// "AMD EPYC, 2 processors, …; load 0.12 to 0.80": one line.
std::string machine_line(const Results& results);

}  // namespace plimsoll::bench
