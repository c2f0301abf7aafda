// SPDX-License-Identifier: Apache-2.0
#include "runtime/sys/socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"
#include "runtime/sys/raw.h"

namespace plimsoll::sys {

namespace {

constexpr std::size_t kMaxFds = 8;

struct Address {
  sockaddr_un value = {};
  socklen_t size = 0;
  UniqueFd dir;  // keeps /proc/self/fd/N valid
};

Result<Address> address_of(const std::string& path) {
  Address address;
  address.value.sun_family = AF_UNIX;
  std::string name = path;
  if (name.size() >= sizeof address.value.sun_path) {
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    address.dir = TRY(open_at(cwd(), folder.c_str(), O_PATH | O_DIRECTORY));
    name = cat("/proc/self/fd/", address.dir.get(), "/",
               path.substr(slash == std::string::npos ? 0 : slash + 1));
    if (name.size() >= sizeof address.value.sun_path) {
      return fail(Error::system(ENAMETOOLONG, cat("socket '", path, "'")));
    }
  }
  std::memcpy(&address.value.sun_path[0], name.data(), name.size());
  address.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + 1);
  return address;
}

}  // namespace

Result<SocketPair> socket_pair(int type) {
  int fds[2] = {-1, -1};
  const long result = raw(SYS_socketpair, AF_UNIX, type | SOCK_CLOEXEC, 0, &fds[0]);
  if (result < 0) {
    return fail(Error::system(static_cast<int>(-result), "socketpair"));
  }
  return SocketPair{.first = UniqueFd(fds[0]), .second = UniqueFd(fds[1])};
}

Result<UniqueFd> unix_socket(int type) {
  const long fd = raw(SYS_socket, AF_UNIX, type | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    return fail(Error::system(static_cast<int>(-fd), "socket"));
  }
  return UniqueFd(static_cast<int>(fd));
}

Result<> connect_unix(BorrowedFd socket, const std::string& path) {
  const Address address = TRY(address_of(path));
  const long result = raw_retry(SYS_connect, socket.get(), &address.value, address.size);
  if (result < 0) {
    return fail(Error::system(static_cast<int>(-result), cat("connect '", path, "'")));
  }
  return {};
}

Result<> bind_unix(BorrowedFd socket, const std::string& path) {
  const Address address = TRY(address_of(path));
  const long result = raw(SYS_bind, socket.get(), &address.value, address.size);
  if (result < 0) {
    return fail(Error::system(static_cast<int>(-result), cat("bind '", path, "'")));
  }
  return {};
}

Result<> send_message(BorrowedFd socket, std::string_view data, std::span<const int> fds) {
  if (fds.size() > kMaxFds) {
    return fail(Error::system(E2BIG, "sendmsg"));
  }
  iovec part = {.iov_base = const_cast<char*>(data.data()),
                .iov_len = data.size()};  // NOLINT: sendmsg only reads
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kMaxFds)> control = {};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!fds.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(fds.size_bytes());
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(fds.size_bytes());
    std::memcpy(CMSG_DATA(header), fds.data(), fds.size_bytes());
  }
  const long sent = raw_retry(SYS_sendmsg, socket.get(), &message, MSG_NOSIGNAL);
  if (sent < 0) {
    return fail(Error::system(static_cast<int>(-sent), "sendmsg"));
  }
  if (static_cast<std::size_t>(sent) != data.size()) {
    return fail(Error::system(EMSGSIZE, "sendmsg"));
  }
  return {};
}

Result<Message> receive_message(BorrowedFd socket, std::size_t limit) {
  Message out;
  out.data.resize(limit);
  iovec part = {.iov_base = out.data.data(), .iov_len = limit};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kMaxFds)> control = {};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const long size = raw_retry(SYS_recvmsg, socket.get(), &message, MSG_CMSG_CLOEXEC);
  if (size < 0) {
    return fail(Error::system(static_cast<int>(-size), "recvmsg"));
  }
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
      const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (std::size_t i = 0; i < count; ++i) {
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof fd);
        out.fds.emplace_back(fd);
      }
    }
  }
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    return fail(Error::system(EMSGSIZE, "recvmsg"));
  }
  out.data.resize(static_cast<std::size_t>(size));
  return out;
}

Result<std::size_t> receive_into(BorrowedFd socket, std::span<char> buffer, UniqueFd& fd) {
  iovec part = {.iov_base = buffer.data(), .iov_len = buffer.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control = {};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const long size = raw_retry(SYS_recvmsg, socket.get(), &message, MSG_CMSG_CLOEXEC);
  if (size < 0) {
    return fail(Error::system(static_cast<int>(-size), "recvmsg"));
  }
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
    int number = -1;
    std::memcpy(&number, CMSG_DATA(header), sizeof number);
    fd = UniqueFd(number);
  }
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    return fail(Error::system(EMSGSIZE, "recvmsg"));
  }
  return static_cast<std::size_t>(size);
}

Result<int> poll_fds(std::span<pollfd> entries, int timeout_milliseconds) {
  const std::uint64_t start = monotonic_milliseconds();
  for (;;) {
    int left = timeout_milliseconds;
    if (timeout_milliseconds > 0) {
      const std::uint64_t spent = monotonic_milliseconds() - start;
      left = spent >= static_cast<std::uint64_t>(timeout_milliseconds)
                 ? 0
                 : timeout_milliseconds - static_cast<int>(spent);
    }
    const timespec limit = {.tv_sec = left / 1000,
                            .tv_nsec = static_cast<long>(left % 1000) * 1'000'000};
    const long ready =
        raw(SYS_ppoll, entries.data(), entries.size(), left < 0 ? nullptr : &limit, nullptr, 8);
    if (ready >= 0) {
      return static_cast<int>(ready);
    }
    if (ready != -EINTR) {
      return fail(Error::system(static_cast<int>(-ready), "ppoll"));
    }
  }
}

Result<UniqueFd> signal_fd(std::uint64_t mask) {
  const long fd = raw(SYS_signalfd4, -1, &mask, sizeof mask, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd < 0) {
    return fail(Error::system(static_cast<int>(-fd), "signalfd"));
  }
  return UniqueFd(static_cast<int>(fd));
}

}  // namespace plimsoll::sys
