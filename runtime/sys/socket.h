// Unix sockets and polling (man 2 socketpair, sendmsg, recvmsg, poll, signalfd).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <poll.h>
#include <sys/signalfd.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"

namespace plimsoll::sys {

struct SocketPair {
  UniqueFd first;
  UniqueFd second;
};
// An AF_UNIX pair; `type` is SOCK_SEQPACKET, SOCK_STREAM or SOCK_DGRAM.
Result<SocketPair> socket_pair(int type);
Result<UniqueFd> unix_socket(int type);
// Paths longer than sun_path are reached through /proc/self/fd of their folder.
Result<> connect_unix(BorrowedFd socket, const std::string& path);
Result<> bind_unix(BorrowedFd socket, const std::string& path);

// One message with `fds` as SCM_RIGHTS; MSG_NOSIGNAL. A short write is an error.
Result<> send_message(BorrowedFd socket, std::string_view data, std::span<const int> fds = {});
struct Message {
  std::string data;  // empty at end of file, when no fd came either
  std::vector<UniqueFd> fds;
};
// One message of at most `limit` bytes and 8 fds, which arrive with O_CLOEXEC. A longer message is
// EMSGSIZE.
Result<Message> receive_message(BorrowedFd socket, std::size_t limit);

// One message into `buffer`, without heap allocation: the number of bytes, 0 at end of file. At
// most one fd, which arrives with O_CLOEXEC; a longer message or more fds are EMSGSIZE.
Result<std::size_t> receive_into(BorrowedFd socket, std::span<char> buffer, UniqueFd& fd);

// poll(2), retried on EINTR with the remaining time. `timeout_milliseconds` < 0 waits for ever.
// Returns the number of ready entries, 0 when the time is up.
Result<int> poll_fds(std::span<pollfd> entries, int timeout_milliseconds);

// signalfd(2) for `mask` (bit n-1 is signal n), O_CLOEXEC and non-blocking. The caller blocks these
// signals.
Result<UniqueFd> signal_fd(std::uint64_t mask);

}  // namespace plimsoll::sys
