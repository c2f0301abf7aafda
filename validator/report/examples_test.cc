// Every rule has a bad document that it finds, and a good one that nothing is found in; the exact
// text, line and column stand in testdata/examples.golden. PLIMSOLL_UPDATE=1 writes that file.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "validator/catalog/catalog.h"
#include "validator/documents/documents.h"
#include "validator/lint/lint.h"
#include "validator/report/report_testing.h"
#include "validator/report/rule_list.h"
#include "validator/rules/rules.h"

namespace plimsoll::validate {
namespace {

const std::string kGolden =
    std::string(PLIMSOLL_SOURCE_DIR) + "/validator/report/testdata/examples.golden";

struct Example {
  std::string rule;
  std::string bad;
  std::string good;
  std::set<std::string> also;  // what the bad document cannot help breaking, too
  Options options;
};

std::vector<Example> examples() {
  const auto document = json::parse(catalog::examples_json());
  EXPECT_TRUE(document) << document.error().text();
  std::vector<Example> out;
  for (const json::Value& entry : *document->find_array("examples")) {
    const std::string* type = entry.find_string("type");
    const std::string name = type != nullptr ? *type : "config";
    const json::Value& base = *document->find("bases")->find(name);
    Example& example = out.emplace_back();
    example.rule = *entry.find_string("rule");
    example.options.kind = kind_named(name);
    example.good = pretty(merge(base, *entry.find("good")));
    if (const std::string* text = entry.find_string("badText")) {
      example.bad = *text;
      // U+00FF stands for the byte FF, which no JSON can hold.
      if (const std::size_t at = example.bad.find("\xc3\xbf"); at != std::string::npos) {
        example.bad.replace(at, 2, "\xff");
      }
    } else {
      example.bad = pretty(merge(base, *entry.find("bad")));
    }
    if (const json::Array* also = entry.find_array("also")) {
      for (const json::Value& rule : *also) {
        example.also.insert(*rule.string());
      }
    }
  }
  return out;
}

TEST(Examples, TheRuleAloneFiresOnTheBadOneAndNothingOnTheGoodOne) {
  for (const Example& example : examples()) {
    std::set<std::string> rules;
    for (const Finding& finding : examined(example.bad, example.options).findings) {
      rules.insert(finding.rule);
    }
    std::set<std::string> expected = example.also;
    expected.insert(example.rule);
    EXPECT_EQ(rules, expected) << example.rule << "\n" << example.bad;
    EXPECT_EQ(brief(examined(example.good, example.options)), "") << example.rule;
  }
}

TEST(Examples, HaveTheExactTextLineAndColumn) {
  std::string text;
  for (const Example& example : examples()) {
    const std::vector<Examined> documents = {examined(example.bad, example.options)};
    text += "== " + example.rule + "\n" + as_text(documents);
  }
  if (std::getenv("PLIMSOLL_UPDATE") != nullptr) {
    std::ofstream(kGolden, std::ios::binary) << text;
  }
  EXPECT_EQ(text, read_test_file(kGolden));
}

// The rules that a document alone can break: not the bundle's and the host's, and not the types of
// members, which members_test.cc goes through.
TEST(Examples, AreThereForEveryRule) {
  std::set<std::string> have;
  for (const Example& example : examples()) {
    have.insert(example.rule);
  }
  const auto need = [&](std::string_view rule) {
    EXPECT_TRUE(have.contains(std::string(rule))) << rule;
  };
  for (const rules::RuleInfo& rule : rules::all_rules()) {
    need(rule.id);
  }
  std::size_t risks = 0;
  for (const lint::Info& info : lint::all()) {
    need(info.id);
    risks += info.level == rules::Level::risk ? 1 : 0;
    EXPECT_EQ(info.level == rules::Level::risk, !info.gain.empty()) << info.id;
  }
  EXPECT_GE(risks, 40u);
  for (const documents::Info& info : documents::state_rules()) {
    need(info.id);
  }
  for (const documents::Info& info : documents::features_rules()) {
    need(info.id);
  }
}

TEST(Examples, AreShownByExplain) {
  const std::string text = explanation("config.process.cwd.absolute");
  EXPECT_NE(text.find("bad:        {\"process\":{\"cwd\":\"tmp\"}}"), std::string::npos) << text;
  EXPECT_NE(text.find("good:       {\"process\":{\"cwd\":\"/tmp\"}}"), std::string::npos) << text;
  EXPECT_NE(explanation("risk.capability.sys-admin").find("an attacker gains mounts"),
            std::string::npos);
  EXPECT_NE(explanation("linux.rdma.both").find("no rule:"), std::string::npos);
  EXPECT_EQ(explanation("no.such.rule"), "");
}

}  // namespace
}  // namespace plimsoll::validate
