// The words stand for glibc's, one by one. SPDX-License-Identifier: Apache-2.0
#include "runtime/entry/texts.h"

#include <gtest/gtest.h>

#include <cstring>

namespace plimsoll::entry {
namespace {

TEST(Texts, ErrorsAreWordedAsByGlibc) {
  for (int number = -1; number <= 200; ++number) {
    if (number == 0) {
      continue;  // "Success" is no error
    }
    EXPECT_STREQ(entry_of(kErrorTexts, kErrors, number), strerrordesc_np(number)) << number;
  }
  EXPECT_STREQ(entry_of(kErrorTexts, kErrors, ENOENT), "No such file or directory");
}

TEST(Texts, SignalsAreNamedAsByGlibc) {
  for (int number = -1; number <= 70; ++number) {
    EXPECT_STREQ(entry_of(kSignalNames, kSignals, number), sigabbrev_np(number)) << number;
  }
  EXPECT_STREQ(entry_of(kSignalNames, kSignals, SIGKILL), "KILL");
}

TEST(Texts, WhatHasNoWordsHasNone) {
  EXPECT_EQ(entry_of(kErrorTexts, kErrors, 0), nullptr);
  EXPECT_EQ(entry_of(kErrorTexts, kErrors, 41), nullptr);
  EXPECT_EQ(entry_of(kErrorTexts, kErrors, EHWPOISON + 1), nullptr);
}

}  // namespace
}  // namespace plimsoll::entry
