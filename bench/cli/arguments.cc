// Options from rows.
// SPDX-License-Identifier: Apache-2.0
#include "bench/cli/arguments.h"

#include <algorithm>
#include <charconv>
#include <sstream>

namespace plimsoll::bench {
namespace {

template <typename Number>
Number parse(const std::string& text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < Number{}) {
    throw UsageError("'" + text + "' is no number that makes sense here");
  }
  return value;
}

}  // namespace

unsigned unsigned_of(const std::string& text) { return parse<unsigned>(text); }
double number_of(const std::string& text) { return parse<double>(text); }

std::vector<std::string> comma_list(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream words(text);
  for (std::string word; std::getline(words, word, ',');) {
    parts.push_back(word);
  }
  return parts;
}

std::vector<std::string> read_options(std::span<const OptionRow> rows,
                                      std::span<const std::string> words) {
  std::vector<std::string> operands;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (!word.starts_with("--") || word.size() == 2) {
      operands.push_back(word);
      continue;
    }
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(2, equals == std::string::npos ? equals : equals - 2);
    const auto row = std::ranges::find(rows, name, &OptionRow::name);
    if (row == rows.end()) {
      throw UsageError("unknown option '--" + name + "'");
    }
    const bool is_switch = row->argument.empty();
    if (is_switch && equals != std::string::npos) {
      throw UsageError("--" + name + " takes no value");
    }
    if (is_switch || equals != std::string::npos) {
      row->set(is_switch ? "" : word.substr(equals + 1));
      continue;
    }
    if (i + 1 == words.size()) {
      throw UsageError("--" + name + " needs a value");
    }
    row->set(words[++i]);
  }
  return operands;
}

std::string options_help(std::span<const OptionRow> rows) {
  std::string text;
  for (const OptionRow& row : rows) {
    std::string left = "  --" + std::string(row.name);
    if (!row.argument.empty()) {
      left += " " + std::string(row.argument);
    }
    left.resize(std::max<std::size_t>(left.size() + 2, 30), ' ');
    text += left + std::string(row.help) + "\n";
  }
  return text;
}

}  // namespace plimsoll::bench
