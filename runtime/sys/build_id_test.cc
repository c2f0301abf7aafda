// SPDX-License-Identifier: Apache-2.0
#include "runtime/sys/build_id.h"

#include <elf.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace plimsoll::sys {
namespace {

TEST(BuildId, IsTheOneInTheFile) {
  const std::string_view id = build_id();
  ASSERT_GE(id.size(), 16U);
  std::ifstream file("/proc/self/exe", std::ios::binary);
  const std::string content(std::istreambuf_iterator<char>(file), {});
  const Elf64_Nhdr note = {
      .n_namesz = 4, .n_descsz = static_cast<Elf64_Word>(id.size()), .n_type = NT_GNU_BUILD_ID};
  std::string expected(reinterpret_cast<const char*>(&note), sizeof note);
  expected.append("GNU", 4).append(id);
  EXPECT_NE(content.find(expected), std::string::npos);
}

}  // namespace
}  // namespace plimsoll::sys
