// Intel Resource Director Technology through the resctrl file system (the kernel's
// Documentation/filesystems/resctrl.rst). Runs in the parent.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <string_view>

#include "runtime/base/text.h"
#include "runtime/linux/host.h"
#include "runtime/sys/file.h"

namespace plimsoll::linux {

namespace {

constexpr std::size_t kMaxFile = std::size_t{64} * 1024;
constexpr std::size_t kMaxName = 255;

// Folders that resctrl has in each group: they are no groups.
constexpr std::string_view kReserved[] = {"info", "mon_groups", "mon_data"};

Result<> check_group_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxName || name == "." || name == ".." ||
      name.find('/') != std::string_view::npos || name.find('\n') != std::string_view::npos ||
      std::find(std::begin(kReserved), std::end(kReserved), name) != std::end(kReserved)) {
    return fail(Error::invalid(cat("'", name, "' is no name of a resctrl group")));
  }
  return {};
}

// The lines to write: the two older members first, l3CacheSchema before memBwSchema.
Result<std::vector<std::string>> wanted_lines(const plan::IntelRdt& rdt) {
  std::vector<std::string> lines = {rdt.l3_cache_schema.value_or(""),
                                    rdt.mem_bw_schema.value_or("")};
  if (rdt.schemata) {
    lines.insert(lines.end(), rdt.schemata->begin(), rdt.schemata->end());
  }
  std::erase(lines, "");
  for (const std::string& line : lines) {
    if (line.find('\n') != std::string::npos) {
      return fail(Error::invalid(cat("schema '", line, "' has more than one line")));
    }
  }
  return lines;
}

// -- comparing schemata: "L3:0=7f0;1=1f" --

using Domains = std::map<std::string, std::string>;  // cache id -> mask or percentage
using Schemata = std::map<std::string, Domains>;     // resource -> domains

// The kernel prints without leading zeros and in lower case.
std::string normal_value(std::string_view text) {
  std::string value(trim(text));
  for (char& c : value) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  std::string_view digits = value;
  if (digits.starts_with("0x")) {
    digits.remove_prefix(2);
  }
  while (digits.size() > 1 && digits.front() == '0') {
    digits.remove_prefix(1);
  }
  return std::string(digits);
}

// False for a line that is none.
bool add_line(std::string_view line, Schemata& out) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) {
    return false;
  }
  Domains& domains = out[std::string(trim(line.substr(0, colon)))];
  for (const std::string_view part : split(line.substr(colon + 1), ';')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) {
      return false;
    }
    domains[normal_value(part.substr(0, equals))] = normal_value(part.substr(equals + 1));
  }
  return true;
}

// The kernel rounds a bandwidth up to the step of the hardware.
std::string rounded(const std::string& value, std::uint64_t step) {
  const auto number = parse_unsigned(value);
  if (!number || step == 0 || *number > 0xffffffff) {
    return value;
  }
  return cat((*number + step - 1) / step * step);
}

Result<> compare_schemata(BorrowedFd root, BorrowedFd group, const std::vector<std::string>& lines,
                          std::string_view name) {
  Schemata present;
  const std::string text = TRY(sys::read_file_at(group, "schemata", kMaxFile));
  for (const std::string_view line : split(text, '\n')) {
    (void)add_line(line, present);
  }
  const auto step_text = sys::read_file_at(root, "info/MB/bandwidth_gran", kMaxFile);
  const std::uint64_t step = step_text ? parse_unsigned(trim(*step_text)).value_or(0) : 0;
  Schemata wanted;
  for (const std::string& line : lines) {
    if (!add_line(line, wanted)) {
      return fail(Error::invalid(cat("'", line, "' is no schema")));
    }
  }
  for (const auto& [resource, domains] : wanted) {
    for (const auto& [domain, value] : domains) {
      const std::string expected = resource == "MB" ? rounded(value, step) : value;
      const std::string& actual = present[resource][domain];
      if (actual != expected) {
        return fail(Error::invalid(cat("resctrl group '", name, "' has ", resource, ':', domain,
                                       '=', actual, ", the config says ", value)));
      }
    }
  }
  return {};
}

// -- the group --

// What this call has made, removed again unless it succeeds.
class Created {
 public:
  Created() = default;
  Created(const Created&) = delete;
  Created& operator=(const Created&) = delete;
  ~Created() {
    for (auto path = paths_.rbegin(); path != paths_.rend(); ++path) {
      (void)sys::unlink_at(sys::cwd(), path->c_str(), AT_REMOVEDIR);
    }
  }
  void add(std::string path, bool goes_with_container) {
    if (goes_with_container && to_delete_.empty()) {
      to_delete_ = path;  // the first: the kernel removes the monitoring group inside with it
    }
    paths_.push_back(std::move(path));
  }
  // Nothing is removed any more; returns what delete has to remove.
  std::string keep() {
    paths_.clear();
    return std::move(to_delete_);
  }

 private:
  std::vector<std::string> paths_;
  std::string to_delete_;
};

// Adds the file system's own explanation of the last failure.
Error explained(BorrowedFd root, const Error& error) {
  const auto status = sys::read_file_at(root, "info/last_cmd_status", kMaxFile);
  if (!status || trim(*status).empty() || trim(*status) == "ok") {
    return error;
  }
  return {error.kind(), error.err(), cat(error.text(), " (resctrl: ", trim(*status), ")")};
}

Result<> write_to(BorrowedFd root, BorrowedFd group, const char* file, std::string_view text) {
  const auto write = [&]() -> Result<> {
    // As a shell's redirection does: resctrl itself takes no notice of the last two flags.
    const UniqueFd fd = TRY(
        sys::open_at(group, file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK, 0600));
    return sys::write_all(fd, text);
  };
  if (const Result<> written = write(); !written) {
    return fail(explained(root, Error(written.error()).wrap(cat("'", file, "'"))));
  }
  return {};
}

Result<UniqueFd> open_root(const std::string& resctrl_root) {
  auto root = sys::open_at(sys::cwd(), resctrl_root.c_str(), O_PATH | O_DIRECTORY);
  if (!root && root.error().err() == ENOENT) {
    return fail(Error::unsupported(
        cat("this kernel or processor has no resctrl: '", resctrl_root, "' does not exist")));
  }
  // The kernel makes the folder; the administrator mounts the file system on it.
  if (root && !sys::stat_at(*root, "schemata", AT_SYMLINK_NOFOLLOW)) {
    return fail(Error::unsupported(cat("resctrl is not mounted on '", resctrl_root, "'")));
  }
  return root;
}

struct Group {
  UniqueFd folder;
  std::string path;
  bool existed = false;
};

struct GroupRequest {
  std::string name;
  bool named = false;  // by closID: others may use the group too, and it outlives the container
  bool may_create = false;
};

Result<Group> open_group(BorrowedFd root, const std::string& resctrl_root,
                         const GroupRequest& request, Created& created) {
  const std::string& name = request.name;
  if (request.named && name == "/") {
    return Group{.folder = TRY(sys::duplicate(root)), .path = resctrl_root, .existed = true};
  }
  TRY(check_group_name(name));
  Group group = {.folder = {}, .path = cat(resctrl_root, "/", name), .existed = true};
  if (request.may_create) {
    const Result<> made = sys::mkdir_at(root, name.c_str(), 0755);
    if (made) {
      group.existed = false;
      created.add(group.path, !request.named);
    } else if (made.error().err() != EEXIST) {
      return fail(explained(root, made.error()));
    }
  }
  auto folder = sys::open_at(root, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW);
  if (!folder && folder.error().err() == ENOENT) {
    return fail(
        Error::invalid(cat("resctrl group '", name,
                           "' does not exist, and the config has no schema to make it with")));
  }
  group.folder = TRY(std::move(folder));
  return group;
}

Result<> add_monitoring(BorrowedFd root, const Group& group, const std::string& container_id,
                        pid_t pid, Created& created) {
  TRY(check_group_name(container_id));
  const std::string name = cat("mon_groups/", container_id);
  if (const Result<> made = sys::mkdir_at(group.folder, name.c_str(), 0755); !made) {
    return fail(explained(root, made.error()));
  }
  created.add(cat(group.path, "/", name), true);
  const UniqueFd folder =
      TRY(sys::open_at(group.folder, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW));
  return write_to(root, folder, "tasks", cat(pid));
}

Result<std::string> apply(const plan::IntelRdt& rdt, const std::string& container_id, pid_t pid,
                          const std::string& resctrl_root) {
  const UniqueFd root = TRY(open_root(resctrl_root));
  const std::vector<std::string> lines = TRY(wanted_lines(rdt));
  const bool named = rdt.clos_id && !rdt.clos_id->empty();
  Created created;
  // config-linux.md#intelrdt: with a closID alone the group must be there.
  const GroupRequest request = {.name = named ? *rdt.clos_id : container_id,
                                .named = named,
                                .may_create = !named || !lines.empty()};
  const Group group = TRY(open_group(root, resctrl_root, request, created));
  if (!lines.empty()) {
    if (named && group.existed) {
      TRY(compare_schemata(root, group.folder, lines, request.name));
    } else {
      std::string text;
      for (const std::string& line : lines) {
        cat_to(text, line, '\n');
      }
      TRY(write_to(root, group.folder, "schemata", text));
    }
  }
  TRY(write_to(root, group.folder, "tasks", cat(pid)));
  if (rdt.enable_monitoring.value_or(false)) {
    TRY(add_monitoring(root, group, container_id, pid, created));
  }
  return created.keep();
}

}  // namespace

Result<std::string> apply_intel_rdt(const plan::IntelRdt& rdt, const std::string& container_id,
                                    pid_t pid, const std::string& resctrl_root) {
  return TRY_DOING("intel rdt", apply(rdt, container_id, pid, resctrl_root));
}

}  // namespace plimsoll::linux
