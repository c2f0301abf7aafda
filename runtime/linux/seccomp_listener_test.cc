// The hand-over of a seccomp listener to a real agent on a real socket.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <thread>

#include "runtime/base/text.h"
#include "runtime/linux/seccomp.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"
#include "runtime/sys/socket.h"

namespace plimsoll::linux {
namespace {

using testing::HasSubstr;

const std::string kState =
    R"({"ociVersion":"1.3.0","id":"box","status":"creating","pid":7,"bundle":"/b"})";

class SeccompListener : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = cat(testing::TempDir(), "agent-XXXXXX");
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    path_ = name + "/agent.sock";
  }
  void TearDown() override {
    ::unlink(path_.c_str());
    ::rmdir(folder_.c_str());
  }
  UniqueFd listen_as(int type) {
    UniqueFd server = std::move(*sys::unix_socket(type));
    EXPECT_TRUE(sys::bind_unix(server, path_));
    EXPECT_TRUE(type == SOCK_DGRAM || ::listen(server.get(), 4) == 0);
    return server;
  }
  static UniqueFd accept_one(BorrowedFd server) {
    return UniqueFd(::accept4(server.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }
  // Any fd will do where only its way is looked at.
  static UniqueFd some_file() {
    return std::move(*sys::open_at(sys::cwd(), "/dev/null", O_RDONLY));
  }

  std::string folder_;
  std::string path_;
};

const BorrowedFd kNone = BorrowedFd::of(-1);

// linux.seccomp.listener.fail.error
TEST_F(SeccompListener, NoAgentIsAnErrorWithItsPath) {
  const UniqueFd fd = some_file();
  const auto sent = send_seccomp_listener(path_, fd, kNone, 1, "", kState);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().message(), cat("failed to connect with seccomp agent: connect '", path_,
                                        "': no such file or directory"));
  listen_as(SOCK_STREAM).reset();
  EXPECT_THAT(send_seccomp_listener(path_, fd, kNone, 1, "", kState).error().message(),
              HasSubstr("connection refused"));
}

// linux.seccomp.listener.socket-type
TEST_F(SeccompListener, OnlyAStreamSocketIsAnAgent) {
  const UniqueFd fd = some_file();
  for (const int type : {SOCK_SEQPACKET, SOCK_DGRAM}) {
    const UniqueFd server = listen_as(type);
    const auto sent = send_seccomp_listener(path_, fd, kNone, 1, "", kState);
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().err(), EPROTOTYPE);
    ::unlink(path_.c_str());
  }
}

// linux.seccomp.listener.one-state, .no-reuse, .closed, linux.seccomp.state.*
TEST_F(SeccompListener, OneDocumentWithItsFdThenTheEnd) {
  const UniqueFd server = listen_as(SOCK_STREAM);
  const UniqueFd fd = some_file();
  ASSERT_TRUE(
      send_seccomp_listener(path_, fd, kNone, 4422, "a \"quoted\\\" word\n", kState + "\n"));
  const UniqueFd connection = accept_one(server);
  const auto message = sys::receive_message(connection, 4096);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->data, cat(R"({"ociVersion":"1.3.0","fds":["seccompFd"],"pid":4422,)",
                               R"("metadata":"a \"quoted\\\" word\u000a","state":)", kState, "}"));
  ASSERT_EQ(message->fds.size(), 1U);
  struct stat got = {};
  struct stat sent = {};
  ASSERT_EQ(::fstat(message->fds[0].get(), &got), 0);
  ASSERT_EQ(::fstat(fd.get(), &sent), 0);
  EXPECT_EQ(got.st_ino, sent.st_ino);
  const auto end = sys::receive_message(connection, 4096);
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->data.empty() && end->fds.empty());
}

// linux.seccomp.state.fds-first
TEST_F(SeccompListener, FdsComeWithTheFirstByteOfALargeDocument) {
  const UniqueFd server = listen_as(SOCK_STREAM);
  const UniqueFd fd = some_file();
  const auto pidfd = sys::pidfd_open(::getpid());
  ASSERT_TRUE(pidfd);
  const std::string metadata(1'000'000, 'm');
  std::thread sender(
      [&] { EXPECT_TRUE(send_seccomp_listener(path_, fd, *pidfd, ::getpid(), metadata, kState)); });
  const UniqueFd connection = accept_one(server);
  const auto first = sys::receive_message(connection, 1);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->data, "{");
  EXPECT_EQ(first->fds.size(), 2U);
  const auto rest = sys::read_to_end(connection, 2'000'000);
  sender.join();
  ASSERT_TRUE(rest);
  EXPECT_THAT(rest->substr(0, 100), HasSubstr(R"("fds":["seccompFd","pidFd"])"));
  EXPECT_TRUE(rest->ends_with(kState + "}"));
}

// linux.seccomp.listener.seccompFd: the fd answers for the filtered process.
TEST_F(SeccompListener, AgentAnswersASystemCallOfTheContainer) {
  plan::Seccomp profile;
  profile.default_action = "SCMP_ACT_ALLOW";
  profile.syscalls = {
      {.names = {"mkdir", "mkdirat"}, .action = "SCMP_ACT_NOTIFY", .errno_ret = {}, .args = {}}};
  std::vector<std::string> warnings;
  const auto program = compile_seccomp(profile, warnings);
  ASSERT_TRUE(program) << program.error().message();
  ASSERT_TRUE(program->notify);
  const UniqueFd server = listen_as(SOCK_STREAM);

  const pid_t pid = ::fork();
  ASSERT_GE(pid, 0);
  if (pid == 0) {
    const auto listener = load_seccomp(*program);
    if (!listener || !listener->valid() ||
        !send_seccomp_listener(path_, *listener, kNone, ::getpid(), "", kState)) {
      ::_exit(1);
    }
    ::_exit(::syscall(SYS_mkdirat, AT_FDCWD, "/never", 0777) == -1 && errno == EXDEV ? 0 : 2);
  }
  const UniqueFd connection = accept_one(server);
  const auto message = sys::receive_message(connection, 4096);
  ASSERT_TRUE(message);
  ASSERT_EQ(message->fds.size(), 1U);
  seccomp_notif request = {};
  ASSERT_EQ(::ioctl(message->fds[0].get(), SECCOMP_IOCTL_NOTIF_RECV, &request), 0);
  EXPECT_EQ(request.data.nr, SYS_mkdirat);
  EXPECT_EQ(request.pid, static_cast<__u32>(pid));
  seccomp_notif_resp response = {.id = request.id, .val = 0, .error = -EXDEV, .flags = 0};
  EXPECT_EQ(::ioctl(message->fds[0].get(), SECCOMP_IOCTL_NOTIF_SEND, &response), 0);
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace plimsoll::linux
