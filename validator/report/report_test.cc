// The text of a report. SPDX-License-Identifier: Apache-2.0
#include "validator/report/report.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace plimsoll::validate {
namespace {

TEST(Report, ShowsASyntaxErrorWithItsPlace) {
  const Outcome outcome = validate("{\n  \"ociVersion\": \"1.0.0\",\n}", "c.json", {});
  EXPECT_EQ(outcome.errors, 1u);
  EXPECT_EQ(outcome.text,
            "c.json:3:1: error: /ociVersion: trailing comma before '}' "
            "[config.valid-values.error]\n"
            "    }\n"
            "    ^\n");
}

constexpr std::string_view kFaulty = R"({
  "ociVersion": "1.0",
  "root": {"path": "rootfs", "color": "red"},
  "process": {
    "user": {"uid": 0}, "cwd": "/", "args": ["ä", "b"], "env": ["X"]
  },
  "annotations": {"plain": "x"}
})";

TEST(Report, ShowsAllFaultsInTheOrderOfTheText) {
  const Outcome outcome = validate(kFaulty, "c.json", {});
  EXPECT_EQ(outcome.errors, 3u);
  EXPECT_EQ(outcome.others, 2u);
  EXPECT_EQ(
      outcome.text,
      R"(c.json:2:17: error: /ociVersion: '1.0' is not a SemVer 2.0.0 version [config.ociVersion.semver]
      "ociVersion": "1.0",
                    ^
c.json:3:30: note: /root/color: unknown member, which is ignored [config.extensibility.ignore]
      "root": {"path": "rootfs", "color": "red"},
                                 ^
c.json:5:13: error: /process/user/gid: a required member is missing [config.valid-values.error]
        "user": {"uid": 0}, "cwd": "/", "args": ["ä", "b"], "env": ["X"]
                ^
c.json:5:65: error: /process/env/0: invalid environment variable: missing '=' [config.process.env.optional]
        "user": {"uid": 0}, "cwd": "/", "args": ["ä", "b"], "env": ["X"]
                                                                    ^
c.json:7:28: warning: /annotations/plain: 'plain' is not in reverse domain notation [config.annotations.key.reverse-dns]
      "annotations": {"plain": "x"}
                               ^
)");
}

TEST(Report, CountsRecommendationsAsErrorsWhenStrict) {
  const Outcome outcome = validate(kFaulty, "c.json", {.strict = true});
  EXPECT_EQ(outcome.errors, 4u);
  EXPECT_EQ(outcome.others, 1u);
}

TEST(Report, KeepsTheTerminalSafe) {
  const Outcome outcome =
      validate("{\"\\u001b[31m\\u0007\": 1}", "c.json", {.document = Document::resources});
  EXPECT_EQ(outcome.text,
            "c.json:1:2: note: /?[31m?: unknown member, which is ignored "
            "[config.extensibility.ignore]\n"
            "    {\"\\u001b[31m\\u0007\": 1}\n"
            "     ^\n");
  const std::string long_line = "{\"a\": \"" + std::string(500, 'x') + "\", \"b\" 1}";
  const Outcome cut = validate(long_line, "c.json", {.document = Document::process});
  EXPECT_LT(cut.text.size(), 400u);
}

}  // namespace
}  // namespace plimsoll::validate
