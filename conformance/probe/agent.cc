// A seccomp agent for the conformance suite: it takes connections on a socket as the specification
// describes them, and reports each message with its descriptors. SPDX-License-Identifier:
// Apache-2.0
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "conformance/probe/probe.h"

namespace plimsoll::probe {
namespace {

struct Received {
  std::string text;
  std::vector<int> first_fds;
  int later_fds = 0;
  int messages = 0;
  bool end_seen = false;
};

void take_fds(const msghdr& message, Received& received) {
  for (const cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(const_cast<msghdr*>(&message), const_cast<cmsghdr*>(header))) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) {
      continue;
    }
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(fd));
      if (received.messages == 1) {
        received.first_fds.push_back(fd);
      } else {
        ++received.later_fds;
        close(fd);
      }
    }
  }
}

// Reads up to the end of the connection; a peer that keeps it open is cut off after five seconds.
Received read_connection(int peer) {
  Received received;
  pollfd entry{.fd = peer, .events = POLLIN, .revents = 0};
  while (poll(&entry, 1, 5000) == 1) {
    std::array<char, 65536> bytes{};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(16 * sizeof(int))> control{};
    iovec data{.iov_base = bytes.data(), .iov_len = bytes.size()};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t length = recvmsg(peer, &message, MSG_CMSG_CLOEXEC);
    if (length <= 0) {
      received.end_seen = length == 0;
      break;
    }
    ++received.messages;
    received.text.append(bytes.data(), static_cast<std::size_t>(length));
    take_fds(message, received);
  }
  return received;
}

// A descriptor that answers this ioctl is a seccomp listener.
bool is_listener(int fd) {
  seccomp_notif_sizes sizes{};
  std::array<char, 8> id{};
  return sizes.seccomp_notif == 0 && ioctl(fd, SECCOMP_IOCTL_NOTIF_ID_VALID, id.data()) != 0 &&
         errno != ENOTTY && errno != EBADF;
}

void report_connection(const Received& received, const std::string& output) {
  Json json;
  json.open('{').key("text").value(received.text);
  json.key("messages").value(static_cast<long long>(received.messages));
  json.key("fds").value(static_cast<long long>(received.first_fds.size()));
  json.key("later_fds").value(static_cast<long long>(received.later_fds));
  json.key("end_seen").value(received.end_seen);
  json.key("listeners").open('[');
  for (const int fd : received.first_fds) {
    json.value(is_listener(fd));
  }
  json.close(']').close('}');
  FILE* file = std::fopen(output.c_str(), "ae");
  if (file != nullptr) {
    std::fprintf(file, "%s\n", json.text().c_str());
    std::fclose(file);
  }
}

// Answers each call that is asked about with errno `error`, until the last process under the filter
// is gone.
void serve(int listener, int error) {
  pollfd entry{.fd = listener, .events = POLLIN, .revents = 0};
  while (poll(&entry, 1, 20000) == 1 && (entry.revents & POLLIN) != 0) {
    seccomp_notif request{};
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) != 0) {
      continue;
    }
    seccomp_notif_resp response{};
    response.id = request.id;
    response.error = -error;
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
  }
}

}  // namespace

int agent(const std::vector<std::string>& args) {
  const std::string kind = args.size() > 3 ? args[3] : "stream";
  const int type = kind == "seqpacket"  ? SOCK_SEQPACKET
                   : kind == "datagram" ? SOCK_DGRAM
                                        : SOCK_STREAM;
  const int listener = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::strncpy(name.sun_path, args.at(0).c_str(), sizeof(name.sun_path) - 1);
  if (listener < 0 || bind(listener, reinterpret_cast<const sockaddr*>(&name), sizeof(name)) != 0) {
    std::fprintf(stderr, "probe: agent: %s\n", std::strerror(errno));
    return 1;
  }
  if (type != SOCK_DGRAM) {
    listen(listener, 8);
  }
  std::puts("listening");
  std::fflush(stdout);
  pollfd entry{.fd = listener, .events = POLLIN, .revents = 0};
  while (poll(&entry, 1, 20000) == 1) {
    const int peer =
        type == SOCK_DGRAM ? listener : accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (peer < 0) {
      return 1;
    }
    if (kind == "closing") {
      close(peer);
      return 0;
    }
    const Received received = read_connection(peer);
    report_connection(received, args.at(1));
    if (fork() == 0) {
      close(listener);
      if (!received.first_fds.empty()) {
        serve(received.first_fds.front(), std::atoi(args.at(2).c_str()));
      }
      _exit(0);
    }
    for (const int fd : received.first_fds) {
      close(fd);
    }
  }
  return 0;
}

}  // namespace plimsoll::probe
