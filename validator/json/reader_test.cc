// The reader: what it refuses, with the exact place and text. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "validator/json/json.h"

namespace plimsoll::json {
namespace {

using namespace std::string_literals;

std::string error_of(std::string_view document, const Limits& limits = {}) {
  const auto value = parse(document, limits);
  return value ? "accepted" : value.error().text("d");
}

struct Case {
  std::string document;
  std::string error;
};

TEST(Reader, RefusesWhatIsNotStrictJson) {
  const Case kCases[] = {
      {"", "d:1:1: the document is empty"},
      {" \n ", "d:2:2: the document is empty"},
      {"{\"a\": [1, 2", "d:1:12: /a/1: unexpected end of input"},
      {"{\"a\": \"x", "d:1:9: /a: invalid string: missing closing quote"},
      {"\xef\xbb\xbf{}", "d:1:1: the document starts with a byte order mark, which JSON forbids"},
      {"{} x", "d:1:4: bytes after the end of the document"},
      {"{}\n{}", "d:2:1: bytes after the end of the document"},
      {"{}\0"s, "d:1:3: NUL byte in the document"},
      {"{}\0{}"s, "d:1:3: NUL byte in the document"},
      {"{\"a\": 1, }", "d:1:10: /a: trailing comma before '}'"},
      {"[1,\n]", "d:2:1: /0: trailing comma before ']'"},
      {"[1,\n   ]", "d:2:4: /0: trailing comma before ']'"},
      {"[\n   1\n   2]", "d:3:4: /0: unexpected number literal; expected ']'"},
      {"[\"a\n   b\"]",
       "d:1:4: invalid string: control character U+000A (LF) must be escaped to \\u000A or \\n"},
      {"[1,\n   ", "d:2:4: /0: unexpected end of input"},
      {"\n   ", "d:2:4: the document is empty"},
      {"[]\n   \0   "s, "d:2:4: NUL byte in the document"},
      {"{ // no\n}", "d:1:3: comments are not allowed in JSON"},
      {"[/* no */]", "d:1:2: comments are not allowed in JSON"},
      {"['a']", "d:1:2: strings are written in double quotes"},
      {"[nul]", "d:1:5: invalid literal"},
      {"[01]", "d:1:2: /0: unexpected number literal; expected ']'"},
      {"[1 2]", "d:1:4: /0: unexpected number literal; expected ']'"},
      {"[\"\\ud800\"]",
       "d:1:9: invalid string: surrogate U+D800..U+DBFF must be followed by U+DC00..U+DFFF"},
      {"[\"\\udc00\"]",
       "d:1:8: invalid string: surrogate U+DC00..U+DFFF must follow U+D800..U+DBFF"},
      {"[\"\xff\"]", "d:1:3: invalid string: ill-formed UTF-8 byte"},
      {"[\"\xc0\x80\"]", "d:1:3: invalid string: ill-formed UTF-8 byte"},
      {"[\"\xed\xa0\x80\"]", "d:1:4: invalid string: ill-formed UTF-8 byte"},
      {"[\"a\\u0000b\"]", "d:1:2: /0: NUL (\\u0000) in a string"},
      {"{\"a\\u0000b\": 1}", "d:1:2: NUL (\\u0000) in a string"},
      {"{\"x\":1,\n \"a\": {\"b\": 1, \"c\": 2, \"b\": 3}}", "d:2:24: /a/b: duplicate member 'b'"},
      {"{\"a~/\": 1, \"a~/\": 2}", "d:1:12: /a~0~1: duplicate member 'a~/'"},
      {"{\"\\u0061\": 1, \"a\": 2}", "d:1:15: /a: duplicate member 'a'"},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(error_of(c.document), c.error) << c.document;
  }
}

TEST(Reader, LimitsDepthAndSize) {
  const std::string at_limit = std::string(128, '[') + std::string(128, ']');
  EXPECT_EQ(error_of(at_limit), "accepted");
  EXPECT_EQ(error_of(std::string(5'000'000, '[')).substr(0, 9), "d:1:129: ");
  EXPECT_TRUE(error_of(std::string(200, '[')).ends_with("nesting is deeper than 128"));
  EXPECT_EQ(error_of("[1234567]", {.max_bytes = 8}), "d:1:1: the document is larger than 8 bytes");
  EXPECT_EQ(error_of("[123456]", {.max_bytes = 8}), "accepted");
}

TEST(Reader, ManyRepeatedNamesTakeNoQuadraticTime) {
  std::string document = "{";
  for (int i = 0; i < 200'000; ++i) {
    document += "\"" + std::to_string(i) + "\":0,";
  }
  document += "\"7\":1}";
  EXPECT_TRUE(error_of(document).ends_with("duplicate member '7'"));
}

TEST(Reader, KeepsNumbersExact) {
  const auto value =
      parse("[0, -0, 18446744073709551615, -9223372036854775808, 18446744073709551616, 1e0, 0.5]");
  ASSERT_TRUE(value);
  const Array& numbers = *value->array();
  EXPECT_EQ(numbers[0].unsigned_integer(), 0u);
  EXPECT_EQ(numbers[1].unsigned_integer(), 0u);
  EXPECT_EQ(numbers[2].unsigned_integer(), 18446744073709551615u);
  EXPECT_EQ(numbers[2].signed_integer(), std::nullopt);
  EXPECT_EQ(numbers[3].signed_integer(), INT64_MIN);
  EXPECT_EQ(numbers[3].unsigned_integer(), std::nullopt);
  EXPECT_EQ(numbers[4].unsigned_integer(), std::nullopt);
  EXPECT_EQ(numbers[5].unsigned_integer(), std::nullopt);
  EXPECT_EQ(numbers[6].real(), 0.5);
}

TEST(Locate, FindsAValueOrItsNearestParent) {
  const std::string_view document =
      "{\n  \"a\": [10, {\"b/c\": true}],\n  \"d\": {\"e\": \"x\"}\n}";
  const auto at = [&](std::string_view pointer) {
    const Position p = locate(document, pointer);
    return std::to_string(p.line) + ":" + std::to_string(p.column);
  };
  EXPECT_EQ(at(""), "1:1");
  EXPECT_EQ(at("/a"), "2:8");
  EXPECT_EQ(at("/a/0"), "2:9");
  EXPECT_EQ(at("/a/1/b~1c"), "2:21");
  EXPECT_EQ(at("/a/7"), "2:8");
  EXPECT_EQ(at("/d/e"), "3:14");
  EXPECT_EQ(at("/d/nothing/here"), "3:8");
  EXPECT_EQ(at("/nothing"), "1:1");
}

TEST(Position, CountsCharactersAndLines) {
  const Position at = position_at("\xc3\xa4\n\xc3\xa4\xc3\xa4x", 7);
  EXPECT_EQ(at.line, 2u);
  EXPECT_EQ(at.column, 3u);
  EXPECT_EQ(position_at("ab", 99).column, 3u);
}

}  // namespace
}  // namespace plimsoll::json
