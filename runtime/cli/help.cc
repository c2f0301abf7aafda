// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/help.h"

#include <algorithm>
#include <vector>

#include "runtime/base/text.h"

namespace plimsoll::cli {
namespace {

struct Row {
  std::string left;
  std::string_view right;
};

void append_rows(std::string& out, const std::vector<Row>& rows) {
  std::size_t width = 0;
  for (const Row& row : rows) {
    width = std::max(width, row.left.size());
  }
  for (const Row& row : rows) {
    cat_to(out, "   ", row.left, std::string(width - row.left.size() + 2, ' '), row.right, "\n");
  }
}

std::vector<Row> option_rows(const Command& command) {
  std::vector<Row> rows;
  for (const Option& option : command.options) {
    if (option.hidden) {
      continue;
    }
    const std::string argument = option.kind == ArgumentKind::none ? "" : cat(" ", option.argument);
    std::string left = cat("--", option.name, argument);
    if (option.letter != 0) {
      cat_to(left, ", -", option.letter, argument);
    }
    rows.push_back({std::move(left), option.help});
  }
  rows.push_back({"--help, -h", "show this help"});
  return rows;
}

void append_indented(std::string& out, std::string_view text) {
  for (const std::string_view line : split(text, '\n')) {
    cat_to(out, line.empty() ? "" : "   ", line, "\n");
  }
}

}  // namespace

std::string program_help(std::string_view program) {
  const Command& global = global_options();
  std::string out =
      cat("NAME:\n   ", program, " - ", global.summary, "\n\nUSAGE:\n   ", program,
          " [global options] command [command options] [arguments...]\n\n", "COMMANDS:\n");
  std::vector<Row> rows;
  for (const Command& command : commands()) {
    rows.push_back({command.name, command.summary});
  }
  append_rows(out, rows);
  out += "\n";
  append_indented(out, cat("Another command X is the program plimsoll-X, if there is one.\n'",
                           program, " COMMAND --help' shows a command's options."));
  out += "\nGLOBAL OPTIONS:\n";
  append_rows(out, option_rows(global));
  return out;
}

std::string command_help(std::string_view program, const Command& command) {
  const std::string_view operands = command.operands;
  std::string out =
      cat("NAME:\n   ", program, " ", command.name, " - ", command.summary, "\n\nUSAGE:\n   ",
          program, " ", command.name, " [command options]", operands.empty() ? "" : " ", operands);
  out += "\n\n";
  if (*command.description != '\0') {
    out += "DESCRIPTION:\n";
    append_indented(out, command.description);
    out += "\n";
  }
  out += "OPTIONS:\n";
  append_rows(out, option_rows(command));
  return out;
}

}  // namespace plimsoll::cli
