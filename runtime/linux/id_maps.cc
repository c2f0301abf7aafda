// The id maps of a new user namespace (man 7 user_namespaces). Runs in the parent, while init
// waits. SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>

#include "runtime/base/text.h"
#include "runtime/linux/host.h"
#include "runtime/linux/proc_folder.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"
#include "runtime/sys/raw.h"
#include "runtime/sys/spawn_program.h"

namespace plimsoll::linux {

namespace {

// The kernel takes a map in one write of less than a page, of at most 340 lines (man 7
// user_namespaces).
constexpr std::size_t kMaxLines = 340;
constexpr std::size_t kMaxText = 4095;
constexpr std::size_t kMaxAccountFile = std::size_t{4} * 1024 * 1024;
constexpr int kHelperTimeout = 30'000;

struct MapKind {
  std::string_view word;    // "uid"
  const char* file;         // of /proc/PID
  std::string_view helper;  // the setuid program that may write what we may not
  const char* ranges;       // what the helper allows
};
constexpr MapKind kUid = {"uid", "uid_map", "newuidmap", "/etc/subuid"};
constexpr MapKind kGid = {"gid", "gid_map", "newgidmap", "/etc/subgid"};

Result<std::string> map_text(const MapKind& kind, const std::vector<spec::IdMapping>& map) {
  std::string text;
  for (const spec::IdMapping& line : map) {
    cat_to(text, line.container_id, ' ', line.host_id, ' ', line.size, '\n');
  }
  if (map.size() > kMaxLines || text.size() > kMaxText) {
    return fail(Error::invalid(
        cat(kind.word, " map of ", map.size(), " lines is longer than the kernel takes")));
  }
  return text;
}

// Not getenv: init may not touch the environment, but nothing here may depend on that.
std::string_view path_variable() {
  constexpr std::string_view kName = "PATH=";
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (text.starts_with(kName)) {
      return text.substr(kName.size());
    }
  }
  return {};
}

std::optional<std::string> find_program(std::string_view name) {
  std::vector<std::string_view> folders = split(path_variable(), ':');
  folders.emplace_back("/usr/bin");
  for (const std::string_view folder : folders) {
    // Relative entries would run a program of the bundle's.
    if (!folder.starts_with('/')) {
      continue;
    }
    std::string path = cat(folder, '/', name);
    if (sys::raw(SYS_faccessat, AT_FDCWD, path.c_str(), X_OK) == 0) {
      return path;
    }
  }
  return std::nullopt;
}

// -- why the helper refused --

std::string read_accounts(const char* path) {
  auto content = sys::read_file_at(sys::cwd(), path, kMaxAccountFile);
  return content ? std::move(*content) : std::string();
}

std::string account_name(uid_t uid) {
  const std::string accounts = read_accounts("/etc/passwd");
  for (const std::string_view line : split(accounts, '\n')) {
    const std::vector<std::string_view> fields = split(line, ':');
    if (fields.size() > 2 && parse_unsigned(fields[2]) == uid) {
      return std::string(fields[0]);
    }
  }
  return {};
}

struct Range {
  std::uint64_t first = 0;
  std::uint64_t size = 0;
  bool holds(const spec::IdMapping& line) const {
    return line.host_id >= first && std::uint64_t{line.host_id} + line.size <= first + size;
  }
};

std::vector<Range> ranges_of(std::string_view content, std::string_view name, uid_t uid) {
  std::vector<Range> ranges;
  for (const std::string_view line : split(content, '\n')) {
    const std::vector<std::string_view> fields = split(trim(line), ':');
    if (fields.size() != 3 ||
        !((!name.empty() && fields[0] == name) || parse_unsigned(fields[0]) == uid)) {
      continue;
    }
    const auto first = parse_unsigned(fields[1]);
    const auto size = parse_unsigned(fields[2]);
    if (first && size && *first <= 0xffffffff && *size <= 0xffffffff) {
      ranges.push_back({.first = *first, .size = *size});
    }
  }
  return ranges;
}

// A sentence, or nothing where the files do not explain it (ranges may come from a directory
// service).
std::string range_hint(const MapKind& kind, const std::vector<spec::IdMapping>& map) {
  const uid_t uid = sys::effective_user_id();
  const std::uint32_t own = kind.file == kUid.file ? uid : sys::effective_group_id();
  const std::string name = account_name(uid);
  const std::string user = name.empty() ? cat(uid) : name;
  const std::vector<Range> ranges = ranges_of(read_accounts(kind.ranges), name, uid);
  if (ranges.empty()) {
    return cat("; ", kind.ranges, " has no range for user ", user);
  }
  for (const spec::IdMapping& line : map) {
    const bool held = (line.host_id == own && line.size == 1) ||
                      std::any_of(ranges.begin(), ranges.end(),
                                  [&line](const Range& range) { return range.holds(line); });
    if (!held) {
      return cat("; the map needs host ids ", line.host_id, "-",
                 std::uint64_t{line.host_id} + line.size - 1, ", and ", kind.ranges,
                 " does not give them to user ", user);
    }
  }
  return {};
}

Result<> run_helper(const MapKind& kind, pid_t pid, const std::vector<spec::IdMapping>& map) {
  const std::optional<std::string> path = find_program(kind.helper);
  if (!path) {
    return fail(Error::unsupported(cat(kind.helper, " is not installed: a ", kind.word,
                                       " map of more than the caller's own id needs it")));
  }
  sys::ProgramRun run = {.path = *path,
                         .argv = {std::string(kind.helper), cat(pid)},
                         .envp = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"},
                         .stdin_text = {},
                         .timeout_ms = kHelperTimeout};
  for (const spec::IdMapping& line : map) {
    run.argv.push_back(cat(line.container_id));
    run.argv.push_back(cat(line.host_id));
    run.argv.push_back(cat(line.size));
  }
  const sys::ProgramResult result = TRY(sys::run_program(run));
  if (result.timed_out) {
    return fail(Error::unsupported(cat("'", *path, "' did not end in time")));
  }
  if (result.status.shell_status() != 0) {
    std::string_view output = trim(result.error_output);
    const std::string prefix = cat(kind.helper, ": ");
    if (output.starts_with(prefix)) {
      output.remove_prefix(prefix.size());
    }
    return fail(Error::invalid(cat(
        "'", *path, "': ",
        output.empty() ? cat("exit status ", result.status.shell_status()) : std::string(output),
        range_hint(kind, map))));
  }
  return {};
}

// -- writing --

// /proc/PID of a process that is not dumpable belongs to root, so that neither we nor the helpers
// could write there without privilege.
class Dumpable {
 public:
  explicit Dumpable(bool wanted) {
    const auto now = sys::process_control(PR_GET_DUMPABLE);
    if (wanted && now && *now != 1) {
      changed_ = sys::process_control(PR_SET_DUMPABLE, 1).has_value();
    }
  }
  Dumpable(const Dumpable&) = delete;
  Dumpable& operator=(const Dumpable&) = delete;
  ~Dumpable() {
    if (changed_) {
      (void)sys::process_control(PR_SET_DUMPABLE, 0);
    }
  }

 private:
  bool changed_ = false;
};

struct Target {
  pid_t pid = 0;
  UniqueFd folder;
};

bool only_own_id(const std::vector<spec::IdMapping>& map, std::uint32_t own) {
  return map.size() == 1 && map[0].host_id == own && map[0].size == 1;
}

Result<> write_map(const MapKind& kind, const Target& target,
                   const std::vector<spec::IdMapping>& map, bool helper_allowed) {
  if (map.empty()) {
    return {};
  }
  const std::string text = TRY(map_text(kind, map));
  Result<> written = sys::write_file_at(target.folder, kind.file, text);
  if (written || written.error().err() != EPERM) {
    return written;
  }
  if (helper_allowed) {
    return run_helper(kind, target.pid, map);
  }
  if (const std::string hint = user_namespace_hint(); !hint.empty()) {
    return fail(Error(ErrorKind::system, EPERM, cat(written.error().text(), " (", hint, ")")));
  }
  return written;
}

}  // namespace

std::string user_namespace_hint() {
  struct Sysctl {
    const char* path;
    std::string_view name;
    std::string_view bad;
  };
  static constexpr Sysctl kSysctls[] = {
      {"/proc/sys/user/max_user_namespaces", "user.max_user_namespaces", "0"},
      {"/proc/sys/kernel/unprivileged_userns_clone", "kernel.unprivileged_userns_clone", "0"},
      {"/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
       "kernel.apparmor_restrict_unprivileged_userns", "1"}};
  constexpr std::size_t kNumber = 64;
  for (const Sysctl& sysctl : kSysctls) {
    const auto value = sys::read_file_at(sys::cwd(), sysctl.path, kNumber);
    if (value && trim(*value) == sysctl.bad) {
      return cat("user namespaces are restricted by the sysctl ", sysctl.name, "=", sysctl.bad);
    }
  }
  return {};
}

Result<> write_id_maps(pid_t pid, const plan::IdMaps& maps, bool rootless) {
  const bool unprivileged = sys::effective_user_id() != 0;
  const Dumpable dumpable(unprivileged);
  const Target target = {.pid = pid, .folder = TRY(open_proc_folder(pid))};
  const bool own_uid = unprivileged && only_own_id(maps.uid, sys::effective_user_id());
  const bool own_gid = unprivileged && only_own_id(maps.gid, sys::effective_group_id());
  const bool helper_allowed = unprivileged || rootless;
  TRY_DOING("uid map", write_map(kUid, target, maps.uid, helper_allowed && !own_uid));
  if (own_gid) {
    // Else dropping a group could give access that the group denies (CVE-2014-8989): the kernel
    // takes a gid map of an unprivileged writer only after this.
    const Result<> denied = sys::write_file_at(target.folder, "setgroups", "deny");
    if (!denied && denied.error().err() != ENOENT) {
      return fail(Error(denied.error()).wrap("gid map"));
    }
  }
  TRY_DOING("gid map", write_map(kGid, target, maps.gid, helper_allowed && !own_gid));
  return {};
}

bool setgroups_allowed() {
  constexpr std::size_t kWord = 64;
  const auto value = sys::read_file_at(sys::cwd(), "/proc/self/setgroups", kWord);
  return !value || trim(*value) != "deny";
}

}  // namespace plimsoll::linux
