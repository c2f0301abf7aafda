// The wire format of CRIU's messages, hostile bytes first.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/checkpoint/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace plimsoll::checkpoint {
namespace {

using std::string_literals::operator""s;
using testing::HasSubstr;

std::string field(char key, std::string_view content) {
  return std::string(1, key) + static_cast<char>(content.size()) + std::string(content);
}

// -- hostile bytes --

TEST(Message, EveryCutOfAResponseIsRefusedOrShorter) {
  // type NOTIFY, success, notify {script "post-restore", pid 300}
  const std::string whole =
      "\x08\x06\x10\x01"s + field('\x2a', field('\x0a', "post-restore") + "\x10\xac\x02");
  ASSERT_TRUE(decode_response(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto response = decode_response(whole.substr(0, size));
    if (response) {
      EXPECT_TRUE(response->notification.empty()) << size;
    } else {
      EXPECT_THAT(response.error().message(), HasSubstr("cut short")) << size;
    }
  }
}

TEST(Message, AStringThatClaimsToBeLongerThanTheMessageIsRefused) {
  const auto response = decode_response("\x4a\xff\xff\xff\xff\xff\xff\xff\xff\x7fhi"s);
  ASSERT_FALSE(response);
  EXPECT_THAT(response.error().message(), HasSubstr("cut short"));
}

TEST(Message, ANumberOfMoreThan64BitsIsRefused) {
  EXPECT_FALSE(decode_response("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s));
}

TEST(Message, AnUnknownWireTypeIsRefused) { EXPECT_FALSE(decode_response("\x0b\x01"s)); }

// -- responses --

TEST(Message, AFailureHasItsNumberAndText) {
  const auto response = decode_response("\x08\x02\x10\x00\x38\x34"s + field('\x4a', "no such"));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->type, 2U);
  EXPECT_FALSE(response->success);
  EXPECT_EQ(response->error_number, 52);
  EXPECT_EQ(response->error_text, "no such");
}

TEST(Message, ARestoreHasThePid) {
  const auto response = decode_response("\x08\x02\x10\x01"s + field('\x22', "\x08\xd2\x09"));
  ASSERT_TRUE(response);
  EXPECT_TRUE(response->success);
  EXPECT_EQ(response->restored_pid, 1234);
}

TEST(Message, UnknownFieldsAreSkipped) {
  // Field 200 as each of the wire types.
  const auto response = decode_response(
      "\xc0\x0c\x01\xc1\x0c\x01\x02\x03\x04\x05\x06\x07\x08\xc2\x0c\x02hi\xc5\x0c\x01\x02\x03\x04\x08\x01\x10\x01"s);
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->type, 1U);
}

// -- requests: bytes written down from the encoding's document and the numbers of rpc.proto --

TEST(Message, ANotificationIsAnswered) {
  EXPECT_EQ(encode_notified(true), "\x08\x06\x18\x01"s);
  EXPECT_EQ(encode_notified(false), "\x08\x06\x18\x00"s);
}

TEST(Message, ARequestHoldsWhatWasSetAndNothingElse) {
  Options options;
  options.images_dir = 4;
  options.pid = 300;
  options.log_file = "dump.log";
  options.cgroup_mode = CgroupMode::ignore;
  options.external_mounts = {{.key = "/a", .value = "/b"}};
  const std::string expected =
      "\x08\x04"      // images_dir_fd
      "\x10\xac\x02"  // pid
      "\x48\x04"      // log_level
      "\x52\x08"
      "dump.log"                            // log_file
      "\x60\x01"                            // notify_scripts
      "\xc0\x01\x01"                        // manage_cgroups
      "\x90\x02\x00"                        // manage_cgroups_mode IGNORE
      "\x90\x03\x01"                        // orphan_pts_master
      "\xba\x01\x08\x0a\x02/a\x12\x02/b"s;  // ext_mnt
  EXPECT_EQ(encode_request(RequestType::dump, options), "\x08\x01"s + field('\x12', expected));
}

}  // namespace
}  // namespace plimsoll::checkpoint
