// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/parse_arguments.h"

#include <getopt.h>

#include <algorithm>
#include <array>
#include <vector>

#include "runtime/base/text.h"
#include "validator/spec/nearest.h"

namespace plimsoll::cli {
namespace {

constexpr int kFirstLong = 256;  // getopt's value of option 0; below are letters
constexpr int kOperand = 1;      // what getopt returns for an operand with '-' in front
constexpr int kHelp = 255;

// The table of one command in getopt's form. A letter is also a long name, so that `--b DIR` and
// `-b=DIR` work as in Go.
struct GetoptTable {
  std::array<::option, 2 * kMaxOptions + 3> longs{};
  std::array<std::array<char, 2>, kMaxOptions> letter_names{};
  std::array<char, 3 * kMaxOptions + 8> letters{};
};

int getopt_kind(const Option& option) {
  return option.kind == ArgumentKind::none ? optional_argument : required_argument;
}

void build_table(std::span<const Option> options, GetoptTable& table) {
  std::size_t longs = 0;
  std::size_t letters = 0;
  // '-': operands are reported in their place, argv is not reordered and POSIXLY_CORRECT is not
  // read. ':': a missing argument is told apart from an unknown option.
  table.letters[letters++] = '-';
  table.letters[letters++] = ':';
  for (std::size_t i = 0; i < options.size(); ++i) {
    const Option& option = options[i];
    const int value = kFirstLong + static_cast<int>(i);
    table.longs[longs++] = {option.name, getopt_kind(option), nullptr, value};
    if (option.letter != 0) {
      table.letter_names[i] = {option.letter, '\0'};
      table.longs[longs++] = {table.letter_names[i].data(), getopt_kind(option), nullptr, value};
      table.letters[letters++] = option.letter;
      if (option.kind != ArgumentKind::none) {
        table.letters[letters++] = ':';
      }
    }
  }
  table.longs[longs++] = {"help", no_argument, nullptr, kHelp};
  table.longs[longs++] = {"h", no_argument, nullptr, kHelp};
  table.letters[letters++] = 'h';
}

// "--name=value" -> "name"
std::string_view option_name(std::string_view argument) {
  argument = argument.substr(0, argument.find('='));
  if (argument.starts_with('-')) {
    argument.remove_prefix(1);
  }
  if (argument.starts_with('-')) {
    argument.remove_prefix(1);
  }
  return argument;
}

}  // namespace

std::optional<bool> parse_bool(std::string_view text) {
  for (const std::string_view word : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == word) {
      return true;
    }
  }
  for (const std::string_view word : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (text == word) {
      return false;
    }
  }
  return std::nullopt;
}

class ArgumentParser {
 public:
  ArgumentParser(const Command& command, std::span<char* const> argv)
      : command_(command), argv_(argv) {}

  Result<Arguments> parse() {
    build_table(command_.options, table_);
    // 0, not 1: glibc and musl then forget everything of an earlier parse.
    ::optind = 0;
    ::opterr = 0;
    for (;;) {
      const int at = ::optind == 0 ? 1 : ::optind;
      int found = next(at);
      if (found == -1 && is_dash(at)) {  // musl ends here, glibc goes on
        ::optarg = argv_[static_cast<std::size_t>(at)];
        ::optind = at + 1;
        found = kOperand;
      }
      if (found == -1) {
        break;
      }
      if (found == kOperand) {
        result_.operands_.push_back(::optarg);
        if (command_.stops_at_operand) {
          break;
        }
        continue;
      }
      TRY(take(found, argv_[static_cast<std::size_t>(at)]));
    }
    for (auto i = static_cast<std::size_t>(::optind); i < argv_.size(); ++i) {
      result_.operands_.push_back(argv_[i]);
    }
    return std::move(result_);
  }

 private:
  // An operand that only looks like an option.
  bool is_dash(int at) const {
    const auto place = static_cast<std::size_t>(at);
    return place < argv_.size() && argv_[place][0] == '-' && argv_[place][1] == '\0';
  }

  int next(int at) {
    // "-b=DIR" is the option b for glibc, and the letter b with "=DIR" for musl: as "--b=DIR" it is
    // the same for both.
    const auto place = static_cast<std::size_t>(at);
    const char* word = place < argv_.size() ? argv_[place] : "";
    if (word[0] != '-' || word[1] == '\0' || word[1] == '-' || word[2] != '=') {
      return next_of(argv_.data());
    }
    std::vector<char*> words(argv_.begin(), argv_.end());
    std::string long_form = cat("-", word);
    words[place] = long_form.data();
    words.push_back(nullptr);
    const int found = next_of(words.data());
    if (::optarg != nullptr) {
      ::optarg = argv_[place] + 3;
    }
    return found;
  }

  int next_of(char* const* words) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): the runtime has one thread
    return ::getopt_long_only(static_cast<int>(argv_.size()), words, table_.letters.data(),
                              table_.longs.data(), nullptr);
  }

  Result<> take(int found, std::string_view argument) {
    if (found == ':' && names_options(argument)) {
      return fail(Error::invalid(cat("flag needs an argument: ", argument)));
    }
    if (found == ':' || found == '?') {
      return unknown(argument);
    }
    if (found == kHelp || found == 'h') {
      result_.help_ = true;
      return {};
    }
    const Option* option = find(found);
    if (option == nullptr || (found < kFirstLong && abbreviates(argument))) {
      return unknown(argument);
    }
    // getopt takes unambiguous abbreviations; a script that uses one breaks with our next option.
    if (found >= kFirstLong && option_name(argument) != option->name &&
        option_name(argument) != std::string_view(&option->letter, 1)) {
      return unknown(argument);
    }
    TRY(check_value(*option, ::optarg));
    result_.given_.push_back({option, ::optarg});
    return {};
  }

  const Option* find(int found) const {
    if (found >= kFirstLong) {
      return &command_.options[static_cast<std::size_t>(found - kFirstLong)];
    }
    for (const Option& option : command_.options) {
      if (found == option.letter) {
        return &option;
      }
    }
    return nullptr;
  }

  // "-pid" is an ambiguous abbreviation for glibc, which refuses it, and "-p id" for musl.
  bool abbreviates(std::string_view argument) const {
    const std::string_view name = option_name(argument);
    return name.size() > 1 && !argument.starts_with("--") &&
           std::ranges::any_of(command_.options, [name](const Option& option) {
             return std::string_view(option.name).starts_with(name);
           });
  }

  // Not by an abbreviation. "-tb" is two letters.
  bool names_options(std::string_view argument) const {
    const std::string_view name = option_name(argument);
    const auto is_letter = [&](char c) {
      return std::ranges::any_of(command_.options,
                                 [c](const Option& option) { return option.letter == c; });
    };
    return std::ranges::any_of(command_.options,
                               [name](const Option& option) { return name == option.name; }) ||
           (!name.empty() && std::ranges::all_of(name, is_letter));
  }

  static Result<> check_value(const Option& option, const char* value) {
    if (option.kind == ArgumentKind::none && value != nullptr && !parse_bool(value)) {
      return fail(Error::invalid(
          cat("invalid boolean value \"", value, "\" for -", option.name, ": parse error")));
    }
    if (option.kind == ArgumentKind::integer && !parse_signed(value)) {
      return fail(Error::invalid(
          cat("invalid value \"", value, "\" for flag -", option.name, ": parse error")));
    }
    return {};
  }

  Result<> unknown(std::string_view argument) const {
    const std::string_view name = option_name(argument);
    spec::Nearest nearest(name);
    for (const Option& option : command_.options) {
      if (!option.hidden) {
        nearest.offer(option.name);
      }
    }
    nearest.offer("help");
    std::string text = cat("flag provided but not defined: -", name);
    if (!nearest.word().empty()) {
      cat_to(text, " (did you mean --", nearest.word(), "?)");
    }
    return fail(Error::invalid(std::move(text)));
  }

  const Command& command_;
  std::span<char* const> argv_;
  GetoptTable table_;
  Arguments result_;
};

Result<Arguments> parse_arguments(const Command& command, std::span<char* const> argv) {
  return ArgumentParser(command, argv).parse();
}

Result<> check_operands(const Command& command, std::size_t count) {
  const auto wrong = [&](std::string_view how, int number) {
    return fail(
        Error::invalid(cat("\"", command.name, "\" requires ", how, " ", number, " argument(s)")));
  };
  const bool few = count < static_cast<std::size_t>(command.min_operands);
  const bool many =
      command.max_operands != kNoLimit && count > static_cast<std::size_t>(command.max_operands);
  if ((few || many) && command.min_operands == command.max_operands) {
    return wrong("exactly", command.min_operands);
  }
  if (few) {
    return wrong("a minimum of", command.min_operands);
  }
  if (many) {
    return wrong("a maximum of", command.max_operands);
  }
  return {};
}

const char* Arguments::find(std::string_view option) const {
  for (auto given = given_.rbegin(); given != given_.rend(); ++given) {
    if (option == given->option->name) {
      return given->argument == nullptr ? "true" : given->argument;
    }
  }
  return nullptr;
}

bool Arguments::flag(std::string_view option) const {
  const char* value = find(option);
  return value != nullptr && parse_bool(value).value_or(false);
}

std::string Arguments::text(std::string_view option) const {
  const char* value = find(option);
  return value == nullptr ? std::string() : std::string(value);
}

std::optional<std::int64_t> Arguments::integer(std::string_view option) const {
  const char* value = find(option);
  return value == nullptr ? std::nullopt : parse_signed(value);
}

std::vector<std::string> Arguments::all(std::string_view option) const {
  std::vector<std::string> values;
  for (const Given& given : given_) {
    if (option == given.option->name) {
      values.emplace_back(given.argument);
    }
  }
  return values;
}

}  // namespace plimsoll::cli
