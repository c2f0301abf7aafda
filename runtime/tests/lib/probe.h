// What the test program `probe` is made of: a JSON writer, the report from inside a container, and
// the receivers that stand in for a container manager outside of it. It is no part of the runtime;
// it uses plain libc. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace plimsoll::probe {

// Grows a JSON text. The caller keeps objects and arrays balanced.
class Json {
 public:
  Json& open(char bracket) {
    separate();
    text_ += bracket;
    fresh_ = true;
    return *this;
  }
  Json& close(char bracket) {
    text_ += bracket;
    fresh_ = false;
    return *this;
  }
  Json& key(std::string_view name) {
    value(name);
    text_ += ':';
    fresh_ = true;
    return *this;
  }
  Json& value(std::string_view text);
  Json& value(const char* text) { return value(std::string_view(text)); }
  Json& value(long long number);
  Json& value(bool truth);
  const std::string& text() const { return text_; }

 private:
  void separate() {
    if (!fresh_) {
      text_ += ',';
    }
    fresh_ = false;
  }
  std::string text_;
  bool fresh_ = true;
};

std::string read_file(const char* path);

// report [PATH...]: everything the kernel tells this process about itself, as one JSON object; and
// lstat of each PATH.
int report(const std::vector<std::string>& args);

// console SOCKET OUTPUT: takes one terminal from the runtime, prints the message, copies the
// terminal to OUTPUT and standard input to the terminal until it ends.
int receive_console(const std::vector<std::string>& args);
// pidfd SOCKET: takes one pidfd, prints the message and the pid.
int receive_pidfd(const std::vector<std::string>& args);
// notify SOCKET WORD: prints datagrams until one holds WORD.
int receive_notify(const std::vector<std::string>& args);
// send-notify TEXT: to $NOTIFY_SOCKET.
int send_notify(const std::vector<std::string>& args);
// call NUMBER [ARG...]: one system call; prints "ok" or the errno's name.
int call(const std::vector<std::string>& args);
// type TEXT: pushes TEXT into the controlling terminal's input (TIOCSTI); prints "ok" or the
// errno's name.
int push_input(const std::vector<std::string>& args);
// exchange A B COUNT: swaps two names COUNT times (renameat2 RENAME_EXCHANGE).
int exchange(const std::vector<std::string>& args);

}  // namespace plimsoll::probe
