// SPDX-License-Identifier: Apache-2.0
#include "runtime/launch/protocol.h"

#include <array>
#include <cerrno>
#include <cstring>

#include "runtime/base/text.h"
#include "runtime/sys/socket.h"

namespace plimsoll::launch {

namespace {

// Errors and warnings are lines for people; what is longer is cut.
constexpr std::size_t kMaxText = std::size_t{16} * 1024;

struct Header {
  std::uint8_t message;
  std::uint8_t kind;
  std::uint16_t reserved;
  std::int32_t err;
};

constexpr auto kNames = std::to_array<std::string_view>(
    {"go", "settled", "parent_work", "work_done", "console", "ready", "committed", "start",
     "listener", "executing", "failed", "end of file"});
static_assert(kNames.size() == static_cast<std::size_t>(Message::end_of_file) + 1);

// From the stack: whoever sends gives the turn away with it, and must not free anything afterwards.
Result<> send_packet(BorrowedFd channel, Header header, std::string_view text, int fd) {
  std::array<char, sizeof(Header) + kMaxText> packet;
  text = text.substr(0, kMaxText);
  std::memcpy(packet.data(), &header, sizeof header);
  text.copy(packet.data() + sizeof header, text.size());
  const std::string_view bytes(packet.data(), sizeof header + text.size());
  if (fd < 0) {
    return sys::send_message(channel, bytes);
  }
  return sys::send_message(channel, bytes, {&fd, 1});
}

}  // namespace

std::string_view message_name(Message message) { return kNames[static_cast<std::size_t>(message)]; }

Error Packet::error() && { return Error(kind, err, std::move(text)); }

Result<> send(BorrowedFd channel, Message message, std::string_view text, int fd) {
  const Header header = {
      .message = static_cast<std::uint8_t>(message), .kind = 0, .reserved = 0, .err = 0};
  return send_packet(channel, header, text, fd);
}

Result<> send_failure(BorrowedFd channel, const Error& error) {
  const Header header = {.message = static_cast<std::uint8_t>(Message::failed),
                         .kind = static_cast<std::uint8_t>(error.kind()),
                         .reserved = 0,
                         .err = error.err()};
  return send_packet(channel, header, error.text(), -1);
}

// On the stack, and without a heap allocation for a message without text: `executing` arrives while
// init still runs.
Result<Packet> receive(BorrowedFd channel) {
  std::array<char, sizeof(Header) + kMaxText> buffer;
  UniqueFd fd;
  auto received = sys::receive_into(channel, buffer, fd);
  if (!received && received.error().err() == ECONNRESET) {
    // The peer died with a message of ours unread, which is told before its own last message.
    received = sys::receive_into(channel, buffer, fd);
  }
  if (!received) {
    return fail(std::move(received).error());
  }
  if (*received == 0) {
    return Packet{};
  }
  Header header = {};
  if (*received < sizeof header) {
    return fail(Error::invalid("message between the runtime's processes is too short"));
  }
  std::memcpy(&header, buffer.data(), sizeof header);
  if (header.message >= static_cast<std::uint8_t>(Message::end_of_file) ||
      header.kind > static_cast<std::uint8_t>(ErrorKind::unsupported)) {
    return fail(Error::invalid("message between the runtime's processes is malformed"));
  }
  Packet packet;
  packet.message = static_cast<Message>(header.message);
  packet.kind = static_cast<ErrorKind>(header.kind);
  packet.err = header.err;
  packet.text.assign(buffer.data() + sizeof header, *received - sizeof header);
  packet.fd = std::move(fd);
  return packet;
}

Result<Packet> expect(BorrowedFd channel, Message wanted) {
  Packet packet = TRY(receive(channel));
  if (packet.message == wanted) {
    return packet;
  }
  if (packet.message == Message::failed) {
    return fail(std::move(packet).error());
  }
  if (packet.message == Message::end_of_file) {
    return fail(
        Error(ErrorKind::system, 0,
              cat("the other process ended while '", message_name(wanted), "' was awaited")));
  }
  return fail(Error::invalid(cat("'", message_name(wanted), "' was awaited, but '",
                                 message_name(packet.message), "' came")));
}

}  // namespace plimsoll::launch
