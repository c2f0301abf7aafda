// Broken configurations, each a merge patch of the examples' base (or a text), with all that must
// be found: severity, rule, pointer. Lines and columns are in examples.golden; here the place is
// that of the pointer. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "validator/catalog/catalog.h"
#include "validator/report/report_testing.h"

namespace plimsoll::validate {
namespace {

TEST(Corpus, EveryBrokenConfigurationHasItsFindingsAndNoOther) {
  const auto examples = json::parse(catalog::examples_json());
  const std::string bytes =
      read_test_file(std::string(PLIMSOLL_SOURCE_DIR) + "/validator/report/testdata/corpus.json");
  const auto corpus = json::parse(bytes);
  ASSERT_TRUE(examples && corpus);
  const json::Value& base = *examples->find("bases")->find("config");
  EXPECT_GE(corpus->array()->size(), 200u);
  for (const json::Value& entry : *corpus->array()) {
    const std::string* text = entry.find_string("text");
    const Examined document =
        examined(text != nullptr ? *text : pretty(merge(base, *entry.find("patch"))));
    std::vector<std::string> found;
    for (const Finding& finding : document.findings) {
      found.push_back(std::string(severity_name(finding.severity)) + " " + finding.rule + " " +
                      finding.pointer);
    }
    std::vector<std::string> expected;
    for (const json::Value& line : *entry.find_array("expect")) {
      expected.push_back(*line.string());
    }
    std::ranges::sort(found);
    std::ranges::sort(expected);
    EXPECT_EQ(found, expected) << *entry.find_string("name");
  }
}

}  // namespace
}  // namespace plimsoll::validate
