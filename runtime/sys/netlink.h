// rtnetlink (man 7 rtnetlink): bounded requests, and answers read with every length checked.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"

namespace plimsoll::sys {

// One request: a fixed header and its attributes.
class NetlinkRequest {
 public:
  template <typename Header>
  NetlinkRequest(std::uint16_t type, std::uint16_t flags, const Header& header)
      : NetlinkRequest(type, flags, &header, sizeof header) {}

  // A request that has grown too long fails when it is sent.
  void attribute(std::uint16_t type, std::string_view data);
  void attribute(std::uint16_t type, std::uint32_t value);
  // With the terminating zero that names have.
  void name(std::uint16_t type, std::string_view text);

 private:
  friend class NetlinkSocket;
  NetlinkRequest(std::uint16_t type, std::uint16_t flags, const void* header, std::size_t size);
  void append(const void* data, std::size_t size);

  alignas(nlmsghdr) std::array<char, 1024> buffer_ = {};
  std::size_t size_ = 0;
  bool too_long_ = false;
};

// One message of an answer.
class NetlinkMessage {
 public:
  NetlinkMessage(std::uint16_t type, std::string_view payload) : payload_(payload), type_(type) {}
  std::uint16_t type() const { return type_; }
  // The fixed header; false when the message is too short for one.
  template <typename Header>
  bool header(Header& out) const {
    if (payload_.size() < sizeof out) {
      return false;
    }
    payload_.copy(reinterpret_cast<char*>(&out), sizeof out);
    return true;
  }
  // Calls `visit(type, data)` for each attribute behind a header of `header_size` bytes.
  void attributes(std::size_t header_size,
                  const std::function<void(std::uint16_t, std::string_view)>& visit) const;

 private:
  std::string_view payload_;
  std::uint16_t type_;
};

// A NETLINK_ROUTE socket of the network namespace in which it was opened.
class NetlinkSocket {
 public:
  static Result<NetlinkSocket> open();
  // Sends the request and calls `visit` for each message of the answer, up to its end. A refusal is
  // an Error of `name` (such as "RTM_SETLINK") with the kernel's own explanation where it has one;
  // an answer that changed while it was read is EINTR.
  Result<> exchange(NetlinkRequest& request, std::string_view name,
                    const std::function<void(const NetlinkMessage&)>& visit = {});

 private:
  explicit NetlinkSocket(UniqueFd fd) : fd_(std::move(fd)) {}
  Result<bool> read_answers(std::uint32_t sequence, std::string_view name,
                            const std::function<void(const NetlinkMessage&)>& visit);
  UniqueFd fd_;
  std::uint32_t sequence_ = 0;
};

}  // namespace plimsoll::sys
