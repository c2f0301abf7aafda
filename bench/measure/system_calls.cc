// The pass under strace.
// SPDX-License-Identifier: Apache-2.0
#include "bench/measure/system_calls.h"

#include <poll.h>
#include <unistd.h>

#include <sstream>
#include <stdexcept>
#include <vector>

#include "bench/measure/container_life.h"
#include "bench/measure/files.h"

namespace plimsoll::bench {
namespace {

constexpr const char* kId = "bench0";
constexpr int kPatienceMs = 20'000;

Argv traced(const Argv& argv, const std::string& output) {
  // -D: the runtime stays our child and strace becomes a grandchild, so that neither sees the
  // other's parent.
  Argv words{find_program("strace"), "-f", "-c", "-D", "-o", output, "--"};
  words.insert(words.end(), argv.begin(), argv.end());
  return words;
}

// strace writes its table when the last process that it follows has ended.
std::string wait_for_table(const std::string& output) {
  for (int waited = 0; waited < kPatienceMs; waited += 5) {
    std::string text = read_file_if_any(output);
    if (text.contains(" total\n")) {
      return text;
    }
    poll(nullptr, 0, 5);
  }
  throw std::runtime_error("strace has not written its table: '" + output + "'");
}

}  // namespace

bool have_strace() {
  try {
    find_program("strace");
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

SystemCalls parse_strace_table(std::string_view text) {
  SystemCalls calls;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream parts(line);
    std::vector<std::string> words;
    for (std::string word; parts >> word;) {
      words.push_back(word);
    }
    // "% time  seconds  usecs/call  calls  [errors]  syscall"
    if (words.size() < 5 || words.size() > 6 || words.back() == "total" ||
        words.back() == "syscall" || words[0].starts_with('-')) {
      continue;
    }
    calls[words.back()] += std::stod(words[3]);
  }
  return calls;
}

SystemCalls count_system_calls(const Subject& subject, Operation operation, Launcher& launcher,
                               const std::string& folder) {
  if (!have_strace()) {
    return {};
  }
  const std::string output = folder + "/strace";
  unlink(output.c_str());
  const auto perform = [&](Operation step) {
    const Argv argv = command(subject, step, kId);
    run_checked(subject.name, step == operation ? traced(argv, output) : argv, launcher);
  };
  if (!in_lifecycle(operation)) {
    perform(operation);
    return parse_strace_table(wait_for_table(output));
  }
  perform(Operation::create);
  const pid_t pid = std::stoi(read_file(subject.places.pid_file));
  perform(Operation::start);
  if (operation == Operation::state || operation == Operation::exec ||
      operation == Operation::pause) {
    perform(operation);
  }
  if (operation == Operation::pause) {
    run_checked(subject.name, resume_command(subject, kId), launcher);
  }
  perform(Operation::kill);
  launcher.reap(pid);
  perform(Operation::remove);
  return parse_strace_table(wait_for_table(output));
}

}  // namespace plimsoll::bench
