// Real devices in network namespaces of the test's own.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <string>

#include "runtime/base/text.h"
#include "runtime/linux/host.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"
#include "runtime/sys/spawn_program.h"

namespace plimsoll::linux {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string shell(const std::string& script) {
  const auto result = sys::run_program({.path = "/bin/sh",
                                        .argv = {"sh", "-c", script},
                                        .envp = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"},
                                        .stdin_text = {}});
  if (!result) {
    return result.error().message();
  }
  return cat(result->output, result->error_output);
}

// The test stands in one new network namespace (the "host"), a child of it in another.
class NetworkDevices : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) {
      GTEST_SKIP() << "not root";
    }
    before_ = std::move(*sys::open_at(sys::cwd(), "/proc/self/ns/net", O_RDONLY));
    if (::unshare(CLONE_NEWNET) != 0) {
      before_.reset();
      GTEST_SKIP() << "no network namespace can be made here";
    }
    if (const std::string made =
            shell("ip link add dev probe0 type veth peer name probe1 && ip link del probe0");
        !made.empty()) {
      GTEST_SKIP() << "no veth device can be made here: " << made;
    }
    auto ready = sys::pipe();
    container_ = ::fork();
    if (container_ == 0) {
      (void)::unshare(CLONE_NEWNET);
      (void)sys::write_all(ready->write, "x");
      for (;;) {
        ::pause();
      }
    }
    ready->write.reset();
    char byte = 0;
    ASSERT_TRUE(sys::read_some(ready->read, &byte, 1));
    netns_ = std::move(
        *sys::open_at(sys::cwd(), cat("/proc/", container_, "/ns/net").c_str(), O_RDONLY));
  }
  void TearDown() override {
    if (container_ > 0) {
      ::kill(container_, SIGKILL);
      ::waitpid(container_, nullptr, 0);
    }
    if (before_) {
      ASSERT_EQ(::setns(before_.get(), CLONE_NEWNET), 0);
    }
  }
  std::string inside(const std::string& script) const {
    return shell(cat("nsenter --net=/proc/", container_, "/ns/net sh -c '", script, "'"));
  }
  std::string move(const std::vector<plan::NetDevice>& devices) const {
    const auto moved = move_network_devices(devices, netns_);
    return moved ? "" : moved.error().message();
  }

  UniqueFd before_;
  UniqueFd netns_;
  pid_t container_ = -1;
};

// linux.netDevices.check-move
TEST_F(NetworkDevices, MissingDeviceIsAnErrorWithItsName) {
  EXPECT_EQ(move({{.host_name = "none0", .name = {}}}),
            "network device 'none0': RTM_GETLINK: no such device");
}

TEST_F(NetworkDevices, LoopbackIsRefused) {
  EXPECT_EQ(move({{.host_name = "lo", .name = {}}}),
            "network device 'lo': the loopback device cannot be moved");
}

TEST_F(NetworkDevices, NamesThatTheKernelRefusesAreRefusedFirst) {
  for (const char* name : {"a/b", "has space", "..", ".", "sixteen-letters0", "a%s", "%", "a%db",
                           "%d%d", "a:b", "x\n"}) {
    EXPECT_THAT(move({{.host_name = "eth0", .name = name}}),
                HasSubstr("is no name of a network device"))
        << name;
  }
}

// linux.netDevices.available, .name.optional, .keep-addresses, .up
TEST_F(NetworkDevices, MovesAndRenamesAndKeepsGlobalPermanentAddresses) {
  ASSERT_EQ(shell("ip link add dev a0 mtu 1400 address 02:00:00:00:00:77 type veth peer name b0 &&"
                  "ip addr add 10.1.2.3/24 brd 10.1.2.255 dev a0 && ip addr add 10.9.0.1 peer "
                  "10.9.0.2/32 dev a0 &&"
                  "ip addr add 10.5.5.5/24 scope host dev a0 && ip addr add 10.6.6.6/24 scope link "
                  "dev a0 &&"
                  "ip addr add 10.7.7.7/24 valid_lft 1000 preferred_lft 1000 dev a0 &&"
                  "ip -6 addr add fd00::5/64 dev a0 nodad && ip -6 addr add fd01::5/64 valid_lft "
                  "1000 preferred_lft 1000 dev a0"),
            "");
  EXPECT_EQ(move({{.host_name = "a0", .name = "inside0"}}), "");
  EXPECT_THAT(shell("ip link show a0"), HasSubstr("does not exist"));
  const std::string link = inside("ip -o link show inside0");
  EXPECT_THAT(link, HasSubstr("mtu 1400"));
  EXPECT_THAT(link, HasSubstr("02:00:00:00:00:77"));
  EXPECT_THAT(link, HasSubstr(",UP"));
  const std::string addresses = inside("ip -o addr show inside0");
  EXPECT_THAT(addresses, HasSubstr("10.1.2.3/24 brd 10.1.2.255 scope global inside0"));
  EXPECT_THAT(addresses, HasSubstr("10.9.0.1 peer 10.9.0.2/32"));
  EXPECT_THAT(addresses, HasSubstr("fd00::5/64 scope global nodad"));
  for (const char* dropped : {"10.5.5.5", "10.6.6.6", "10.7.7.7", "fd01::5"}) {
    EXPECT_THAT(addresses, Not(HasSubstr(dropped)));
  }
}

TEST_F(NetworkDevices, KeepsItsNameWithoutAnotherAndMovesSeveral) {
  ASSERT_EQ(shell("ip link add dev a0 type veth peer name b0"), "");
  EXPECT_EQ(move({{.host_name = "a0", .name = {}}, {.host_name = "b0", .name = ""}}), "");
  EXPECT_THAT(inside("ip -o link"), testing::AllOf(HasSubstr("a0@b0"), HasSubstr("b0@a0")));
}

// linux.netDevices.name-template
TEST_F(NetworkDevices, TemplateLetsTheKernelChoose) {
  ASSERT_EQ(inside("ip link add dev eth0 type veth peer name eth2"), "");
  ASSERT_EQ(shell("ip link add dev eth0 type veth peer name b0"), "");
  EXPECT_EQ(move({{.host_name = "eth0", .name = "eth%d"}, {.host_name = "b0", .name = "eth%d"}}),
            "");
  EXPECT_THAT(inside("ip -o link"), testing::AllOf(HasSubstr("eth1@eth3"), HasSubstr("eth3@eth1"),
                                                   HasSubstr("eth0@eth2")));
  EXPECT_THAT(shell("ip -o link"), Not(HasSubstr("eth0")));
}

// linux.netDevices.name-exists.error
TEST_F(NetworkDevices, NameThatIsTakenInsideIsAnErrorAndNothingMoves) {
  ASSERT_EQ(inside("ip link add dev taken0 type veth peer name other0"), "");
  ASSERT_EQ(shell("ip link add dev a0 type veth peer name b0 && ip addr add 10.1.2.3/24 dev a0 && "
                  "ip link set a0 up"),
            "");
  EXPECT_EQ(move({{.host_name = "b0", .name = {}}, {.host_name = "a0", .name = "taken0"}}),
            "network device 'a0': the container's network namespace has a device 'taken0' already");
  EXPECT_THAT(shell("ip -o addr show a0"), HasSubstr("10.1.2.3/24"));
  EXPECT_THAT(shell("ip -o link"), HasSubstr("b0@a0"));
}

TEST_F(NetworkDevices, FailureHalfWayMovesAllBackAsTheyWere) {
  ASSERT_EQ(shell("ip link add dev a0 type veth peer name b0 && ip link add dev c0 type veth peer "
                  "name d0 &&"
                  "ip addr add 10.1.2.3/24 dev a0 && ip -6 addr add fd00::5/64 dev a0 nodad && ip "
                  "link set a0 up &&"
                  "ip addr add 10.8.0.1/24 dev c0"),
            "");
  // The second clashes with the first, which nothing can tell before the first is inside.
  const std::string error =
      move({{.host_name = "a0", .name = "same0"}, {.host_name = "c0", .name = "same0"}});
  EXPECT_THAT(error, testing::StartsWith("network device 'c0': move: RTM_SETLINK"));
  EXPECT_THAT(error, HasSubstr("file exists"));
  const std::string first = shell("ip -o addr show a0");
  EXPECT_THAT(first, HasSubstr("10.1.2.3/24"));
  EXPECT_THAT(first, HasSubstr("fd00::5/64"));
  EXPECT_THAT(shell("ip -o link show a0"), HasSubstr(",UP"));
  EXPECT_THAT(shell("ip -o addr show c0"), HasSubstr("10.8.0.1/24"));
  EXPECT_THAT(shell("ip -o link show c0"), Not(HasSubstr(",UP")));
  EXPECT_THAT(inside("ip -o link"), Not(HasSubstr("same0")));
}

TEST_F(NetworkDevices, CallerStaysInItsNamespace) {
  const auto inode = [] {
    const auto info = sys::stat_at(sys::cwd(), "/proc/self/ns/net", 0);
    return info ? info->st_ino : 0;
  };
  const auto start = inode();
  ASSERT_EQ(shell("ip link add dev a0 type veth peer name b0"), "");
  EXPECT_EQ(move({{.host_name = "a0", .name = {}}}), "");
  EXPECT_EQ(inode(), start);
  const auto no_namespace = sys::open_at(sys::cwd(), "/dev/null", O_RDONLY);
  ASSERT_TRUE(no_namespace);
  const auto failed = move_network_devices({{.host_name = "b0", .name = {}}}, *no_namespace);
  EXPECT_FALSE(failed);
  EXPECT_EQ(inode(), start);
}

TEST_F(NetworkDevices, ManyAddressesArriveAll) {
  ASSERT_EQ(shell("ip link add dev a0 type veth peer name b0; i=1; while [ $i -le 500 ]; do "
                  "echo addr add 10.$((i/250)).$((i%250)).1/32 dev a0; i=$((i+1)); done | ip -b -"),
            "");
  EXPECT_EQ(move({{.host_name = "a0", .name = {}}}), "");
  EXPECT_EQ(inside("ip -o -4 addr show a0 | wc -l"), "500\n");
}

}  // namespace
}  // namespace plimsoll::linux
