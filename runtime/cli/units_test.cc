// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/units.h"

#include <gtest/gtest.h>

#include <string>

namespace plimsoll::cli {
namespace {

TEST(ParseSize, Values) {
  const struct {
    const char* text;
    std::int64_t bytes;
  } rows[] = {
      {"0", 0},
      {"512", 512},
      {"1b", 1},
      {"64M", 64 << 20},
      {"64m", 64 << 20},
      {"64MB", 64 << 20},
      {"64MiB", 64 << 20},
      {"1.5g", 3 << 29},
      {"1 GiB", 1 << 30},
      {"1k", 1024},
      {"0.5k", 512},
      {".5k", 512},
      {"2t", std::int64_t{2} << 40},
      {"1p", std::int64_t{1} << 50},
      {"9223372036854775807", INT64_MAX},
      {"1.9", 1},
      {"000000000000000000000000001", 1},
      {"0.000000000000000000000000001k", 0},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(parse_size(row.text), row.bytes) << row.text;
  }
}

TEST(ParseSize, Refusals) {
  for (const char* text :
       {"", "-1", "M", ".", "1x", "1  M", "1ib", "1mm", "1.2.3", "0x10", "1e3", "+1", " 1",
        "9223372036854775808", "8192p", "99999999999999999999", "1kbb"}) {
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
  }
}

TEST(ParseDuration, Values) {
  const std::int64_t second = 1000000000;
  const struct {
    const char* text;
    std::int64_t nanoseconds;
  } rows[] = {
      {"0", 0},
      {"5s", 5 * second},
      {"1m30s", 90 * second},
      {"1.5h", 5400 * second},
      {"500ms", second / 2},
      {"-2us", -2000},
      {"3\xC2\xB5s", 3000},
      {"7ns", 7},
      {"+1s", second},
      {".5s", second / 2},
      {"1h1m1s1ms1us1ns", 3661001001001},
      {"2562047h", 3600 * second * 2562047},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(parse_duration(row.text), row.nanoseconds) << row.text;
  }
}

TEST(ParseDuration, Refusals) {
  for (const char* text : {"", "5", "s", "-", "5 s", "5S", "1d", "--1s", "5sx", "2562048h", "1s5",
                           "9999999999999999999999s", "1..5s"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace plimsoll::cli
