// Where the state is kept, and who decides it. SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/globals.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "runtime/cli/external_command.h"

namespace plimsoll::cli {
namespace {

class Variables {
 public:
  Variables(std::initializer_list<const char*> entries) : texts_(entries.begin(), entries.end()) {
    for (std::string& text : texts_) {
      pointers_.push_back(text.data());
    }
    pointers_.push_back(nullptr);
  }
  Environment environment() { return Environment(pointers_.data()); }

 private:
  std::vector<std::string> texts_;
  std::vector<char*> pointers_;
};

TEST(Environment, FindsWholeNamesOnly) {
  Variables variables{"USERNAME=x", "=odd", "novalue", "EMPTY=", "USER=me", "USER=second"};
  const Environment environment = variables.environment();
  EXPECT_EQ(environment.get("USER"), "me");
  EXPECT_EQ(environment.find("novalue"), nullptr);
  EXPECT_EQ(environment.find("NAME"), nullptr);
  ASSERT_NE(environment.find("EMPTY"), nullptr);
  EXPECT_EQ(environment.get("EMPTY"), "");
}

TEST(DefaultRoot, WhoGetsWhich) {
  const struct {
    std::vector<const char*> environment;
    Caller caller;
    const char* path;
  } rows[] = {
      {{"XDG_RUNTIME_DIR=/run/user/0"}, {true, false}, "/run/plimsoll"},
      {{"XDG_RUNTIME_DIR=/run/user/1"}, {false, false}, "/run/user/1/plimsoll"},
      {{"XDG_RUNTIME_DIR=/run/user/1", "USER=root"}, {false, false}, "/run/user/1/plimsoll"},
      {{"XDG_RUNTIME_DIR=/run/user/1", "USER=me"}, {true, true}, "/run/user/1/plimsoll"},
      {{"XDG_RUNTIME_DIR=/run/user/1"}, {true, true}, "/run/user/1/plimsoll"},
      {{"XDG_RUNTIME_DIR=/run/user/1", "USER=root"}, {true, true}, "/run/plimsoll"},
      {{"XDG_RUNTIME_DIR="}, {false, false}, "/run/plimsoll"},
      {{"XDG_RUNTIME_DIR=relative"}, {false, false}, "/run/plimsoll"},
      {{}, {false, false}, "/run/plimsoll"},
  };
  for (const auto& row : rows) {
    std::vector<std::string> texts(row.environment.begin(), row.environment.end());
    std::vector<char*> pointers;
    for (std::string& text : texts) {
      pointers.push_back(text.data());
    }
    pointers.push_back(nullptr);
    const DefaultRoot root = default_root(Environment(pointers.data()), row.caller);
    EXPECT_EQ(root.path, row.path);
    EXPECT_EQ(root.from_xdg, std::string_view(row.path) != "/run/plimsoll");
  }
}

TEST(ResolveRoot, RefusesTheRootOfTheSystem) {
  for (const char* given : {"", "/", "//", "/.", "/..", "/a/..", "../../..", "./../.."}) {
    EXPECT_FALSE(resolve_root(given, "/a/b")) << given;
  }
  EXPECT_FALSE(resolve_root(".", "/"));
  EXPECT_EQ(resolve_root("x", "/a/b"), "/a/b/x");
  EXPECT_EQ(resolve_root("../x/", "/a/b"), "/a/x");
  EXPECT_EQ(resolve_root("/r//s", ""), "/r/s");
}

TEST(ParseRootless, Words) {
  EXPECT_EQ(parse_rootless("").value(), std::optional<bool>());
  EXPECT_EQ(parse_rootless("AUTO").value(), std::optional<bool>());
  EXPECT_EQ(parse_rootless("true").value(), std::optional<bool>(true));
  EXPECT_EQ(parse_rootless("F").value(), std::optional<bool>(false));
  EXPECT_EQ(parse_rootless("yes").error().message(),
            "option --rootless: 'yes' is not true, false or auto");
}

TEST(ExternalCommand, NamesCannotLeadElsewhere) {
  for (const char* name : {"", "-x", "a/b", "../x", ".", "a.b", "a b", "1a", "\xc3\xa9", "a\n"}) {
    EXPECT_FALSE(is_external_name(name)) << name;
  }
  EXPECT_FALSE(is_external_name(std::string(65, 'a')));
  EXPECT_TRUE(is_external_name("validate"));
  EXPECT_TRUE(is_external_name("x2-y"));
}

}  // namespace
}  // namespace plimsoll::cli
