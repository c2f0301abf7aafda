// SPDX-License-Identifier: Apache-2.0
#include "runtime/launch/protocol.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "runtime/launch/namespaces.h"
#include "runtime/sys/file.h"
#include "runtime/sys/heap_use_test.h"
#include "runtime/sys/socket.h"

namespace plimsoll::launch {
namespace {

class ProtocolTest : public testing::Test {
 protected:
  void SetUp() override {
    auto pair = sys::socket_pair(SOCK_SEQPACKET);
    ASSERT_TRUE(pair.has_value());
    ours_ = std::move(pair->first);
    theirs_ = std::move(pair->second);
  }
  UniqueFd ours_, theirs_;
};

TEST_F(ProtocolTest, FailureCrossesWhole) {
  ASSERT_TRUE(send_failure(theirs_, Error::system(EPERM, "mount '/proc': fsmount")));
  const auto packet = expect(ours_, Message::ready);
  ASSERT_FALSE(packet.has_value());
  EXPECT_EQ(packet.error().kind(), ErrorKind::system);
  EXPECT_EQ(packet.error().err(), EPERM);
  EXPECT_EQ(packet.error().message(), "mount '/proc': fsmount: operation not permitted");
}

TEST_F(ProtocolTest, DeathOfThePeerIsNamed) {
  theirs_.reset();
  const auto packet = expect(ours_, Message::ready);
  ASSERT_FALSE(packet.has_value());
  EXPECT_EQ(packet.error().message(), "the other process ended while 'ready' was awaited");
}

TEST_F(ProtocolTest, LastWordsOfAPeerThatDidNotReadOurs) {
  ASSERT_TRUE(send(ours_, Message::settled));
  ASSERT_TRUE(send_failure(theirs_, Error::system(EPERM, "mount")));
  theirs_.reset();
  EXPECT_EQ(receive(ours_)->message, Message::failed);
  EXPECT_EQ(receive(ours_)->message, Message::end_of_file);
}

TEST_F(ProtocolTest, MessagesWithoutTextLeaveTheHeapAlone) {
  EXPECT_EQ(sys::heap_uses_of([&] {
              (void)send(ours_, Message::settled);
              (void)expect(theirs_, Message::settled);
            }),
            0);
}

// Of launch/namespaces.h; here, because this file counts.
TEST_F(ProtocolTest, SpawnLeavesTheHeapAloneOnceTheProcessRuns) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "setns needs privileges";
  }
  const auto stack = sys::ChildStack::create();
  ASSERT_TRUE(stack);
  for (const bool through_another : {false, true}) {
    std::vector<UniqueFd> join;
    std::vector<int> join_flags;
    if (through_another) {
      join.push_back(*sys::open_at(sys::cwd(), "/proc/self/ns/uts", O_RDONLY));
      join_flags.push_back(CLONE_NEWUTS);
    }
    const SpawnRequest request = {
        .join = &join, .join_flags = &join_flags, .entry = [](void* /*unused*/) { return 7; }};
    int status = 0;
    EXPECT_EQ(sys::heap_uses_of([&] {
                const auto process = spawn(request, *stack);
                status = process ? sys::wait_for(process->pidfd)->code : -1;
              }),
              0);
    EXPECT_EQ(status, 7) << through_another;
  }
}

TEST_F(ProtocolTest, UnexpectedMessageNamesBoth) {
  ASSERT_TRUE(send(theirs_, Message::executing));
  const auto packet = expect(ours_, Message::ready);
  ASSERT_FALSE(packet.has_value());
  EXPECT_EQ(packet.error().message(), "'ready' was awaited, but 'executing' came");
}

TEST_F(ProtocolTest, MalformedPacketsAreRefused) {
  for (const std::string& bytes :
       {std::string("x"), std::string(7, '\0'), std::string("\xff\0\0\0\0\0\0\0", 8),
        std::string("\0\xff\0\0\0\0\0\0", 8)}) {
    ASSERT_TRUE(sys::send_message(theirs_, bytes));
    EXPECT_FALSE(receive(ours_).has_value());
  }
}

TEST_F(ProtocolTest, LongTextIsCut) {
  ASSERT_TRUE(send(theirs_, Message::ready, std::string(100'000, 'x')));
  const auto packet = receive(ours_);
  ASSERT_TRUE(packet.has_value());
  EXPECT_EQ(packet->text.size(), 16U * 1024);
}

TEST_F(ProtocolTest, DescriptorTravelsAndIsCloseOnExec) {
  const auto pipe = sys::pipe();
  ASSERT_TRUE(pipe.has_value());
  ASSERT_TRUE(send(theirs_, Message::console, "/dev/pts/0", pipe->write.get()));
  auto packet = expect(ours_, Message::console);
  ASSERT_TRUE(packet.has_value());
  EXPECT_EQ(packet->text, "/dev/pts/0");
  ASSERT_TRUE(packet->fd.valid());
  EXPECT_EQ(fcntl(packet->fd.get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

}  // namespace
}  // namespace plimsoll::launch
