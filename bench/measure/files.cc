// Small whole files.
// SPDX-License-Identifier: Apache-2.0
#include "bench/measure/files.h"

#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace plimsoll::bench {
namespace {

[[noreturn]] void fail(const std::string& doing, const std::string& path) {
  throw std::system_error(errno != 0 ? errno : EIO, std::generic_category(),
                          doing + " '" + path + "'");
}

bool read_into(const std::string& path, std::string& text) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream all;
  if (!file) {
    return false;
  }
  // A file of zero bytes sets failbit of `all` only.
  all << file.rdbuf();
  text = std::move(all).str();
  return !file.bad();
}

void put(const std::string& path, std::string_view text, std::ios::openmode mode) {
  errno = 0;
  std::ofstream file(path, std::ios::binary | mode);
  file << text;
  file.close();
  if (!file) {
    fail("write", path);
  }
}

}  // namespace

std::string read_file(const std::string& path) {
  std::string text;
  if (!read_into(path, text)) {
    fail("read", path);
  }
  return text;
}

std::string read_file_if_any(const std::string& path) {
  std::string text;
  return read_into(path, text) ? text : std::string();
}

void write_file(const std::string& path, std::string_view text) {
  put(path, text, std::ios::trunc);
}

void append_file(const std::string& path, std::string_view text) { put(path, text, std::ios::app); }

std::string beside_program(const std::string& name) {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
}

std::string find_program(const std::string& name) {
  if (name.contains('/')) {
    return std::filesystem::absolute(name);
  }
  const char* path = getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "/usr/sbin:/usr/bin:/sbin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string full = folder + "/" + name;
    if (access(full.c_str(), X_OK) == 0) {
      return full;
    }
  }
  throw std::runtime_error("no program '" + name + "' in PATH");
}

}  // namespace plimsoll::bench
