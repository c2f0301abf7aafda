// Tables for the terminal and for Markdown.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "bench/format/format.h"
#include "bench/format/numbers.h"
#include "bench/format/table.h"

namespace plimsoll::bench {
namespace {

std::vector<std::size_t> widths_of(const Table& table) {
  std::vector<std::size_t> widths;
  for (std::size_t column = 0; column < table.header.size(); ++column) {
    std::size_t width = padded(table.header[column], 0, false).size();
    for (const Cells& row : table.rows) {
      width = std::max(width, row[column].size());
    }
    widths.push_back(width);
  }
  return widths;
}

void draw_line(std::string& out, const Cells& cells, const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t column = 0; column < cells.size(); ++column) {
    // Names and verdicts to the left, numbers to the right.
    const bool left = column == 0 || column + 1 == cells.size();
    line += "  " + padded(cells[column], widths[column], !left);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  out += line + "\n";
}

void markdown_line(std::string& out, const Cells& cells) {
  out += "|";
  for (const std::string& cell : cells) {
    out += " " + cell + " |";
  }
  out += "\n";
}

}  // namespace

std::string text_table(const Results& results) {
  std::string out = machine_line(results) + "\n";
  const Summary summary = summarize(results);
  for (const Table& table : tables(results, summary)) {
    const std::vector<std::size_t> widths = widths_of(table);
    out += "\n" + table.title + "  (" + table.note + ")\n";
    draw_line(out, table.header, widths);
    for (const Cells& row : table.rows) {
      draw_line(out, row, widths);
    }
  }
  return out;
}

std::string markdown(const Results& results) {
  std::string out = machine_line(results) + "\n";
  const Summary summary = summarize(results);
  for (const Table& table : tables(results, summary)) {
    out += "\n### " + table.title + "\n\n" + table.note + "\n\n";
    markdown_line(out, table.header);
    out += "|---|";
    for (std::size_t column = 1; column + 1 < table.header.size(); ++column) {
      out += "---:|";
    }
    out += "---|\n";
    for (const Cells& row : table.rows) {
      markdown_line(out, row);
    }
  }
  return out;
}

}  // namespace plimsoll::bench
