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
// One member of `json`: the list of a null-ended array of strings.
void add_strings(Json& json, std::string_view name, char** strings);

// Nanoseconds of CLOCK_MONOTONIC: one clock for the records of all processes outside a time
// namespace.
long long monotonic_ns();
// The words of the command line, the program's own name first.
const std::vector<std::string>& arguments();

// report [nonce=TEXT] [VERB:OBJECT | PATH...]: everything the kernel tells this process about
// itself, as one JSON object; the answers to questions (questions.cc); and lstat of each PATH.
int report(const std::vector<std::string>& args);
// Answers "VERB:OBJECT" as one member of `json`; false when it is no question.
bool answer(Json& json, const std::string& question);

// hook FILE NAME [exit=N] [sleep=SECONDS] [gate=FIFO] [VERB:OBJECT...]: appends one JSON line to
// FILE: the state from standard input, argv, environment, namespaces, what /proc says of the
// container's process, answers. Then as told.
int hook(const std::vector<std::string>& args);
// pause [FILE]: notes its start in FILE, prints "started" and waits for a signal that ends it.
int pause_until_killed(const std::vector<std::string>& args);
// signals: prints "ready", then the number of each signal that comes.
int note_signals(const std::vector<std::string>& args);
// end crash|STATUS
int end(const std::vector<std::string>& args);
// own-ids: prints the effective ids.
int own_ids(const std::vector<std::string>& args);
// allowed-calls: prints a JSON list of the system calls that a program and a runtime's last steps
// make.
int allowed_calls(const std::vector<std::string>& args);
// await PID SECONDS: until the process has ended; 124 when it has not.
int await(const std::vector<std::string>& args);
// await-line FILE TEXT SECONDS: until FILE holds TEXT; 124 when it does not.
int await_line(const std::vector<std::string>& args);
// leak FILE PROGRAM...: runs the program with two descriptors of FILE open, without close-on-exec.
int leak_fd(const std::vector<std::string>& args);
// agent SOCKET OUTPUT ERRNO [stream|seqpacket|datagram|closing]: a seccomp agent; prints
// "listening", appends one JSON line per connection to OUTPUT and answers each call with ERRNO.
// Ends after twenty quiet seconds.
int agent(const std::vector<std::string>& args);

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
