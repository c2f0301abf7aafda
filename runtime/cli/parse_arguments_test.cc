// The forms in which callers give options, and the texts of what is refused.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/parse_arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

namespace plimsoll::cli {
namespace {

using testing::ElementsAre;

// Keeps its own copy of the words, as argv would.
class Line {
 public:
  Line(std::initializer_list<const char*> words) : words_(words.begin(), words.end()) {
    for (std::string& word : words_) {
      pointers_.push_back(word.data());
    }
    pointers_.push_back(nullptr);
  }
  std::span<char* const> argv() { return {pointers_.data(), words_.size()}; }
  std::vector<std::string> words() const { return words_; }

 private:
  std::vector<std::string> words_;
  std::vector<char*> pointers_;
};

std::vector<std::string> operands(const Arguments& arguments) {
  return {arguments.operands().begin(), arguments.operands().end()};
}

std::string error_of(std::initializer_list<const char*> words) {
  Line line(words);
  const Command* command = find_command(words.begin()[0]);
  auto result = parse_arguments(command == nullptr ? global_options() : *command, line.argv());
  return result ? "" : result.error().message();
}

TEST(ParseArguments, EveryFormOfAnOption) {
  for (Line line : {Line{"create", "-bundle", "B", "id"}, Line{"create", "-bundle=B", "id"},
                    Line{"create", "--bundle", "B", "id"}, Line{"create", "--bundle=B", "id"},
                    Line{"create", "-b", "B", "id"}, Line{"create", "-b=B", "id"},
                    Line{"create", "--b", "B", "id"}, Line{"create", "-bB", "id"},
                    Line{"create", "id", "--bundle", "B"}, Line{"create", "-b", "B", "--", "id"}}) {
    auto result = parse_arguments(*find_command("create"), line.argv());
    ASSERT_TRUE(result) << result.error().message();
    EXPECT_EQ(result->text("bundle"), "B");
    EXPECT_THAT(operands(*result), ElementsAre("id"));
  }
}

TEST(ParseArguments, ADashAloneIsAnOperandAndEndsNothing) {
  Line line{"create", "-", "--bundle", "B"};
  auto result = parse_arguments(*find_command("create"), line.argv());
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_THAT(operands(*result), ElementsAre("-"));
  EXPECT_EQ(result->text("bundle"), "B");
}

TEST(ParseArguments, AValueMayLookLikeALetterWithAValue) {
  Line line{"exec", "-e", "-e=1", "-e=-e=2", "id", "-e=3"};
  auto result = parse_arguments(*find_command("exec"), line.argv());
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_THAT(result->all("env"), ElementsAre("-e=1", "-e=2"));
  EXPECT_THAT(operands(*result), ElementsAre("id", "-e=3"));
}

TEST(ParseArguments, SwitchesTakeGoBooleans) {
  const struct {
    const char* argument;
    bool on;
  } rows[] = {{"--force", true},   {"-force", true},     {"-f", true},  {"--force=true", true},
              {"-f=false", false}, {"--force=0", false}, {"-f=T", true}};
  for (const auto& row : rows) {
    Line line{"delete", row.argument, "id"};
    auto result = parse_arguments(*find_command("delete"), line.argv());
    ASSERT_TRUE(result) << row.argument << ": " << result.error().message();
    EXPECT_EQ(result->flag("force"), row.on) << row.argument;
    EXPECT_TRUE(result->has("force"));
    EXPECT_THAT(operands(*result), ElementsAre("id"));
  }
}

TEST(ParseArguments, ASwitchDoesNotSwallowTheNextWord) {
  Line line{"exec", "-t", "false", "sh"};
  auto result = parse_arguments(*find_command("exec"), line.argv());
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->flag("tty"));
  EXPECT_THAT(operands(*result), ElementsAre("false", "sh"));
}

TEST(ParseArguments, OptionsAfterTheIdBelongToTheCommand) {
  Line line{"exec", "-e", "A=1", "--env", "B=x=y", "id", "sh", "-c", "true", "--tty", "--", "-d"};
  const auto before = line.words();
  auto result = parse_arguments(*find_command("exec"), line.argv());
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->has("tty"));
  EXPECT_FALSE(result->has("cap"));
  EXPECT_THAT(result->all("env"), ElementsAre("A=1", "B=x=y"));
  EXPECT_THAT(operands(*result), ElementsAre("id", "sh", "-c", "true", "--tty", "--", "-d"));
  EXPECT_EQ(line.words(), before);
}

TEST(ParseArguments, NegativeValuesAreValues) {
  Line line{"update", "--memory-swap", "-1", "--pids-limit=-1", "id"};
  auto result = parse_arguments(*find_command("update"), line.argv());
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->text("memory-swap"), "-1");
  EXPECT_EQ(result->integer("pids-limit"), -1);
}

TEST(ParseArguments, GlobalOptionsEndAtTheCommand) {
  Line line{"plimsoll", "-root", "R", "--rootless=false", "--debug", "state", "--help", "x"};
  auto result = parse_arguments(global_options(), line.argv());
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->text("root"), "R");
  EXPECT_TRUE(result->flag("debug"));
  EXPECT_FALSE(result->help());
  EXPECT_THAT(operands(*result), ElementsAre("state", "--help", "x"));
}

TEST(ParseArguments, HelpIsEverywhere) {
  for (const Command& command : commands()) {
    for (const char* help : {"-h", "--help", "-help"}) {
      Line line{command.name, help};
      auto result = parse_arguments(command, line.argv());
      ASSERT_TRUE(result) << command.name;
      EXPECT_TRUE(result->help()) << command.name << help;
    }
  }
}

TEST(ParseArguments, Refusals) {
  const struct {
    std::initializer_list<const char*> words;
    const char* error;
  } rows[] = {
      {{"restore", "--lsm-mount-context"}, "flag needs an argument: --lsm-mount-context"},
      {{"create", "-b"}, "flag needs an argument: -b"},
      {{"create", "-bundle"}, "flag needs an argument: -bundle"},
      {{"create", "--nonsense", "x"}, "flag provided but not defined: -nonsense"},
      {{"create", "-nonsense=1"}, "flag provided but not defined: -nonsense"},
      {{"create", "--bundel", "x"},
       "flag provided but not defined: -bundel (did you mean --bundle?)"},
      {{"run", "--detatch", "x"},
       "flag provided but not defined: -detatch (did you mean --detach?)"},
      // no abbreviations, unambiguous or not
      {{"create", "--bund", "x"}, "flag provided but not defined: -bund"},
      {{"create", "--p", "x"}, "flag provided but not defined: -p"},
      {{"create", "--pid", "x"}, "flag provided but not defined: -pid"},
      {{"create", "--bund"}, "flag provided but not defined: -bund"},  // where a value would miss
      {{"update", "-p"}, "flag provided but not defined: -p"},
      {{"exec", "-pid", "x"}, "flag provided but not defined: -pid"},
      {{"exec", "-pi=x", "x"}, "flag provided but not defined: -pi"},
      {{"exec", "-tu"}, "flag needs an argument: -tu"},
      {{"create", "--preserve-fds=x"}, "invalid value \"x\" for flag -preserve-fds: parse error"},
      {{"create", "--preserve-fds="}, "invalid value \"\" for flag -preserve-fds: parse error"},
      {{"create", "--preserve-fds=99999999999999999999"},
       "invalid value \"99999999999999999999\" for flag -preserve-fds: parse error"},
      {{"run", "--detach=maybe", "x"}, "invalid boolean value \"maybe\" for -detach: parse error"},
      {{"run", "--detach=", "x"}, "invalid boolean value \"\" for -detach: parse error"},
      {{"kill", "--al", "x"}, "flag provided but not defined: -al"},  // hidden ones: no suggestion
  };
  for (const auto& row : rows) {
    const std::string error = error_of(row.words);
    if (std::string_view(row.error).find("did you mean") == std::string_view::npos) {
      EXPECT_EQ(error.substr(0, error.find(" (did")), row.error);
    } else {
      EXPECT_EQ(error, row.error);
    }
  }
}

TEST(ParseArguments, OneParseLeavesNothingForTheNext) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(error_of({"create", "-b"}), "flag needs an argument: -b");
    Line cluster{"exec", "-td", "id"};  // ends in the middle of a group of letters
    EXPECT_TRUE(parse_arguments(*find_command("exec"), cluster.argv()));
    EXPECT_NE(error_of({"exec", "-tX", "id"}), "");
    Line line{"create", "-b", "B", "id"};
    auto result = parse_arguments(*find_command("create"), line.argv());
    ASSERT_TRUE(result);
    EXPECT_THAT(operands(*result), ElementsAre("id"));
  }
}

TEST(ParseArguments, TheEnvironmentDoesNotMatter) {
  ::setenv("POSIXLY_CORRECT", "1", 1);
  Line line{"create", "id", "--bundle", "B"};
  auto result = parse_arguments(*find_command("create"), line.argv());
  ::unsetenv("POSIXLY_CORRECT");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->text("bundle"), "B");
}

TEST(CheckOperands, Texts) {
  const auto error = [](const char* name, std::size_t count) {
    auto result = check_operands(*find_command(name), count);
    return result ? "" : result.error().message();
  };
  EXPECT_EQ(error("create", 0), "\"create\" requires exactly 1 argument(s)");
  EXPECT_EQ(error("create", 2), "\"create\" requires exactly 1 argument(s)");
  EXPECT_EQ(error("list", 1), "\"list\" requires exactly 0 argument(s)");
  EXPECT_EQ(error("kill", 0), "\"kill\" requires a minimum of 1 argument(s)");
  EXPECT_EQ(error("kill", 3), "\"kill\" requires a maximum of 2 argument(s)");
  EXPECT_EQ(error("exec", 0), "\"exec\" requires a minimum of 1 argument(s)");
  EXPECT_EQ(error("exec", 100), "");
  EXPECT_EQ(error("kill", 2), "");
}

TEST(CommandTable, NamesAndLettersAreUnique) {
  std::vector<Command> all(commands().begin(), commands().end());
  all.push_back(global_options());
  for (const Command& command : all) {
    std::vector<std::string> names{"help", "h"};
    for (const Option& option : command.options) {
      names.emplace_back(option.name);
      if (option.letter != 0) {
        names.emplace_back(1, option.letter);
      }
      EXPECT_NE(std::string_view(option.help), "") << command.name << " " << option.name;
    }
    std::sort(names.begin(), names.end());
    EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end()) << command.name;
  }
  EXPECT_TRUE(std::is_sorted(
      commands().begin(), commands().end(),
      [](const auto& a, const auto& b) { return std::string_view(a.name) < b.name; }));
}

// What go-runc, Podman, conmon, CRI-O and BuildKit send.
TEST(CommandTable, TakesWhatCallersSend) {
  const std::initializer_list<const char*> lines[] = {
      {"create", "--bundle", "B", "--pid-file", "P", "--console-socket", "S", "--no-pivot",
       "--no-new-keyring", "id"},
      {"exec", "--process", "F", "--console-socket", "S", "--detach", "--pid-file", "P", "id"},
      {"kill", "--all", "id", "9"},
      {"kill", "-a", "id", "15"},
      {"kill", "id", "SIGRTMIN+3"},
      {"delete", "--force", "id"},
      {"ps", "--format", "json", "id"},
      {"ps", "id", "-o pid,ppid"},
      {"events", "--stats", "id"},
      {"events", "--interval", "5s", "id"},
      {"update", "--resources=-", "id"},
      {"update", "--resources", "-", "id"},
      {"checkpoint", "--image-path", "I", "--work-path", "W", "--leave-running",
       "--tcp-established", "--ext-unix-sk", "--shell-job", "--file-locks", "--empty-ns", "network",
       "--manage-cgroups-mode", "soft", "--parent-path", "../pre", "--pre-dump", "id"},
      {"restore", "--detach", "--image-path", "I", "--work-path", "W", "-no-subreaper", "--bundle",
       "B", "--pid-file", "P", "id"},
      {"run", "--bundle", "B", "--no-pivot", "--preserve-fds", "3", "--keep", "id"},
      {"state", "id"},
      {"list", "--format=json"},
      {"list", "-q"},
      {"spec", "--rootless"},
      {"features"},
  };
  for (const auto& words : lines) {
    Line line(words);
    const Command* command = find_command(words.begin()[0]);
    ASSERT_NE(command, nullptr);
    auto result = parse_arguments(*command, line.argv());
    ASSERT_TRUE(result) << words.begin()[0] << ": " << result.error().message();
    EXPECT_TRUE(check_operands(*command, result->operands().size())) << words.begin()[0];
  }
}

}  // namespace
}  // namespace plimsoll::cli
