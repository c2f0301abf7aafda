// The parts of `probe` that run outside: what a container manager does at the other end of the
// runtime's sockets. SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "conformance/probe/probe.h"

namespace plimsoll::probe {
namespace {

int fail(const std::string& what) {
  std::fprintf(stderr, "probe: %s: %s\n", what.c_str(), std::strerror(errno));
  return 1;
}

sockaddr_un address(const std::string& path) {
  sockaddr_un result{};
  result.sun_family = AF_UNIX;
  std::strncpy(result.sun_path, path.c_str(), sizeof(result.sun_path) - 1);
  return result;
}

int bind_socket(const std::string& path, int type) {
  const int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
  const sockaddr_un name = address(path);
  unlink(path.c_str());
  if (fd < 0 || bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof(name)) != 0) {
    return -1;
  }
  if (type == SOCK_STREAM && listen(fd, 1) != 0) {
    return -1;
  }
  return fd;
}

// Accepts one connection and takes one message with one fd from it. The text of the message goes to
// `text`.
int take_fd(const std::string& path, std::string& text) {
  const int listener = bind_socket(path, SOCK_STREAM);
  if (listener < 0) {
    return -1;
  }
  const int peer = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  close(listener);
  std::array<char, 4096> bytes{};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  iovec data{.iov_base = bytes.data(), .iov_len = bytes.size()};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t length = recvmsg(peer, &message, MSG_CMSG_CLOEXEC);
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (length < 0 || header == nullptr || header->cmsg_type != SCM_RIGHTS) {
    errno = ENOMSG;
    return -1;
  }
  text.assign(bytes.data(), static_cast<std::size_t>(length));
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(header), sizeof(fd));
  close(peer);
  return fd;
}

void write_all(int fd, const char* bytes, ssize_t length) {
  while (length > 0) {
    const ssize_t written = write(fd, bytes, static_cast<std::size_t>(length));
    if (written < 0) {
      return;
    }
    bytes += written;
    length -= written;
  }
}

int print_result(long result) {
  std::puts(result < 0 ? strerrorname_np(errno) : "ok");
  return 0;
}

}  // namespace

int receive_console(const std::vector<std::string>& args) {
  std::string text;
  const int terminal = take_fd(args.at(0), text);
  if (terminal < 0) {
    return fail("console");
  }
  std::printf("%s\n", text.c_str());
  std::fflush(stdout);
  const int output = open(args.at(1).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  std::array<pollfd, 2> fds{{{.fd = terminal, .events = POLLIN, .revents = 0},
                             {.fd = STDIN_FILENO, .events = POLLIN, .revents = 0}}};
  std::array<char, 4096> buffer{};
  while (poll(fds.data(), fds.size(), -1) > 0) {
    if (fds[0].revents != 0) {
      const ssize_t length = read(terminal, buffer.data(), buffer.size());
      if (length <= 0) {
        break;
      }
      write_all(output, buffer.data(), length);
    }
    if (fds[1].revents != 0) {
      const ssize_t length = read(STDIN_FILENO, buffer.data(), buffer.size());
      if (length <= 0) {
        fds[1].fd = -1;
      } else {
        write_all(terminal, buffer.data(), length);
      }
    }
  }
  return 0;
}

int receive_pidfd(const std::vector<std::string>& args) {
  std::string text;
  const int pidfd = take_fd(args.at(0), text);
  if (pidfd < 0) {
    return fail("pidfd");
  }
  const std::string info = read_file(("/proc/self/fdinfo/" + std::to_string(pidfd)).c_str());
  const std::size_t line = info.find("Pid:");
  std::printf("%s %ld\n", text.c_str(),
              line == std::string::npos ? -1L : std::strtol(info.c_str() + line + 4, nullptr, 10));
  return 0;
}

int receive_notify(const std::vector<std::string>& args) {
  const int fd = bind_socket(args.at(0), SOCK_DGRAM);
  if (fd < 0) {
    return fail("notify");
  }
  std::array<char, 4096> buffer{};
  for (ssize_t n = 0; (n = recv(fd, buffer.data(), buffer.size(), 0)) >= 0;) {
    const std::string text(buffer.data(), static_cast<std::size_t>(n));
    std::printf("%s\n", text.c_str());
    std::fflush(stdout);
    if (text.find(args.at(1)) != std::string::npos) {
      return 0;
    }
  }
  return fail("recv");
}

int send_notify(const std::vector<std::string>& args) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr) {
    errno = ENOENT;
    return fail("NOTIFY_SOCKET");
  }
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const sockaddr_un name = address(path);
  if (sendto(fd, args.at(0).data(), args.at(0).size(), 0, reinterpret_cast<const sockaddr*>(&name),
             sizeof(name)) < 0) {
    return fail(path);
  }
  return 0;
}

int call(const std::vector<std::string>& args) {
  std::array<long, 7> words{};
  for (std::size_t i = 0; i < args.size() && i < words.size(); ++i) {
    words[i] = std::strtol(args[i].c_str(), nullptr, 0);
  }
  return print_result(
      syscall(words[0], words[1], words[2], words[3], words[4], words[5], words[6]));
}

int push_input(const std::vector<std::string>& args) {
  for (const char c : args.at(0)) {
    if (ioctl(STDIN_FILENO, TIOCSTI, &c) != 0) {
      return print_result(-1);
    }
  }
  return print_result(0);
}

int exchange(const std::vector<std::string>& args) {
  constexpr unsigned kExchange = 2;
  for (long left = std::strtol(args.at(2).c_str(), nullptr, 10); left > 0; --left) {
    if (syscall(SYS_renameat2, AT_FDCWD, args.at(0).c_str(), AT_FDCWD, args.at(1).c_str(),
                kExchange) != 0) {
      return fail("renameat2");
    }
  }
  return 0;
}

}  // namespace plimsoll::probe
