// Runs a program instruction by instruction and writes, in the order of their first execution, the
// input sections of its link that it and its children of the same file have executed, as statements
// of a linker script. What other programs do is not looked at. For `make`; Linux on x86-64.
//
//   executed LINKER-MAP OUTPUT PROGRAM [ARGUMENT...]
//
// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>

namespace {

struct Image {
  bool ours = false;
  std::uint64_t base = 0;
};

std::string proc(pid_t pid, const char* name) {
  return "/proc/" + std::to_string(pid) + "/" + name;
}

Image image_of(pid_t pid, const struct stat& program) {
  struct stat running = {};
  if (stat(proc(pid, "exe").c_str(), &running) != 0 || running.st_ino != program.st_ino ||
      running.st_dev != program.st_dev) {
    return {};
  }
  std::ifstream maps(proc(pid, "maps"));
  const std::string inode = " " + std::to_string(program.st_ino) + " ";
  for (std::string line; std::getline(maps, line);) {
    if (line.find(inode) != std::string::npos) {
      return {.ours = true, .base = std::strtoull(line.c_str(), nullptr, 16)};
    }
  }
  return {};
}

int event_of(int status) { return status >> 16; }

// ".text._Zname.isra.0" of an object that the compiler made while linking: the suffix differs from
// link to link. Of a library, its archive and member.
std::string statement(const std::string& section, const std::string& object) {
  const std::size_t archive_end = object.find(".a(");
  if (archive_end != std::string::npos) {
    const std::size_t slash = object.rfind('/', archive_end);
    const std::size_t member = archive_end + 3;
    return "*" + object.substr(slash + 1, archive_end + 2 - slash - 1) + ":" +
           object.substr(member, object.size() - member - 1) + "(" + section + ")";
  }
  if (section == ".text") {  // the compiler's own objects
    return "*" + object.substr(object.rfind('/') + 1) + "(" + section + ")";
  }
  constexpr std::size_t kPrefix = sizeof(".text.") - 1;
  const std::size_t suffix = section.find('.', kPrefix);
  if (suffix == std::string::npos || section.starts_with(".text.unlikely") ||
      section.starts_with(".text.startup")) {
    return "*(" + section + ")";
  }
  const std::string name = section.substr(0, suffix);
  return "*(" + name + " " + name + ".*)";
}

struct Section {
  std::uint64_t end;
  std::string text;
};

// Lines " .text.name 0xaddress 0xsize object", whose first word stands alone when it is long.
std::map<std::uint64_t, Section> read_map(const char* path) {
  std::map<std::uint64_t, Section> sections;
  std::ifstream file(path);
  std::string name;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string word;
    if (line.starts_with(" .text") && words >> word) {
      name = word;
      if (!(words >> word)) {
        continue;
      }
    } else if (name.empty() || !(words >> word)) {
      continue;
    }
    std::string size;
    std::string object;
    if (word.starts_with("0x") && words >> size && size.starts_with("0x") &&
        std::getline(words >> std::ws, object)) {
      const std::uint64_t begin = std::strtoull(word.c_str(), nullptr, 16);
      const std::uint64_t length = std::strtoull(size.c_str(), nullptr, 16);
      if (begin != 0 && length != 0) {
        sections[begin] = {begin + length, statement(name, object)};
      }
    }
    name.clear();
  }
  return sections;
}

}  // namespace

int main(int argc, char** argv) {
  struct stat program = {};
  if (argc < 4 || stat(argv[3], &program) != 0) {
    std::fprintf(stderr, "usage: executed LINKER-MAP OUTPUT PROGRAM [ARGUMENT...]\n");
    return 2;
  }
  const std::map<std::uint64_t, Section> sections = read_map(argv[1]);
  std::ofstream output(argv[2]);
  const pid_t first = fork();
  if (first == 0) {
    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    execv(argv[3], argv + 3);
    _exit(127);
  }
  std::map<pid_t, Image> processes;
  std::set<std::string> seen;
  int result = 1;
  int status = 0;
  for (pid_t pid = 0; (pid = waitpid(-1, &status, __WALL)) > 0;) {
    if (!WIFSTOPPED(status)) {
      processes.erase(pid);
      if (pid == first) {
        result = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
      }
      continue;
    }
    const auto [entry, fresh] = processes.try_emplace(pid);
    if (fresh) {
      ptrace(PTRACE_SETOPTIONS, pid, nullptr,
             PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC |
                 PTRACE_O_EXITKILL);
    }
    if (fresh || event_of(status) == PTRACE_EVENT_EXEC) {
      entry->second = image_of(pid, program);
    }
    int signal = WSTOPSIG(status);
    if (signal == SIGTRAP || (fresh && signal == SIGSTOP)) {
      signal = 0;
    }
    if (!entry->second.ours) {
      ptrace(PTRACE_CONT, pid, nullptr, signal);
      continue;
    }
    user_regs_struct registers = {};
    if (ptrace(PTRACE_GETREGS, pid, nullptr, &registers) == 0) {
      const std::uint64_t offset = registers.rip - entry->second.base;
      auto after = sections.upper_bound(offset);
      if (after != sections.begin() && offset < std::prev(after)->second.end &&
          seen.insert(std::prev(after)->second.text).second) {
        output << std::prev(after)->second.text << "\n";
      }
    }
    ptrace(PTRACE_SINGLESTEP, pid, nullptr, signal);
  }
  return result;
}
