// The writer and the tree. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <string>
#include <vector>

#include "validator/json/json.h"

namespace plimsoll::json {
namespace {

TEST(Writer, EscapesAndRepairsText) {
  std::string out;
  append_string(
      out, "a\"\\/\b\f\n\r\t\x01\x7f \xe2\x82\xac \xff \xed\xa0\x80 \xf4\x90\x80\x80 \xe2\x82");
  EXPECT_EQ(out,
            "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\x7f \xe2\x82\xac \xef\xbf\xbd "
            "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd "
            "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd\"");
  EXPECT_TRUE(parse(out));
}

void write_sample(Writer& w) {
  w.begin_object().member("id", "box").member("pid", -1).member("yes", true);
  w.member("big", std::numeric_limits<std::uint64_t>::max()).key("none").null();
  w.key("list").list(std::vector<int>{1, 2});
  w.key("empty").begin_array().end_array();
  w.key("map").map(std::map<std::string, std::string>{{"a", "b"}});
  w.key("nothing").begin_object().end_object();
  w.end_object();
}

TEST(Writer, WritesCompactAndIndented) {
  std::string compact;
  Writer w(compact);
  write_sample(w);
  EXPECT_EQ(compact, R"({"id":"box","pid":-1,"yes":true,"big":18446744073709551615,"none":null,)"
                     R"("list":[1,2],"empty":[],"map":{"a":"b"},"nothing":{}})");
  std::string indented;
  Writer i(indented, 2);
  write_sample(i);
  EXPECT_EQ(indented, R"({
  "id": "box",
  "pid": -1,
  "yes": true,
  "big": 18446744073709551615,
  "none": null,
  "list": [
    1,
    2
  ],
  "empty": [],
  "map": {
    "a": "b"
  },
  "nothing": {}
})");
}

TEST(Tree, SurvivesARoundTrip) {
  const std::string text =
      R"({"a":[1,-2,0.5,"x",null,true],"b":{"c":[]},"d":18446744073709551615})";
  const auto value = parse(text);
  ASSERT_TRUE(value) << value.error().text();
  std::string out;
  Writer(out).value(*value);
  EXPECT_EQ(out, text);
}

TEST(Tree, FindsMembersByType) {
  const auto value = parse(R"({"s":"x","n":5,"m":-5,"b":false,"a":[1],"o":{"k":1}})");
  ASSERT_TRUE(value);
  EXPECT_EQ(*value->find_string("s"), "x");
  EXPECT_EQ(value->find_string("n"), nullptr);
  EXPECT_EQ(value->find_string("absent"), nullptr);
  EXPECT_EQ(value->find_unsigned("n"), 5u);
  EXPECT_EQ(value->find_signed("n"), 5);
  EXPECT_EQ(value->find_unsigned("m"), std::nullopt);
  EXPECT_EQ(value->find_signed("m"), -5);
  EXPECT_EQ(value->find_bool("b"), false);
  EXPECT_EQ(value->find_array("a")->size(), 1u);
  EXPECT_EQ(value->find_object("o")->size(), 1u);
  EXPECT_EQ(value->find_array("o"), nullptr);
  EXPECT_EQ(Value(std::string("x")).find("s"), nullptr);
}

TEST(Tree, HoldsANonNegativeIntegerAsUnsigned) {
  EXPECT_EQ(Value(std::int64_t{5}).unsigned_integer(), 5u);
  EXPECT_EQ(Value(std::int64_t{-5}).unsigned_integer(), std::nullopt);
  std::string out;
  Writer(out).value(std::numeric_limits<double>::infinity());
  EXPECT_EQ(out, "null");
}

TEST(Tree, NegativeZeroIsReadBackAsTheRealThatItWas) {
  const auto tree = parse("[-0e0]");
  ASSERT_TRUE(tree);
  std::string once;
  Writer(once).value(*tree);
  EXPECT_EQ(once, "[-0.0]");
  std::string again;
  Writer(again).value(*parse(once));
  EXPECT_EQ(again, once);
}

}  // namespace
}  // namespace plimsoll::json
