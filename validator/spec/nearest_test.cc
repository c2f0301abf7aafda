// SPDX-License-Identifier: Apache-2.0
#include "validator/spec/nearest.h"

#include <gtest/gtest.h>

#include <string>

namespace plimsoll::spec {
namespace {

TEST(EditDistance, CountsEdits) {
  const struct {
    std::string a;
    std::string b;
    std::size_t distance;
  } rows[] = {
      {"", "", 0},           {"", "abc", 3},         {"abc", "", 3},
      {"state", "state", 0}, {"stat", "state", 1},   {"stae", "state", 1},
      {"satte", "state", 1}, {"delte", "delete", 1}, {"kitten", "sitting", 3},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(edit_distance(row.a, row.b), row.distance) << row.a << " " << row.b;
    EXPECT_EQ(edit_distance(row.b, row.a), row.distance) << row.b << " " << row.a;
  }
}

TEST(EditDistance, LongWordsAreNotCompared) {
  EXPECT_EQ(edit_distance(std::string(100000, 'x'), "x"), 100000U);
  EXPECT_EQ(edit_distance(std::string(64, 'x'), std::string(64, 'x')), 0U);
}

TEST(Nearest, OffersOnlyWhatIsNear) {
  const auto nearest = [](std::string_view misspelt) {
    Nearest search(misspelt);
    for (const char* word : {"create", "delete", "exec", "log", "ps", "start", "state"}) {
      search.offer(word);
    }
    return search.word();
  };
  EXPECT_EQ(nearest("craete"), "create");
  EXPECT_EQ(nearest("strat"), "start");
  EXPECT_EQ(nearest("pss"), "ps");
  EXPECT_EQ(nearest("foo"), "");
  EXPECT_EQ(nearest("x"), "");
  EXPECT_EQ(nearest(""), "");
  EXPECT_EQ(nearest(std::string(1000, 'a')), "");
}

}  // namespace
}  // namespace plimsoll::spec
