// Help and completion: every command and option that is not hidden is in them, and bash agrees.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/help.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/base/text.h"
#include "runtime/cli/completion.h"
#include "runtime/sys/spawn_program.h"

namespace plimsoll::cli {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(Help, ProgramHelpShowsEveryCommand) {
  const std::string help = program_help("runc");
  EXPECT_THAT(help, StartsWith("NAME:\n   runc - Open Container Initiative runtime\n"));
  for (const Command& command : commands()) {
    EXPECT_THAT(help, HasSubstr(cat("\n   ", command.name, " ")));
  }
  EXPECT_THAT(help, HasSubstr("--version, -v"));
  EXPECT_THAT(help, HasSubstr("--help, -h"));
  EXPECT_THAT(help, Not(HasSubstr("--criu")));
}

TEST(Help, CommandHelpShowsEveryOption) {
  for (const Command& command : commands()) {
    const std::string help = command_help("plimsoll", command);
    EXPECT_THAT(help, StartsWith(cat("NAME:\n   plimsoll ", command.name, " - ", command.summary)));
    for (const Option& option : command.options) {
      const std::string name = cat("   --", option.name);
      EXPECT_EQ(help.find(name) != std::string::npos, !option.hidden) << command.name << name;
    }
  }
  EXPECT_THAT(command_help("plimsoll", *find_command("create")),
              HasSubstr("   --bundle DIR, -b DIR     the bundle's folder"));
}

// What bash offers after these words.
std::string offers(const std::string& line) {
  const std::string script = cat(bash_completion(), R"(
COMP_WORDS=()",
                                 line, R"()
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_plimsoll
echo "${COMPREPLY[*]}"
)");
  auto result = sys::run_program({.path = "/bin/bash",
                                  .argv = {"bash", "--norc", "-s"},
                                  .envp = {"PATH=/usr/bin:/bin"},
                                  .stdin_text = script});
  EXPECT_TRUE(result);
  EXPECT_EQ(result->error_output, "");
  EXPECT_EQ(result->status.code, 0);
  return std::string(trim(result->output));
}

TEST(Completion, BashOffersCommandsAndOptions) {
  EXPECT_EQ(offers("plimsoll cre"), "create");
  EXPECT_EQ(offers("plimsoll --log"), "--log --log-format");
  EXPECT_EQ(offers("plimsoll --root /nonexistent --debug sta"), "start state");
  EXPECT_EQ(offers("plimsoll create --no"), "--no-pivot --no-new-keyring");
  EXPECT_EQ(offers("plimsoll kill --"), "--help");  // --all is hidden
  EXPECT_EQ(offers("plimsoll help un"), "");
}

}  // namespace
}  // namespace plimsoll::cli
