// Findings of one document: their order and text, what is folded into one, and the formats.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "validator/report/report_testing.h"

namespace plimsoll::validate {
namespace {

const Options kNoLint{.lint = false};

constexpr std::string_view kFaulty = R"({
  "ociVersion": "1.0",
  "root": {"path": "rootfs", "color": "red"},
  "process": {
    "user": {"uid": 0}, "cwd": "/", "args": ["ä", "b"], "env": ["X"]
  },
  "annotations": {"plain": "x"}
})";

TEST(Inspect, PutsAllFaultsInTheOrderOfTheText) {
  EXPECT_EQ(brief(examined(std::string(kFaulty), kNoLint)),
            "error config.ociVersion.semver /ociVersion 2:17\n"
            "note config.extensibility.ignore /root/color 3:30\n"
            "error config.process.user.gid.required/missing /process/user/gid 5:13\n"
            "error config.process.env.optional /process/env/0 5:65\n"
            "warning config.annotations.key.reverse-dns /annotations/plain 7:28\n");
}

TEST(Inspect, CountsRecommendationsAsErrorsWhenStrict) {
  const Examined document = examined(std::string(kFaulty), {.strict = true, .lint = false});
  EXPECT_EQ(document.count(Severity::error), 4u);
  EXPECT_EQ(document.count(Severity::note), 1u);
}

TEST(Inspect, NamesEveryWrongTypeAndGoesOn) {
  const Examined document = examined(R"({
  "ociVersion": 1, "root": [], "process": {"cwd": {}, "args": "x", "user": {"uid": -1, "gid": "a"}},
  "mounts": [{"destination": 5, "type": "tmpfs"}, 7],
  "linux": {"namespaces": [{"type": "mount"}], "resources": {"pids": {"limit": 1e3}}}
})",
                                     kNoLint);
  EXPECT_EQ(brief(document),
            "error config.ociVersion.required/type /ociVersion 2:17\n"
            "error config.root.required/type /root 2:28\n"
            "error config.process.cwd.required/type /process/cwd 2:51\n"
            "error config.process.args.optional/type /process/args 2:63\n"
            "error config.process.user.uid.required/type /process/user/uid 2:84\n"
            "error config.process.user.gid.required/type /process/user/gid 2:95\n"
            "error config.mounts.destination.required/type /mounts/0/destination 3:30\n"
            "error config.mounts.optional/type /mounts/1 3:51\n"
            "error linux.pids.limit.optional/type /linux/resources/pids/limit 4:80\n");
}

TEST(Inspect, GivesOneFindingForOneCause) {
  // Parser, rules and schema all find the empty namespaces' type, and the rule about pid follows
  // from it.
  const Examined document = examined(
      R"({"ociVersion": "1.0.0", "root": {"path": "r"}, "process": {"user": {"uid": 1, "gid": 1},
"cwd": "/", "args": []}, "linux": {"namespaces": [{"type": 5}]}})",
      kNoLint);
  EXPECT_EQ(brief(document),
            "warning config.root.path.conventional /root/path 1:42\n"
            "error config.process.args.one-entry /process/args 2:21\n"
            "error linux.namespaces.type.required/type /linux/namespaces/0/type 2:60\n");
}

TEST(Inspect, StopsAtASyntaxErrorWithWhatCameBefore) {
  EXPECT_EQ(brief(examined("{\"ociVersion\": 5, \"roott\": 1,\n}", kNoLint)),
            "error config.ociVersion.required/type /ociVersion 1:16\n"
            "warning config.extensibility.ignore/misspelt /roott 1:19\n"
            "error config.valid-values.error/json /roott 2:1\n");
  EXPECT_EQ(brief(examined("", kNoLint)), "error config.valid-values.error/json  1:1\n");
  EXPECT_EQ(brief(examined("\xef\xbb\xbf{}", kNoLint)), "error glossary.json.utf8  1:1\n");
}

TEST(Inspect, SuggestsNamesAndWords) {
  const Examined document = examined(
      R"({"ociVersion": "1.0.0", "root": {"path": "rootfs"}, "Hostname": "x", "linux": {
"memory": {}, "namespaces": [{"type": "moutn"}], "seccomp": {"defaultAction": "SCMP_ACT_ALOW"}}})",
      kNoLint);
  std::string meant;
  for (const Finding& finding : document.findings) {
    meant += finding.pointer + " " + finding.meant + "\n";
  }
  EXPECT_EQ(meant,
            "/process \n/Hostname hostname\n/linux/memory /linux/resources/memory\n"
            "/linux/namespaces/0/type mount\n/linux/seccomp/defaultAction SCMP_ACT_ALLOW\n");
}

TEST(Inspect, KnowsWhichReleaseBroughtAMember) {
  const std::string bytes =
      R"({"ociVersion": "1.0.0", "root": {"path": "rootfs"}, "domainname": "x", "linux": {
"namespaces": [{"type": "uts"}, {"type": "time"}]}})";
  EXPECT_EQ(brief(examined(bytes, kNoLint)),
            "note config.process.required-at-start /process 1:1\n"
            "note config.ociVersion.compat/newer-member /domainname 1:53\n"
            "note config.ociVersion.compat/newer-member /linux/namespaces/1/type 2:34\n");
  const Examined asked = examined(bytes, {.lint = false, .release = "1.0.2"});
  EXPECT_EQ(asked.count(Severity::warning), 2u);
  EXPECT_EQ(asked.findings[1].message, "known since 1.1.0: a runtime of 1.0.2 ignores it");
  EXPECT_EQ(examined(bytes, {.lint = false, .release = "1.3.0"}).findings.size(), 1u);
  const Examined process = examined(R"({"user": {"uid": 1, "gid": 1, "umask": 7}, "cwd": "/",
"args": ["x"], "ioPriority": null})",
                                    {.kind = spec::DocumentKind::process, .release = "1.0.1"});
  EXPECT_EQ(brief(process), "warning config.ociVersion.compat/newer-member /user/umask 1:31\n");
}

TEST(Inspect, RefusesToLookAtTooMuch) {
  std::string many = "[";
  for (std::size_t i = 0; i < kMaxValues; ++i) {
    many += "1,";
  }
  EXPECT_EQ(examined(many + "1]").unreadable, "the document holds more than 65536 values");
  EXPECT_EQ(examined(std::string(kMaxBytes + 1, ' ')).unreadable,
            "the document is larger than 2097152 bytes");
  std::string unknown = "{";
  for (std::size_t i = 0; i < kMaxFindings + 10; ++i) {
    unknown += (i == 0 ? "\"x" : ",\"x") + std::to_string(i) + "\":1";
  }
  const Examined document = examined(unknown + "}", kNoLint);
  EXPECT_EQ(document.findings.size(), kMaxFindings);
  EXPECT_GT(document.more, 0u);
  EXPECT_GT(document.count(Severity::error), 0u);  // no ociVersion: not lost among the notes
  EXPECT_NE(as_text(std::vector{document}).find("more findings\n"), std::string::npos);
}

TEST(Text, ShowsLineCaretRightAndClause) {
  const std::vector documents = {examined(std::string(kFaulty), kNoLint)};
  const std::string text = as_text(documents);
  EXPECT_TRUE(text.starts_with(
      R"(c.json:2:17: error: /ociVersion: '1.0' is not a SemVer 2.0.0 version [config.ociVersion.semver]
      "ociVersion": "1.0",
                    ^
    right: three numbers, such as 1.3.0
    clause: MUST, https://github.com/opencontainers/runtime-spec/blob/v1.3.0/config.md#configSpecificationVersion
)")) << text;
}

TEST(Text, KeepsTheTerminalSafe) {
  const std::vector documents = {
      examined("{\"\\u001b[31m\\u0007\": 1}", {.kind = spec::DocumentKind::resources})};
  EXPECT_TRUE(as_text(documents).starts_with(
      "c.json:1:2: note: /?[31m?: unknown member, which is ignored [config.extensibility.ignore]\n"
      "    {\"\\u001b[31m\\u0007\": 1}\n"
      "     ^\n"));
  const std::string long_line = "{\"a\": \"" + std::string(5000, 'x') + "\", \"b\" 1}";
  EXPECT_LT(as_text(std::vector{examined(long_line, {.kind = spec::DocumentKind::process})}).size(),
            1300u);
}

TEST(Json, HasEveryPartOfAFinding) {
  std::vector documents = {examined(std::string(kFaulty), kNoLint, "a \"b\".json")};
  documents.push_back({.name = "gone", .bytes = {}, .unreadable = "no such file", .findings = {}});
  const auto tree = json::parse(as_json(documents));
  ASSERT_TRUE(tree) << tree.error().text();
  EXPECT_EQ(*tree->find_string("format"), "plimsoll-validate/1");
  EXPECT_EQ(tree->find_unsigned("errors"), 3u);
  const json::Array& list = *tree->find_array("documents");
  EXPECT_EQ(*list[0].find_string("name"), "a \"b\".json");
  EXPECT_EQ(*list[1].find_string("unreadable"), "no such file");
  const json::Value& finding = (*list[0].find_array("findings"))[0];
  EXPECT_EQ(*finding.find_string("severity"), "error");
  EXPECT_EQ(*finding.find_string("requirement"), "config.ociVersion.semver");
  EXPECT_EQ(*finding.find_string("level"), "MUST");
  EXPECT_EQ(*finding.find_string("pointer"), "/ociVersion");
  EXPECT_EQ(finding.find_unsigned("line"), 2u);
  EXPECT_EQ(finding.find_unsigned("column"), 17u);
  EXPECT_EQ(*finding.find_string("right"), "three numbers, such as 1.3.0");
}

TEST(Sarif, NamesRulesPlacesAndWhatCouldNotBeRead) {
  std::vector documents = {examined(std::string(kFaulty), {}, "dir/a b.json")};
  documents.push_back({.name = "gone", .bytes = {}, .unreadable = "no such file", .findings = {}});
  const auto tree = json::parse(as_sarif(documents));
  ASSERT_TRUE(tree) << tree.error().text();
  EXPECT_EQ(*tree->find_string("version"), "2.1.0");
  const json::Value& run = (*tree->find_array("runs"))[0];
  const json::Array& rules = *run.find("tool")->find("driver")->find_array("rules");
  const json::Array& results = *run.find_array("results");
  ASSERT_EQ(results.size(), documents[0].findings.size());
  for (const json::Value& result : results) {
    const std::uint64_t index = *result.find_unsigned("ruleIndex");
    ASSERT_LT(index, rules.size());
    EXPECT_EQ(*rules[index].find_string("id"), *result.find_string("ruleId"));
    EXPECT_FALSE(result.find("message")->find_string("text")->empty());
    const json::Value& place = *(*result.find_array("locations"))[0].find("physicalLocation");
    EXPECT_EQ(*place.find("artifactLocation")->find_string("uri"), "dir/a%20b.json");
    EXPECT_GE(*place.find("region")->find_unsigned("startLine"), 1u);
    EXPECT_GE(*place.find("region")->find_unsigned("startColumn"), 1u);
  }
  const json::Value& invocation = (*run.find_array("invocations"))[0];
  EXPECT_EQ(invocation.find_bool("executionSuccessful"), false);
  EXPECT_EQ(invocation.find_array("toolExecutionNotifications")->size(), 1u);
}

TEST(Junit, FailsACaseForEachErrorAndEscapes) {
  std::vector documents = {
      examined(R"({"ociVersion": "<&\">", "root": {"path": "rootfs"}})", kNoLint, "a&b.json"),
      examined(R"({})", {.kind = spec::DocumentKind::resources}, "good.json"),
      {.name = "gone", .bytes = {}, .unreadable = "no such file", .findings = {}}};
  EXPECT_EQ(as_junit(documents), R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="plimsoll-validate">
  <testsuite name="a&amp;b.json" tests="2" failures="1" errors="0">
    <testcase classname="a&amp;b.json" name="config.process.required-at-start /process">
      <system-out>a&amp;b.json:1:1: note: /process: process property must not be empty when the container is started</system-out>
    </testcase>
    <testcase classname="a&amp;b.json" name="config.ociVersion.semver /ociVersion">
      <failure type="config.ociVersion.semver" message="a&amp;b.json:1:16: error: /ociVersion: '&lt;&amp;&quot;&gt;' is not a SemVer 2.0.0 version">right: three numbers, such as 1.3.0</failure>
    </testcase>
  </testsuite>
  <testsuite name="good.json" tests="1" failures="0" errors="0">
    <testcase classname="good.json" name="valid"/>
  </testsuite>
  <testsuite name="gone" tests="1" failures="0" errors="1">
    <testcase classname="gone" name="read">
      <error message="no such file"/>
    </testcase>
  </testsuite>
</testsuites>
)");
}

}  // namespace
}  // namespace plimsoll::validate
