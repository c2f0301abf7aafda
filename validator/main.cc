// plimsoll-validate: names every fault of the configurations it is given. The only file of the
// validator that touches the system. SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "validator/json/json.h"
#include "validator/report/report.h"

namespace plimsoll::validate {
namespace {

constexpr int kExitFaults = 1;
constexpr int kExitUnreadable = 2;
constexpr int kExitUsage = 64;

constexpr std::string_view kUsage =
    "usage: plimsoll validate [OPTION...] [BUNDLE | FILE | -]...\n"
    "\n"
    "Names every fault of OCI configurations, with line and column. Without an argument it reads\n"
    "config.json of the current directory; '-' is standard input.\n"
    "\n"
    "  --type config|process|resources  what the documents are (config)\n"
    "  --strict                         what the specification only recommends is an error, too\n"
    "  --help\n"
    "\n"
    "Exit status: 0 no error, 1 errors, 2 a document could not be read, 64 wrong use.\n";

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno != EINTR) {
      return;
    }
    text.remove_prefix(count > 0 ? static_cast<std::size_t>(count) : 0);
  }
}

// Up to one byte more than a document may have, so that the parser can say that it is too large.
std::optional<std::string> read_all(int fd) {
  const std::size_t limit = json::Limits{}.max_bytes + 1;
  std::string bytes;
  std::size_t size = 0;
  while (size < limit) {
    bytes.resize(std::min(limit, std::max<std::size_t>(size * 2, 64 * 1024)));
    const ssize_t count = ::read(fd, bytes.data() + size, bytes.size() - size);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      return std::nullopt;
    }
    if (count == 0) {
      break;
    }
    size += static_cast<std::size_t>(count);
  }
  bytes.resize(size);
  return bytes;
}

// A bundle is read at its config.json. O_NONBLOCK: a FIFO must not hang us.
std::optional<std::string> read_document(std::string& name) {
  if (name == "-") {
    name = "<stdin>";
    return read_all(STDIN_FILENO);
  }
  struct stat status = {};
  if (::stat(name.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
    name += "/config.json";
  }
  const int fd = ::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) {
    return std::nullopt;
  }
  std::optional<std::string> bytes;
  if (::fstat(fd, &status) == 0 && !S_ISREG(status.st_mode)) {
    errno = EINVAL;
  } else {
    bytes = read_all(fd);
  }
  const int error = errno;
  ::close(fd);
  errno = error;
  return bytes;
}

struct Type {
  std::string_view name;
  Document document;
};
constexpr auto kTypes = std::to_array<Type>({
    {"config", Document::config},
    {"process", Document::process},
    {"resources", Document::resources},
});

// The exit status to end with, or nothing.
std::optional<int> parse_options(int argc, char** argv, Options& options) {
  constexpr auto kOptions = std::to_array<option>({
      {"type", required_argument, nullptr, 't'},
      {"strict", no_argument, nullptr, 's'},
      {"help", no_argument, nullptr, 'h'},
      {nullptr, 0, nullptr, 0},
  });
  for (int c = 0; (c = ::getopt_long(argc, argv, "h", kOptions.data(), nullptr)) != -1;) {
    if (c == 'h') {
      write_all(STDOUT_FILENO, kUsage);
      return 0;
    }
    if (c == 's') {
      options.strict = true;
      continue;
    }
    const Type* type = nullptr;
    for (const Type& row : kTypes) {
      type = c == 't' && row.name == ::optarg ? &row : type;
    }
    if (type == nullptr) {
      write_all(STDERR_FILENO, kUsage);
      return kExitUsage;
    }
    options.document = type->document;
  }
  return std::nullopt;
}

int run(int argc, char** argv) {
  Options options;
  if (const std::optional<int> status = parse_options(argc, argv, options)) {
    return *status;
  }
  int status = 0;
  for (int i = ::optind; i < std::max(argc, ::optind + 1); ++i) {
    std::string name = i < argc ? argv[i] : "config.json";
    const std::optional<std::string> bytes = read_document(name);
    if (!bytes) {
      write_all(STDERR_FILENO, name + ": " + ::strerrordesc_np(errno) + "\n");
      status = kExitUnreadable;
      continue;
    }
    const Outcome outcome = validate(*bytes, name, options);
    write_all(STDOUT_FILENO, outcome.text);
    if (outcome.errors != 0 && status == 0) {
      status = kExitFaults;
    }
  }
  return status;
}

}  // namespace
}  // namespace plimsoll::validate

int main(int argc, char** argv) { return plimsoll::validate::run(argc, argv); }
