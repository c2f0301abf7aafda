// plimsoll-validate: names every fault of the documents it is given. This file reads them; only
// validator/host looks at anything else of the machine. SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "validator/host/host.h"
#include "validator/report/inspect.h"
#include "validator/report/output.h"
#include "validator/report/policy.h"
#include "validator/report/rule_list.h"
#include "validator/schema/schema.h"
#include "validator/spec/members.h"

namespace plimsoll::validate {
namespace {

constexpr int kExitFaults = 1;
constexpr int kExitUnreadable = 2;
constexpr int kExitUsage = 64;

constexpr std::string_view kUsage =
    R"(usage: plimsoll validate [OPTION...] [BUNDLE | FILE]...

Names every fault of OCI documents, with line and column. Without an argument it looks at the
bundle in the current directory. Of a bundle it reads config.json, and looks whether the files are
there that it names.

  --type TYPE      what the documents are: config (default), process (of exec), resources (of
                   update), state, features
  --stdin          a document from standard input; so is the name '-'
  --format FORMAT  text (default), json, sarif (2.1.0), junit
  --strict         what the specification only recommends is an error, too
  --no-lint        no recommendations and risks beyond the rules that `create` enforces
  --policy FILE    severities of rules, and where findings are accepted (docs/validator.md)
  --host           what this host cannot give the configuration
  --spec VERSION   what a runtime of that version (1.0 to 1.3) would ignore
  --list-rules     every rule with its severity and clause, and the requirements without one
  --explain RULE   what a rule asks for, why, and an example
  --schema[=VERSION]  the JSON schema (draft-07) of the --type, for editors
  --help

Exit status: 0 no error, 1 errors, 2 a document could not be read, 64 wrong use.
)";

struct Command {
  Options options;
  Format format = Format::text;
  bool host = false;
  bool list = false;
  std::string explain;
  std::optional<std::string> schema;
  std::optional<Policy> policy;
  std::vector<std::string> names;
};

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno != EINTR) {
      return;
    }
    text.remove_prefix(count > 0 ? static_cast<std::size_t>(count) : 0);
  }
}

// -- reading --

// No more than one byte beyond what a document may have.
std::expected<std::string, std::string> read_all(int fd) {
  constexpr std::size_t kLimit = kMaxBytes + 1;
  std::string bytes;
  std::size_t size = 0;
  while (size < kLimit) {
    bytes.resize(std::min(kLimit, std::max<std::size_t>(size * 2, std::size_t{64} * 1024)));
    const ssize_t count = ::read(fd, bytes.data() + size, bytes.size() - size);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      return std::unexpected(host::error_text(errno));
    }
    if (count == 0) {
      break;
    }
    size += static_cast<std::size_t>(count);
  }
  if (size == kLimit) {
    return std::unexpected("the document is larger than " + std::to_string(kMaxBytes) + " bytes");
  }
  bytes.resize(size);
  return bytes;
}

// O_NONBLOCK: a FIFO must not hang us.
std::expected<std::string, std::string> read_file(const std::string& name) {
  const int fd = ::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) {
    return std::unexpected(host::error_text(errno));
  }
  struct stat status = {};
  std::expected<std::string, std::string> bytes = std::unexpected("not a regular file");
  if (::fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
    bytes =
        status.st_size > static_cast<off_t>(kMaxBytes)
            ? std::unexpected("the document is larger than " + std::to_string(kMaxBytes) + " bytes")
            : read_all(fd);
  }
  ::close(fd);
  return bytes;
}

std::string absolute(const std::string& path) {
  std::array<char, 4096> folder{};
  if (path.starts_with('/') || ::getcwd(folder.data(), folder.size()) == nullptr) {
    return path;
  }
  return path == "." ? std::string(folder.data()) : std::string(folder.data()) + "/" + path;
}

// -- one document --

Examined examine(const std::string& name, const Command& command) {
  Examined examined{.name = name, .bytes = {}, .unreadable = {}, .findings = {}};
  Options options = command.options;
  options.policy = command.policy ? &*command.policy : nullptr;
  std::string bundle;
  std::expected<std::string, std::string> bytes;
  if (name == "-") {
    examined.name = "<stdin>";
    bytes = read_all(STDIN_FILENO);
  } else {
    struct stat status = {};
    if (::stat(name.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
      bundle = absolute(name);
      examined.name = name == "." ? "config.json" : name + "/config.json";
    }
    bytes = read_file(examined.name);
  }
  if (!bytes) {
    examined.unreadable = std::move(bytes).error();
    return examined;
  }
  examined.bytes = std::move(*bytes);
  options.surroundings = [&](const spec::Spec& config) {
    rules::Report report;
    if (!bundle.empty()) {
      report = host::check_bundle(config, bundle);
    }
    if (command.host) {
      const rules::Report more = host::check_host(config);
      report.insert(report.end(), more.begin(), more.end());
    }
    return report;
  };
  inspect(examined, options);
  return examined;
}

// -- the command line --

enum : int {
  kType = 256,
  kStdin,
  kFormat,
  kStrict,
  kNoLint,
  kPolicy,
  kHost,
  kSpec,
  kList,
  kExplain,
  kSchema
};

constexpr auto kOptions = std::to_array<option>({
    {"type", required_argument, nullptr, kType},
    {"stdin", no_argument, nullptr, kStdin},
    {"format", required_argument, nullptr, kFormat},
    {"strict", no_argument, nullptr, kStrict},
    {"no-lint", no_argument, nullptr, kNoLint},
    {"policy", required_argument, nullptr, kPolicy},
    {"host", no_argument, nullptr, kHost},
    {"spec", required_argument, nullptr, kSpec},
    {"list-rules", no_argument, nullptr, kList},
    {"explain", required_argument, nullptr, kExplain},
    {"schema", optional_argument, nullptr, kSchema},
    {"help", no_argument, nullptr, 'h'},
    {nullptr, 0, nullptr, 0},
});

struct Type {
  std::string_view name;
  spec::DocumentKind kind;
  schema::Which schema;
};
constexpr auto kTypes = std::to_array<Type>({
    {"config", spec::DocumentKind::config, schema::Which::config},
    {"process", spec::DocumentKind::process, schema::Which::process},
    {"resources", spec::DocumentKind::resources, schema::Which::resources},
    {"state", spec::DocumentKind::state, schema::Which::state},
    {"features", spec::DocumentKind::features, schema::Which::features},
});

int wrong_use(const std::string& message) {
  write_all(STDERR_FILENO, "plimsoll-validate: " + message + "\n");
  return kExitUsage;
}

// The exit status to end with, or nothing.
std::optional<int> take_policy(Command& command, const std::string& name) {
  const auto bytes = read_file(name);
  if (!bytes) {
    write_all(STDERR_FILENO, name + ": " + bytes.error() + "\n");
    return kExitUnreadable;
  }
  auto policy = parse_policy(*bytes);
  if (!policy) {
    return wrong_use(name + ":" + policy.error());
  }
  command.policy = std::move(*policy);
  return std::nullopt;
}

std::optional<int> take_word(Command& command, int c, const std::string& word) {
  if (c == kType) {
    const auto row = std::ranges::find(kTypes, std::string_view(word), &Type::name);
    if (row == kTypes.end()) {
      return wrong_use("--type '" + word +
                       "' is none of config, process, resources, state, features");
    }
    command.options.kind = row->kind;
  } else if (c == kFormat) {
    const std::optional<Format> format = find_format(word);
    if (!format) {
      return wrong_use("--format '" + word + "' is none of text, json, sarif, junit");
    }
    command.format = *format;
  } else if (const auto release = schema::release_of(word)) {
    command.options.release = *release;
  } else {
    return wrong_use("--spec '" + word + "' is no release from 1.0 to 1.3");
  }
  return std::nullopt;
}

std::optional<int> take(Command& command, int c) {
  switch (c) {
    case 'h':
      write_all(STDOUT_FILENO, kUsage);
      return 0;
    case kType:
    case kFormat:
    case kSpec:
      return take_word(command, c, ::optarg);
    case kPolicy:
      return take_policy(command, ::optarg);
    case kStdin:
      command.names.emplace_back("-");
      break;
    case kStrict:
      command.options.strict = true;
      break;
    case kNoLint:
      command.options.lint = false;
      break;
    case kHost:
      command.host = true;
      break;
    case kList:
      command.list = true;
      break;
    case kExplain:
      command.explain = ::optarg;
      break;
    case kSchema:
      command.schema = ::optarg != nullptr ? ::optarg : "1.3";
      break;
    default:
      write_all(STDERR_FILENO, kUsage);
      return kExitUsage;
  }
  return std::nullopt;
}

// -- answers without a document --

int print_schema(const std::string& name, const Command& command) {
  const auto release = schema::release_of(name);
  if (!release) {
    return wrong_use("--schema '" + name + "' is no release from 1.0 to 1.3");
  }
  const auto row = std::ranges::find(kTypes, command.options.kind, &Type::kind);
  write_all(STDOUT_FILENO, schema::text(row->schema, *release));
  return 0;
}

int print_explanation(const std::string& rule) {
  const std::string text = explanation(rule);
  if (text.empty()) {
    return wrong_use("no rule '" + rule + "'; --list-rules names all");
  }
  write_all(STDOUT_FILENO, text);
  return 0;
}

int run(int argc, char** argv) {
  Command command;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
  for (int c = 0; (c = ::getopt_long(argc, argv, "h", kOptions.data(), nullptr)) != -1;) {
    if (const std::optional<int> status = take(command, c)) {
      return *status;
    }
  }
  command.names.insert(command.names.end(), argv + ::optind, argv + argc);
  if (command.list) {
    write_all(STDOUT_FILENO, command.format == Format::json ? rule_list_json() : rule_list_text());
    return 0;
  }
  if (!command.explain.empty()) {
    return print_explanation(command.explain);
  }
  if (command.schema) {
    return print_schema(*command.schema, command);
  }
  if (command.names.empty()) {
    command.names.emplace_back(".");
  }
  int status = 0;
  std::vector<Examined> documents;
  for (const std::string& name : command.names) {
    const Examined& document = documents.emplace_back(examine(name, command));
    if (!document.unreadable.empty()) {
      write_all(STDERR_FILENO, document.name + ": " + document.unreadable + "\n");
      status = kExitUnreadable;
    } else if (document.count(Severity::error) != 0 && status == 0) {
      status = kExitFaults;
    }
  }
  write_all(STDOUT_FILENO, render(command.format, documents));
  return status;
}

}  // namespace
}  // namespace plimsoll::validate

int main(int argc, char** argv) { return plimsoll::validate::run(argc, argv); }
