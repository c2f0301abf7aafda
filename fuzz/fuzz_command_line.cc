// Fuzzes the command line: a command and its arguments, apart by newlines. Oracles: the same
// arguments give the same result; what was read, written out again in one plain form, is read as
// the same; operands are the caller's own strings in their order. SPDX-License-Identifier:
// Apache-2.0
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/harness.h"
#include "runtime/base/text.h"
#include "runtime/cli/parse_arguments.h"
#include "runtime/cli/units.h"

namespace {

using namespace plimsoll;
using cli::ArgumentKind;
using fuzz::require;

Result<cli::Arguments> parse(const cli::Command& command, std::vector<std::string>& words) {
  std::vector<char*> argv;
  for (std::string& word : words) {
    argv.push_back(word.data());
  }
  argv.push_back(nullptr);
  auto result = cli::parse_arguments(command, std::span(argv).first(words.size()));
  for (std::size_t i = 0; i < words.size(); ++i) {
    require(argv[i] == words[i].data());  // argv is left as it is
  }
  return result;
}

void same(const cli::Command& command, const cli::Arguments& a, const cli::Arguments& b) {
  require(a.help() == b.help() && a.operands().size() == b.operands().size());
  for (std::size_t i = 0; i < a.operands().size(); ++i) {
    require(a.operand(i) == b.operand(i));
  }
  for (const cli::Option& option : command.options) {
    require(a.has(option.name) == b.has(option.name));
    require(a.text(option.name) == b.text(option.name));
    require(a.flag(option.name) == b.flag(option.name));
    require(a.integer(option.name) == b.integer(option.name));
  }
}

std::vector<std::string> plain_form(const cli::Command& command, const cli::Arguments& read) {
  std::vector<std::string> out = {command.name};
  if (read.help()) {
    out.emplace_back("--help");
  }
  for (const cli::Option& option : command.options) {
    if (!read.has(option.name)) {
      continue;
    }
    if (option.kind == ArgumentKind::none) {
      out.push_back(cat("--", option.name, "=", read.flag(option.name) ? "true" : "false"));
    } else {
      out.push_back(cat("-", option.name, "=", read.text(option.name)));
    }
  }
  out.emplace_back("--");
  for (const char* operand : read.operands()) {
    out.emplace_back(operand);
  }
  return out;
}

void check(const cli::Command& command, std::vector<std::string>& words) {
  const auto read = parse(command, words);
  if (!read) {
    require(read.error().kind() == ErrorKind::invalid && !read.error().message().empty());
    return;
  }
  std::vector<std::string>::const_iterator from = words.begin() + 1;
  for (const char* operand : read->operands()) {
    from = std::find_if(from, words.cend(),
                        [&](const std::string& word) { return word.data() == operand; });
    require(from != words.end());
    ++from;
  }
  std::vector<std::string> plain = plain_form(command, *read);
  const auto again = parse(command, plain);
  require(again.has_value());
  for (const cli::Option& option : command.options) {
    require(read->has(option.name) == again->has(option.name));
    require(read->flag(option.name) == again->flag(option.name));
    require(option.kind == ArgumentKind::none ||
            read->text(option.name) == again->text(option.name));
    require(option.kind != ArgumentKind::integer || read->integer(option.name).has_value() ||
            !read->has(option.name));
  }
  require(read->operands().size() == again->operands().size());
  for (std::size_t i = 0; i < read->operands().size(); ++i) {
    require(read->operand(i) == again->operand(i));
  }
  const auto twice = parse(command, words);
  require(twice.has_value());
  same(command, *read, *twice);
  const std::size_t count = read->operands().size();
  const bool fits = count >= static_cast<std::size_t>(command.min_operands) &&
                    (command.max_operands == cli::kNoLimit ||
                     count <= static_cast<std::size_t>(command.max_operands));
  require(cli::check_operands(command, count).has_value() == fits);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  std::vector<std::string> words;
  while (!input.done() && words.size() < 24) {
    const std::string_view word = input.until('\n');
    words.emplace_back(word.substr(0, word.find('\0')));
  }
  if (words.empty()) {
    return 0;
  }
  if (const cli::Command* command = cli::find_command(words[0])) {
    check(*command, words);
  } else {
    check(cli::global_options(), words);
  }
  return 0;
}
