// Every form against its golden text. PLIMSOLL_UPDATE=1 rewrites the texts; read the difference
// before you commit it. SPDX-License-Identifier: Apache-2.0
#include "bench/format/format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>

#include "bench/format/numbers.h"
#include "bench/measure/files.h"
#include "bench/results/example_test.h"

namespace plimsoll::bench {
namespace {

using testing::HasSubstr;

class FormatTest : public testing::TestWithParam<std::string_view> {};

TEST_P(FormatTest, Golden) {
  const std::string path =
      std::string(PLIMSOLL_SOURCE_DIR) + "/bench/format/testdata/" + std::string(GetParam());
  const std::string text = format_of(GetParam())(example_results());
  if (std::getenv("PLIMSOLL_UPDATE") != nullptr) {  // NOLINT(concurrency-mt-unsafe): one thread
    write_file(path, text);
  }
  EXPECT_EQ(text, read_file(path));
}
INSTANTIATE_TEST_SUITE_P(Each, FormatTest,
                         testing::Values("text", "markdown", "jsonl", "google-benchmark", "bencher",
                                         "github-action"),
                         [](const auto& test) {
                           std::string name(test.param);
                           std::erase(name, '-');
                           return name;
                         });

TEST(FormatsTest, TheListAboveIsAllOfThem) { EXPECT_EQ(formats().size(), 6U); }

TEST(FormatsTest, UnknownNameNamesTheKnownOnes) {
  try {
    format_of("xml");
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("no format 'xml': text markdown"));
  }
}

TEST(JsonLinesTest, ReadsWhatItHasWritten) {
  Results results = example_results();
  results.series[1].samples[3].wall_ns = 123456.75;  // a mean of parallel starts
  const std::string text = json_lines(results);
  EXPECT_EQ(json_lines(parse_json_lines(text)), text);
}

struct BadCase {
  const char* name;
  std::string text;
  const char* message;
};

TEST(JsonLinesTest, RefusesWhatIsNoSession) {
  const std::string good = json_lines(example_results());
  std::string other_version = good;
  other_version.replace(other_version.find("\"version\":1"), 11, "\"version\":9");
  std::string short_series = good;
  const std::size_t user = short_series.find("\"user_us\":[500,");
  short_series.replace(user, 15, "\"user_us\":[");
  const BadCase cases[] = {
      {"empty", "", "no series in it"},
      {"no JSON", "hello\n", "line 1: "},
      {"unknown type",
       R"({"type":"guess"})"
       "\n",
       "line 1: unknown type 'guess'"},
      {"version", other_version, "version 9 is not known"},
      {"lengths", short_series, "different numbers of samples"},
  };
  for (const BadCase& one : cases) {
    SCOPED_TRACE(one.name);
    try {
      parse_json_lines(one.text);
      ADD_FAILURE() << "was taken";
    } catch (const std::runtime_error& error) {
      EXPECT_THAT(error.what(), HasSubstr(one.message));
    }
  }
}

// The shapes that the other tools' documentation demands.
TEST(ExchangeTest, BencherMeasuresHaveValues) {
  const auto document = nlohmann::json::parse(bencher(example_results()));
  EXPECT_EQ(document.size(), 3U);  // the A/A run is no benchmark
  for (const auto& [name, measures] : document.items()) {
    for (const auto& [measure, value] : measures.items()) {
      EXPECT_TRUE(value.at("value").is_number()) << name << measure;
    }
  }
  EXPECT_EQ(document.at("ours/minimal/run").at("latency").at("value"), 8e6);
}

TEST(ExchangeTest, GithubActionEntriesHaveNameUnitValue) {
  for (const auto& entry : nlohmann::json::parse(github_action(example_results()))) {
    EXPECT_TRUE(entry.at("name").is_string());
    EXPECT_TRUE(entry.at("unit").is_string());
    EXPECT_TRUE(entry.at("value").is_number());
  }
}

TEST(NumbersTest, DurationsHaveThreeDigits) {
  EXPECT_EQ(duration_text(999), "999 ns");
  EXPECT_EQ(duration_text(1234), "1.23 us");
  EXPECT_EQ(duration_text(45'600'000), "45.6 ms");
  EXPECT_EQ(duration_text(2e9), "2.00 s");
  EXPECT_EQ(padded("\u00b1", 3, true), "  \u00b1");
}

}  // namespace
}  // namespace plimsoll::bench
