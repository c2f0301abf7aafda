// SPDX-License-Identifier: Apache-2.0
#include "runtime/sys/abstract_socket.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "runtime/base/text.h"
#include "runtime/sys/raw.h"

namespace plimsoll::sys {

namespace {

Result<> with_address(long number, BorrowedFd socket, std::string_view name,
                      std::string_view call) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  long result = -ENAMETOOLONG;
  if (name.size() < sizeof address.sun_path) {
    std::memcpy(&address.sun_path[1], name.data(), name.size());
    result = raw_retry(number, socket.get(), &address,
                       offsetof(sockaddr_un, sun_path) + 1 + name.size());
  }
  if (result < 0) {
    return fail(Error::system(static_cast<int>(-result), cat(call, " '@", name, "'")));
  }
  return {};
}

}  // namespace

Result<> connect_abstract(BorrowedFd socket, std::string_view name) {
  return with_address(SYS_connect, socket, name, "connect");
}

Result<> bind_abstract(BorrowedFd socket, std::string_view name) {
  return with_address(SYS_bind, socket, name, "bind");
}

}  // namespace plimsoll::sys
