// SPDX-License-Identifier: Apache-2.0
#include "runtime/checkpoint/criu.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"
#include "runtime/sys/mount.h"
#include "runtime/sys/raw.h"
#include "runtime/sys/socket.h"
#include "runtime/sys/spawn_program.h"

namespace plimsoll::checkpoint {

namespace {

constexpr int kVersionTimeout = 20'000;       // milliseconds
constexpr std::size_t kMaxMessage = 1 << 20;  // CRIU's own are below 1 KiB
constexpr std::size_t kMaxLog = 256 << 20;
constexpr int kConnection = 3;

std::vector<std::string> environment() {
  std::vector<std::string> out;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    out.emplace_back(*entry);
  }
  return out;
}

// "Version: 3.17.1" or "Version: 3.17.1 (gitid …)"
int parse_version(std::string_view text) {
  constexpr std::string_view kLabel = "Version: ";
  const std::size_t at = text.find(kLabel);
  if (at == std::string_view::npos) {
    return 0;
  }
  text.remove_prefix(at + kLabel.size());
  text = text.substr(0, text.find_first_not_of("0123456789."));
  int version = 0;
  int weight = 10'000;
  for (const std::string_view part : split(text, '.')) {
    const auto number = parse_unsigned(part);
    if (number && *number < 100 && weight > 0) {
      version += static_cast<int>(*number) * weight;
    }
    weight /= 100;
  }
  return version;
}

// What the child needs; in the parent's memory, which CLONE_VFORK holds still.
struct Child {
  const char* path = nullptr;
  char* const* argv = nullptr;
  char* const* envp = nullptr;
  int connection = -1;
  const std::vector<int>* fds = nullptr;
  const char* root_source = nullptr;  // or null
  const char* root_mount = nullptr;
  const char* failed_call = nullptr;
  int error = 0;
};

int fails(Child& child, const char* call, const Error& error) {
  child.failed_call = call;
  child.error = error.err();
  return 127;
}

int child_main(void* argument) {
  auto& child = *static_cast<Child*>(argument);
  if (child.root_source != nullptr) {
    // Nothing of it reaches the host, and it ends with CRIU however that ends.
    if (auto done = sys::mount(nullptr, "/", nullptr, MS_SLAVE | MS_REC, nullptr); !done) {
      return fails(child, "mount '/'", done.error());
    }
    if (auto done =
            sys::mount(child.root_source, child.root_mount, nullptr, MS_BIND | MS_REC, nullptr);
        !done) {
      return fails(child, "mount root", done.error());
    }
  }
  // The sources were moved above all the places.
  if (auto done = sys::duplicate_to(BorrowedFd::of(child.connection), kConnection); !done) {
    return fails(child, "dup3", done.error());
  }
  int place = kFirstFd;
  for (const int fd : *child.fds) {
    if (auto done = sys::duplicate_to(BorrowedFd::of(fd), place++); !done) {
      return fails(child, "dup3", done.error());
    }
  }
  if (auto done = sys::cloexec_from(place); !done) {
    return fails(child, "close_range", done.error());
  }
  (void)sys::reset_signals();
  return fails(child, "exec", sys::exec_path(child.path, child.argv, child.envp));
}

// A duplicate with a number above every place that it, or another, will be put to.
Result<UniqueFd> out_of_the_way(int fd, std::size_t places) {
  const long copy =
      sys::raw(SYS_fcntl, fd, F_DUPFD_CLOEXEC, kFirstFd + static_cast<long>(places) + 1);
  if (copy < 0) {
    return fail(Error::system(static_cast<int>(-copy), "fcntl"));
  }
  return UniqueFd(static_cast<int>(copy));
}

struct Running {
  sys::Process process;
  UniqueFd connection;
};

Result<Running> start(const Session& session) {
  sys::SocketPair pair = TRY(sys::socket_pair(SOCK_SEQPACKET));
  std::vector<UniqueFd> copies;
  std::vector<int> numbers;
  for (const int fd : session.fds) {
    copies.push_back(TRY(out_of_the_way(fd, session.fds.size())));
    numbers.push_back(copies.back().get());
  }
  const UniqueFd connection = TRY(out_of_the_way(pair.second.get(), session.fds.size()));
  const std::vector<std::string> words = {"criu", "swrk", cat(kConnection)};
  const std::vector<std::string> variables = environment();
  const std::vector<char*> argv = sys::exec_pointers(words);
  const std::vector<char*> envp = sys::exec_pointers(variables);
  const bool own_root = !session.root_mount.empty();
  Child child = {.path = session.criu.path.c_str(),
                 .argv = argv.data(),
                 .envp = envp.data(),
                 .connection = connection.get(),
                 .fds = &numbers,
                 .root_source = own_root ? session.root_source.c_str() : nullptr,
                 .root_mount = own_root ? session.root_mount.c_str() : nullptr};
  const sys::ChildStack stack = TRY(sys::ChildStack::create());
  const std::uint64_t flags = CLONE_VFORK | (own_root ? std::uint64_t{CLONE_NEWNS} : 0);
  sys::Process process = TRY(sys::spawn_shared(flags, -1, stack, child_main, &child));
  if (child.failed_call != nullptr) {
    (void)sys::wait_for(process.pidfd);
    return fail(Error::system(child.error, cat("start criu: ", child.failed_call)));
  }
  return Running{.process = std::move(process), .connection = std::move(pair.first)};
}

std::string_view type_name(RequestType type) {
  switch (type) {
    case RequestType::dump:
      return "DUMP";
    case RequestType::restore:
      return "RESTORE";
    case RequestType::pre_dump:
      return "PRE_DUMP";
    case RequestType::notify:
      return "NOTIFY";
  }
  return "?";
}

// The first line of the log that tells an error, without its time and place.
std::string first_error(const std::string& path) {
  const auto log = sys::read_file_at(sys::cwd(), path.c_str(), kMaxLog);
  if (!log) {
    return {};
  }
  constexpr std::string_view kLabel = "Error (";
  for (const std::string_view line : split(*log, '\n')) {
    if (const std::size_t at = line.find(kLabel); at != std::string_view::npos) {
      return std::string(trim(line.substr(at)));
    }
  }
  return {};
}

Error criu_error(const Session& session, const Response& response) {
  const std::string path = cat(session.log_folder, "/", session.options.log_file);
  std::string text =
      cat("criu failed: type ", type_name(session.type), " errno ", response.error_number);
  if (!response.error_text.empty()) {
    cat_to(text, ": ", trim(response.error_text));
  }
  // Newer versions send it themselves.
  if (const std::string line = first_error(path); !line.empty() && !text.contains(line)) {
    cat_to(text, ": ", line);
  }
  return Error::system(0, cat(text, " (log file: ", path, ")"));
}

Result<Response> receive(const Session& session, const Running& running, UniqueFd& terminal) {
  sys::Message message = TRY_DOING("criu", sys::receive_message(running.connection, kMaxMessage));
  if (message.data.empty()) {
    return fail(criu_error(session, {.error_text = "it ended without a word"}));
  }
  if (!message.fds.empty()) {
    terminal = std::move(message.fds.front());
  }
  Response response = TRY(decode_response(message.data));
  if (!response.success) {
    return fail(criu_error(session, response));
  }
  return response;
}

// CRIU opens its folders by our descriptors. What was opened here lies in our mount namespace:
// from one of its own CRIU could mount nothing there.
Result<UniqueFd> as_seen_by(const sys::Process& criu, int folder) {
  const std::string path =
      TRY(sys::read_link_at(sys::cwd(), cat("/proc/self/fd/", folder).c_str()));
  return sys::open_at(sys::cwd(), cat("/proc/", criu.pid, "/root", path).c_str(),
                      O_RDONLY | O_DIRECTORY);
}

Result<> replace_folder(const sys::Process& criu, int& folder, UniqueFd& owner) {
  if (folder >= 0) {
    owner = TRY_DOING("criu's folder", as_seen_by(criu, folder));
    folder = owner.get();
  }
  return {};
}

Result<Response> converse(Session& session, const Running& running) {
  UniqueFd images;
  UniqueFd work;
  if (!session.root_mount.empty()) {
    TRY(replace_folder(running.process, session.options.images_dir, images));
    TRY(replace_folder(running.process, session.options.work_dir, work));
  }
  if (session.before) {
    TRY(session.before(running.process, session.options));
  }
  TRY(sys::send_message(running.connection, encode_request(session.type, session.options)));
  for (;;) {
    UniqueFd terminal;
    Response response = TRY(receive(session, running, terminal));
    if (response.type != static_cast<std::uint64_t>(RequestType::notify)) {
      return response;
    }
    Notification notification{.name = response.notification,
                              .pid = response.notified_pid,
                              .terminal = std::move(terminal)};
    auto noted = session.notify ? session.notify(notification) : Result<>();
    TRY(sys::send_message(running.connection, encode_notified(noted.has_value())));
    if (!noted) {
      // CRIU undoes what it has done, then answers.
      (void)receive(session, running, terminal);
      return fail(std::move(noted).error());
    }
  }
}

}  // namespace

Result<Criu> find_criu() {
  sys::ProgramRun run;
  run.argv = {"criu", "--version"};
  run.envp = environment();
  run.timeout_ms = kVersionTimeout;
  for (const std::string& variable : run.envp) {
    if (!variable.starts_with("PATH=")) {
      continue;
    }
    for (const std::string_view dir : split(std::string_view(variable).substr(5), ':')) {
      // Relative entries would run a program of the bundle's.
      if (!dir.starts_with('/')) {
        continue;
      }
      run.path = cat(dir, "/criu");
      const auto result = sys::run_program(run);
      if (!result) {
        continue;
      }
      Criu criu{.path = run.path, .version = parse_version(result->output)};
      if (result->timed_out || criu.version == 0) {
        return fail(
            Error::system(0, cat("criu version check failed: '", run.path,
                                 " --version' gives no version: ", trim(result->error_output))));
      }
      constexpr int kLeast = 30'000;  // runc's
      if (criu.version < kLeast) {
        return fail(
            Error::unsupported(cat("criu version ", criu.version, " must be 30000 or higher")));
      }
      return criu;
    }
  }
  return fail(Error::not_found(
      "criu version check failed: no 'criu' in PATH (Debian package criu, https://criu.org)"));
}

Result<Response> run_criu(Session& session) {
  Running running = TRY(start(session));
  auto response = converse(session, running);
  // Without a connection it ends; after a pre-dump it would wait for more.
  running.connection.reset();
  const auto status = sys::wait_for(running.process.pidfd);
  if (response && session.type != RequestType::pre_dump && status && status->shell_status() != 0) {
    return fail(
        criu_error(session, {.error_text = cat("it ended with status ", status->shell_status())}));
  }
  return response;
}

}  // namespace plimsoll::checkpoint
