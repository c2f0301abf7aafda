// SPDX-License-Identifier: Apache-2.0
#include "runtime/sys/netlink.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "runtime/base/text.h"
#include "runtime/sys/raw.h"

namespace plimsoll::sys {

namespace {

constexpr std::size_t kAnswer = std::size_t{64} * 1024;
constexpr long kSeconds = 10;
constexpr std::uint16_t kTypeMask = 0x3fff;  // NLA_TYPE_MASK: without the two flag bits

std::size_t aligned(std::size_t size) {
  return (size + NLMSG_ALIGNTO - 1) & ~std::size_t{NLMSG_ALIGNTO - 1};
}

// Visits [u16 length][u16 type][data] records.
void walk_attributes(std::string_view data,
                     const std::function<void(std::uint16_t, std::string_view)>& visit) {
  while (data.size() >= sizeof(nlattr)) {
    nlattr head = {};
    std::memcpy(&head, data.data(), sizeof head);
    if (head.nla_len < sizeof head || head.nla_len > data.size()) {
      return;
    }
    visit(head.nla_type & kTypeMask, data.substr(sizeof head, head.nla_len - sizeof head));
    data.remove_prefix(std::min(aligned(head.nla_len), data.size()));
  }
}

// NLMSG_ERROR with error 0 is an acknowledgement.
Result<> outcome(std::string_view payload, std::uint16_t flags, std::string_view name) {
  nlmsgerr error = {};
  if (payload.size() < sizeof error) {
    return fail(Error::system(EBADMSG, std::string(name)));
  }
  std::memcpy(&error, payload.data(), sizeof error);
  if (error.error == 0) {
    return {};
  }
  std::string explanation;
  if ((flags & NLM_F_ACK_TLVS) != 0) {
    // With NETLINK_CAP_ACK only the header of the request stands before the attributes.
    walk_attributes(payload.substr(sizeof error), [&](std::uint16_t type, std::string_view data) {
      if (type == NLMSGERR_ATTR_MSG) {
        explanation = cat(" (", data.substr(0, data.find('\0')), ")");
      }
    });
  }
  return fail(Error::system(-error.error, cat(name, explanation)));
}

}  // namespace

NetlinkRequest::NetlinkRequest(std::uint16_t type, std::uint16_t flags, const void* header,
                               std::size_t size) {
  nlmsghdr head = {};
  head.nlmsg_type = type;
  head.nlmsg_flags = static_cast<__u16>(NLM_F_REQUEST | flags);
  append(&head, sizeof head);
  append(header, size);
}

void NetlinkRequest::append(const void* data, std::size_t size) {
  const std::size_t padded = aligned(size);
  if (padded > buffer_.size() - size_) {
    too_long_ = true;
    return;
  }
  if (size > 0) {
    std::memcpy(buffer_.data() + size_, data, size);
  }
  size_ += padded;  // the buffer is zero, and so is the padding
}

void NetlinkRequest::attribute(std::uint16_t type, std::string_view data) {
  if (data.size() > buffer_.size()) {
    too_long_ = true;
    return;
  }
  const nlattr head = {.nla_len = static_cast<__u16>(sizeof(nlattr) + data.size()),
                       .nla_type = type};
  append(&head, sizeof head);
  append(data.data(), data.size());
}

void NetlinkRequest::attribute(std::uint16_t type, std::uint32_t value) {
  attribute(type, std::string_view(reinterpret_cast<const char*>(&value), sizeof value));
}

void NetlinkRequest::name(std::uint16_t type, std::string_view text) {
  attribute(type, std::string_view(cat(text, '\0')));
}

void NetlinkMessage::attributes(
    std::size_t header_size,
    const std::function<void(std::uint16_t, std::string_view)>& visit) const {
  const std::size_t start = aligned(header_size);
  if (start < payload_.size()) {
    walk_attributes(payload_.substr(start), visit);
  }
}

Result<NetlinkSocket> NetlinkSocket::open() {
  const long fd = raw(SYS_socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) {
    return fail(Error::system(static_cast<int>(-fd), "socket AF_NETLINK"));
  }
  UniqueFd socket(static_cast<int>(fd));
  const int on = 1;
  const timeval limit = {.tv_sec = kSeconds, .tv_usec = 0};
  // Both make errors better, and are missing in old kernels only.
  (void)raw(SYS_setsockopt, fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
  (void)raw(SYS_setsockopt, fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
  (void)raw(SYS_setsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  return NetlinkSocket(std::move(socket));
}

// Reads one datagram. True when the answer is complete.
Result<bool> NetlinkSocket::read_answers(std::uint32_t sequence, std::string_view name,
                                         const std::function<void(const NetlinkMessage&)>& visit) {
  std::string buffer(kAnswer, '\0');
  sockaddr_nl sender = {};
  iovec part = {.iov_base = buffer.data(), .iov_len = buffer.size()};
  msghdr message = {};
  message.msg_name = &sender;
  message.msg_namelen = sizeof sender;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  const long size = raw_retry(SYS_recvmsg, fd_.get(), &message, 0);
  if (size < 0 || (message.msg_flags & MSG_TRUNC) != 0) {
    return fail(Error::system(size < 0 ? static_cast<int>(-size) : EMSGSIZE, std::string(name)));
  }
  if (sender.nl_pid != 0) {
    return false;  // not from the kernel
  }
  std::string_view data(buffer.data(), static_cast<std::size_t>(size));
  while (data.size() >= sizeof(nlmsghdr)) {
    nlmsghdr head = {};
    std::memcpy(&head, data.data(), sizeof head);
    if (head.nlmsg_len < sizeof head || head.nlmsg_len > data.size()) {
      return fail(Error::system(EBADMSG, std::string(name)));
    }
    const std::string_view payload = data.substr(sizeof head, head.nlmsg_len - sizeof head);
    data.remove_prefix(std::min(aligned(head.nlmsg_len), data.size()));
    if (head.nlmsg_seq != sequence) {
      continue;  // left over from a request that was given up
    }
    if ((head.nlmsg_flags & NLM_F_DUMP_INTR) != 0) {
      return fail(Error::system(EINTR, std::string(name)));
    }
    if (head.nlmsg_type == NLMSG_ERROR) {
      TRY(outcome(payload, head.nlmsg_flags, name));
      return true;
    }
    if (head.nlmsg_type == NLMSG_DONE) {
      return true;
    }
    if (visit) {
      visit(NetlinkMessage(head.nlmsg_type, payload));
    }
  }
  return false;
}

Result<> NetlinkSocket::exchange(NetlinkRequest& request, std::string_view name,
                                 const std::function<void(const NetlinkMessage&)>& visit) {
  if (request.too_long_) {
    return fail(Error::system(EMSGSIZE, std::string(name)));
  }
  nlmsghdr head = {};
  std::memcpy(&head, request.buffer_.data(), sizeof head);
  head.nlmsg_len = static_cast<__u32>(request.size_);
  head.nlmsg_seq = ++sequence_;
  head.nlmsg_flags |= NLM_F_ACK;  // so that every answer has an end; a dump has its own
  std::memcpy(request.buffer_.data(), &head, sizeof head);
  sockaddr_nl kernel = {};
  kernel.nl_family = AF_NETLINK;
  const long sent = raw_retry(SYS_sendto, fd_.get(), request.buffer_.data(), request.size_, 0,
                              &kernel, sizeof kernel);
  if (sent < 0) {
    return fail(Error::system(static_cast<int>(-sent), std::string(name)));
  }
  while (!TRY(read_answers(head.nlmsg_seq, name, visit))) {
  }
  return {};
}

}  // namespace plimsoll::sys
