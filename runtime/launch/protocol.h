// What the runtime's process ("driver": create, run, start or exec) and the container's process say
// to each other, over one SOCK_SEQPACKET pair; from `start` on over the connection that the start
// command makes to init.
//
//   init                                driver
//
//                    <---------------   go         (if that is the driver's work) id maps are in
//                                                  place, init is in its cgroup
//                    <---------------   settled    what the driver does beside init is done
//                                                  (docs/decisions/0012-beside-init.md)
//   parent_work      --------------->              (if there is any) time offsets, prestart and
//                    <---------------   work_done  createRuntime hooks
//   console {pty}    --------------->              (foreground terminal) the master, for copying
//   ready {warnings} --------------->              saves the state, writes the pid file
//                    <---------------   committed  (create) the container exists; init waits for
//                                                  the driver's end, then for start
//                    <---------------   start      startContainer hooks, then the program
//   listener {fd}    --------------->              (seccomp notify) sends it to the agent
//                    <---------------   work_done
//   executing        --------------->              the next thing is execve: end of file means
//                                                  that it worked; a driver whose memory the
//                                                  process shares reads a flag there instead
//   failed {kind, errno, text}                     at any time; the driver returns it as its own
//                                                  Error
//
// A peer's death is an end of file, and is reported as such, never as a broken pipe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"

namespace plimsoll::launch {

enum class Message : std::uint8_t {
  go,
  settled,
  parent_work,
  work_done,
  console,
  ready,
  committed,
  start,
  listener,
  executing,
  failed,
  end_of_file,  // never sent: the other side is gone
};
std::string_view message_name(Message message);

struct Packet {
  Message message = Message::end_of_file;
  std::string text;
  UniqueFd fd;  // what came with it, if anything
  // For failed: what the other side's Error was.
  ErrorKind kind = ErrorKind::system;
  int err = 0;

  // The Error that a failed packet carries.
  Error error() &&;
};

Result<> send(BorrowedFd channel, Message message, std::string_view text = {}, int fd = -1);
Result<> send_failure(BorrowedFd channel, const Error& error);
Result<Packet> receive(BorrowedFd channel);
// Receives and insists on `wanted`: a failed packet becomes its Error, anything else an Error that
// names both.
Result<Packet> expect(BorrowedFd channel, Message wanted);

}  // namespace plimsoll::launch
