// Fuzzes the messages between the runtime's processes: packets of any content, one after another.
// Oracles: a packet is read as its header says, or refused; what is sent arrives whole; the
// sender's end is an end of file, never a hang. SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <string>
#include <string_view>

#include "fuzz/harness.h"
#include "runtime/launch/protocol.h"
#include "runtime/sys/socket.h"

namespace {

using namespace plimsoll;
using fuzz::require;
using launch::Message;

void check_raw(BorrowedFd sender, BorrowedFd receiver, std::string_view bytes) {
  if (bytes.empty() || !sys::send_message(sender, bytes)) {
    return;
  }
  const auto packet = launch::receive(receiver);
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
  const bool good = bytes.size() >= 8 && bytes.size() <= 8 + 16 * 1024 &&
                    byte(0) < static_cast<unsigned>(Message::end_of_file) &&
                    byte(1) <= static_cast<unsigned>(ErrorKind::unsupported);
  require(packet.has_value() == good);
  if (!good) {
    return;
  }
  require(static_cast<unsigned>(packet->message) == byte(0) && packet->text == bytes.substr(8));
  std::int32_t err = 0;
  std::memcpy(&err, bytes.data() + 4, sizeof err);
  require(packet->err == err && static_cast<unsigned>(packet->kind) == byte(1));
  require(!launch::message_name(packet->message).empty() && packet->fd.get() < 0);
}

void check_expected(BorrowedFd sender, BorrowedFd receiver, Message sent, Message wanted,
                    std::string_view text) {
  require(launch::send(sender, sent, text).has_value());
  const auto packet = launch::expect(receiver, wanted);
  require(packet.has_value() == (sent == wanted));
  require(!packet || packet->text == text.substr(0, 16 * 1024));
  require(packet || !packet.error().message().empty() || sent == Message::failed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto pair = sys::socket_pair(SOCK_SEQPACKET);
  require(pair.has_value());
  fuzz::Input input(data, size);
  for (int packets = 0; !input.done() && packets < 8; ++packets) {
    check_raw(pair->first, pair->second, input.text(200));
  }
  const std::string_view all = fuzz::text_of(data, size);
  const std::size_t choice = size == 0 ? 0 : data[0];
  constexpr std::size_t kMessages = static_cast<std::size_t>(Message::end_of_file);
  check_expected(pair->second, pair->first, static_cast<Message>(choice % kMessages),
                 static_cast<Message>(choice / kMessages % kMessages), all);
  const Error error(static_cast<ErrorKind>(choice % 6), static_cast<int>(choice) - 20,
                    std::string(all));
  require(launch::send_failure(pair->first, error).has_value());
  const auto failed = launch::expect(pair->second, Message::ready);
  require(!failed && failed.error().kind() == error.kind() && failed.error().err() == error.err());
  require(failed.error().text() == all.substr(0, 16 * 1024));
  pair->first = UniqueFd();
  const auto end = launch::receive(pair->second);
  require(end && end->message == Message::end_of_file);
  require(!launch::expect(pair->second, Message::go));
  return 0;
}
