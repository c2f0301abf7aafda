// A bundle's config whose seccomp profile is known is read as if it were not.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/load.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "runtime/base/text.h"
#include "runtime/linux/forked_child_test.h"
#include "runtime/sys/file.h"

namespace plimsoll::container {
namespace {

constexpr std::string_view kProfile = R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
  {"names": ["read", "seccomp"], "action": "SCMP_ACT_ALLOW"}], "x": "}\"{"})";

class KnownProfile : public testing::Test {
 protected:
  void SetUp() override {
    const std::string cache = cat(root_, "/", linux::kSeccompCache);
    ASSERT_EQ(::mkdir(cache.c_str(), 0700), 0);
    const auto dir = sys::open_at(sys::cwd(), cache.c_str(), O_RDONLY | O_DIRECTORY);
    ASSERT_TRUE(dir);
    const linux::SeccompProgram program = {
        .instructions = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)},
        .load_flags = SECCOMP_FILTER_FLAG_LOG,
        .notify = false};
    linux::remember_seccomp(*dir, kProfile, program);
  }

  // True when the profile was not read; otherwise all must be as without the cache.
  bool known(const std::string& document) {
    const auto whole = parse_bundle_config(document);
    const auto quick = parse_bundle_config(document, root_);
    EXPECT_EQ(whole.has_value(), quick.has_value()) << document;
    if (!whole || !quick) {
      EXPECT_EQ(whole.error().message(), quick.error().message()) << document;
      return false;
    }
    EXPECT_EQ(whole->seccomp.begin, quick->seccomp.begin) << document;
    EXPECT_EQ(whole->seccomp.end, quick->seccomp.end) << document;
    EXPECT_EQ(whole->spec.annotations, quick->spec.annotations) << document;
    EXPECT_EQ(whole->spec.hostname, quick->spec.hostname) << document;
    const bool profile = whole->spec.linux && whole->spec.linux->seccomp;
    if (!quick->program) {
      EXPECT_EQ(profile, quick->spec.linux && quick->spec.linux->seccomp) << document;
      return false;
    }
    EXPECT_TRUE(profile) << document;
    EXPECT_FALSE(quick->spec.linux && quick->spec.linux->seccomp) << document;
    EXPECT_EQ(document.substr(quick->seccomp.begin, quick->seccomp.end - quick->seccomp.begin),
              kProfile);
    EXPECT_EQ(quick->program->load_flags, SECCOMP_FILTER_FLAG_LOG);
    EXPECT_EQ(quick->program->instructions.size(), 1U);
    return true;
  }

  linux::testing::TempFolder folder_;
  const std::string root_ = folder_.path();
};

std::string with_profile(std::string_view before, std::string_view after) {
  return cat(before, kProfile, after);
}

TEST_F(KnownProfile, IsNotReadAgain) {
  EXPECT_TRUE(known(with_profile(R"({"linux":{"seccomp":)", "}}")));
  EXPECT_TRUE(known(with_profile("{\"hostname\": \"h\", \"linux\": {\n\t\"seccomp\" :\r\n ",
                                 R"( , "resources": {}}, "annotations": {"a": "b"}})")));
  // The name as a string before it.
  EXPECT_TRUE(known(
      with_profile(R"({"process": {"user": {"uid": 0, "gid": 0}, "cwd": "/", "args": ["seccomp"]},
                       "annotations": {"\"seccomp\"": "seccomp"}, "linux": {"seccomp":)",
                   "}}")));
}

TEST_F(KnownProfile, IsReadWhereItMeansSomethingElseOrTheDocumentHasFaults) {
  for (const auto& [before, after] : std::initializer_list<std::pair<const char*, const char*>>{
           {R"({"seccomp":)", "}"},
           {R"({"annotations":{"seccomp":)", "}}"},
           {R"({"linux":{"x":{"seccomp":)", R"(}, "seccomp": null}})"},
           {R"({"x":{"seccomp":)", R"(}, "linux": {"seccomp": null}})"},
           {R"({"linux":{"seccomp":)", R"(, "seccomp": {"defaultAction": "SCMP_ACT_ALLOW"}}})"},
           {R"({"linux":{"seccomp":)", R"(}, "linux": {"seccomp": null}})"},
           {R"({"linux":{"seccomp":[)", "]}}"},
           {R"({"linux":{"seccomp": )", " x}}"},
           {R"({"linux":{"seccomp":)", "}"},
           {R"({"linux":{"seccomp":)", "}}}"},
           {"{\"linux\":{\n\n\"seccomp\":", "\n, \"resources\": 1}}"},
           {R"(["linux", "seccomp",)", "]"},
           {"", ""},
           {R"({"seccomp"  )", ""},
           {R"({"annotations": {"a": "\"seccomp\":"}, "linux":{"seccomp":)", "}"}}) {
    EXPECT_FALSE(known(with_profile(before, after)));
  }
  EXPECT_FALSE(known(R"({"linux": {"seccomp": {"defaultAction": "SCMP_ACT_ALLOW"}}})"));
  EXPECT_FALSE(known(R"({"linux": {"seccomp": )"));
  EXPECT_FALSE(known(R"({"linux": {"seccomp": {"defaultAction": ")"));
  EXPECT_FALSE(known(R"({"linux": {}})"));
}

TEST_F(KnownProfile, EachByteOfTheDocumentCounts) {
  const std::string document = with_profile(R"({"hostname": "h", "linux": {"seccomp": )",
                                            R"(}, "annotations": {"a": "b"}})");
  ASSERT_TRUE(known(document));
  using namespace std::string_view_literals;
  constexpr std::string_view kBytes = "\0\x01 \"\\{}[]:,0xnul\xff/"sv;
  std::size_t read_again = 0;
  for (std::size_t i = 0; i < document.size(); ++i) {
    std::string other = document;
    other.erase(i, 1);
    if (!known(other)) {
      ++read_again;
    }
    for (const char byte : kBytes) {
      other = document;
      other.insert(i, 1, byte);
      (void)known(other);
      other = document;
      other[i] = byte;
      (void)known(other);
    }
  }
  EXPECT_GT(read_again, kProfile.size() - 1);
}

TEST_F(KnownProfile, TheCacheOfAnotherIsNotAsked) {
  const std::string document = with_profile(R"({"linux":{"seccomp":)", "}}");
  const std::string cache = cat(root_, "/", linux::kSeccompCache);
  ASSERT_EQ(::chmod(cache.c_str(), 0750), 0);
  EXPECT_FALSE(known(document));
  ASSERT_EQ(::chmod(cache.c_str(), 0700), 0);
  EXPECT_TRUE(known(document));
  std::filesystem::rename(cache, cache + ".away");
  EXPECT_FALSE(known(document));
  std::filesystem::create_symlink(cache + ".away", cache);
  EXPECT_FALSE(known(document));
}

}  // namespace
}  // namespace plimsoll::container
