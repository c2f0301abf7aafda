// A static program for the black-box suites: inside a container it reports what the kernel gave it;
// outside it stands in for a container manager. Without a verb it reports. SPDX-License-Identifier:
// Apache-2.0
#include "conformance/probe/probe.h"

#include <array>
#include <cstdio>

namespace {

struct Verb {
  std::string_view name;
  std::size_t arguments;
  int (*run)(const std::vector<std::string>&);
};

constexpr std::array<Verb, 18> kVerbs{{
    {"report", 0, plimsoll::probe::report},
    {"console", 2, plimsoll::probe::receive_console},
    {"pidfd", 1, plimsoll::probe::receive_pidfd},
    {"notify", 2, plimsoll::probe::receive_notify},
    {"send-notify", 1, plimsoll::probe::send_notify},
    {"call", 1, plimsoll::probe::call},
    {"type", 1, plimsoll::probe::push_input},
    {"exchange", 3, plimsoll::probe::exchange},
    {"hook", 2, plimsoll::probe::hook},
    {"pause", 0, plimsoll::probe::pause_until_killed},
    {"signals", 0, plimsoll::probe::note_signals},
    {"end", 1, plimsoll::probe::end},
    {"own-ids", 0, plimsoll::probe::own_ids},
    {"allowed-calls", 0, plimsoll::probe::allowed_calls},
    {"await", 2, plimsoll::probe::await},
    {"await-line", 3, plimsoll::probe::await_line},
    {"leak", 2, plimsoll::probe::leak_fd},
    {"agent", 3, plimsoll::probe::agent},
}};

std::vector<std::string> all_words;

}  // namespace

const std::vector<std::string>& plimsoll::probe::arguments() { return all_words; }

int main(int argc, char** argv) {
  all_words.assign(argv, argv + argc);
  std::vector<std::string> args(argv + (argc > 0 ? 1 : 0), argv + argc);
  const std::string verb = args.empty() ? "report" : args.front();
  if (!args.empty()) {
    args.erase(args.begin());
  }
  for (const Verb& row : kVerbs) {
    if (row.name == verb && args.size() >= row.arguments) {
      return row.run(args);
    }
  }
  std::fprintf(stderr, "probe: unknown verb '%s' or too few arguments\n", verb.c_str());
  return 2;
}
