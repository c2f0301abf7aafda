// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/host_report.h"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/cgroup/cgroup.h"
#include "runtime/cgroup/layout.h"
#include "runtime/linux/host.h"
#include "runtime/sys/file.h"
#include "runtime/sys/raw.h"
#include "validator/spec/vocabulary.h"

namespace plimsoll::container {
namespace {

constexpr std::size_t kFileLimit = std::size_t{64} * 1024;

std::string read_text(const char* path) {
  const auto content = sys::read_file_at(sys::cwd(), path, kFileLimit);
  return content ? std::string(trim(*content)) : std::string();
}

bool exists(const char* path) { return sys::stat_at(sys::cwd(), path, 0).has_value(); }

std::vector<std::string> words(std::string_view text, char separator) {
  std::vector<std::string> list;
  for (const std::string_view word : split(text, separator)) {
    if (!word.empty()) {
      list.emplace_back(word);
    }
  }
  return list;
}

std::vector<std::string_view> namespaces_of_kernel() {
  std::vector<std::string_view> names;
  for (const spec::NamespaceInfo& row : spec::namespaces()) {
    if (exists(cat("/proc/self/ns/", row.proc_name).c_str())) {
      names.push_back(row.name);
    }
  }
  return names;
}

std::vector<std::string_view> capabilities_of_kernel() {
  std::vector<std::string_view> names;
  const auto last = parse_unsigned(read_text("/proc/sys/kernel/cap_last_cap"));
  for (const auto& row : spec::capabilities()) {
    if (last && static_cast<std::uint64_t>(row.value) <= *last) {
      names.push_back(row.name);
    }
  }
  return names;
}

std::string_view mode_name(plan::CgroupMode mode) {
  switch (mode) {
    case plan::CgroupMode::v1:
      return "v1";
    case plan::CgroupMode::hybrid:
      return "hybrid";
    case plan::CgroupMode::v2:
      return "v2";
    case plan::CgroupMode::none:
      break;
  }
  return "none";
}

void read_cgroups(HostReport& report) {
  report.cgroup_mode = mode_name(cgroup::detect_mode());
  for (const cgroup::CgroupMount& mount :
       cgroup::parse_cgroup_mounts(read_text("/proc/self/mountinfo"))) {
    if (mount.v2) {
      report.cgroup_v2 = words(read_text(cat(mount.point, "/cgroup.controllers").c_str()), ' ');
      continue;
    }
    for (std::string& option : words(mount.options, ',')) {
      const bool controller =
          option != "rw" && option != "ro" && option.find('=') == std::string::npos;
      if (controller && exists(cat(mount.point, "/cgroup.procs").c_str())) {
        report.cgroup_v1.push_back(std::move(option));
      }
    }
  }
  std::ranges::sort(report.cgroup_v1);
  const auto repeated = std::ranges::unique(report.cgroup_v1);
  report.cgroup_v1.erase(repeated.begin(), repeated.end());
}

// Folders such as hugepages-2048kB -> "2MB", the spec's notation.
std::vector<std::string> read_huge_page_sizes() {
  constexpr std::string_view kPrefix = "hugepages-";
  std::vector<std::string> sizes;
  const auto folder = sys::open_at(sys::cwd(), "/sys/kernel/mm/hugepages", O_RDONLY | O_DIRECTORY);
  const auto entries = folder ? sys::list_dir(*folder) : std::vector<sys::DirEntry>();
  if (!entries) {
    return sizes;
  }
  for (const sys::DirEntry& entry : *entries) {
    std::string_view name = entry.name;
    if (!name.starts_with(kPrefix) || !name.ends_with("kB")) {
      continue;
    }
    name.remove_prefix(kPrefix.size());
    name.remove_suffix(2);
    const std::uint64_t kib = parse_unsigned(name).value_or(0);
    constexpr std::uint64_t kMib = 1024;
    constexpr std::uint64_t kGib = kMib * 1024;
    sizes.push_back(kib >= kGib && kib % kGib == 0   ? cat(kib / kGib, "GB")
                    : kib >= kMib && kib % kMib == 0 ? cat(kib / kMib, "MB")
                                                     : cat(kib, "KB"));
  }
  std::ranges::sort(sizes);
  return sizes;
}

bool has_resctrl() {
  const auto folder = sys::open_at(sys::cwd(), "/sys/fs/resctrl", O_PATH | O_DIRECTORY);
  const auto type = folder ? sys::filesystem_type(*folder) : std::uint64_t{0};
  return type && *type == RDTGROUP_SUPER_MAGIC;
}

// Arguments that no kernel takes: only a kernel without the call, or a filter in front of it, says
// ENOSYS.
std::vector<HostReport::SystemCall> probe_system_calls() {
  constexpr struct {
    std::string_view name;
    long number;
  } kCalls[] = {{"clone3", SYS_clone3},
                {"close_range", SYS_close_range},
                {"fsopen", SYS_fsopen},
                {"mount_setattr", SYS_mount_setattr},
                {"move_mount", SYS_move_mount},
                {"open_tree", SYS_open_tree},
                {"openat2", SYS_openat2},
                {"pidfd_open", SYS_pidfd_open},
                {"pidfd_send_signal", SYS_pidfd_send_signal},
                {"set_mempolicy", SYS_set_mempolicy}};
  std::vector<HostReport::SystemCall> calls;
  for (const auto& call : kCalls) {
    calls.push_back({call.name, sys::raw(call.number, -1, -1, -1, -1, -1) != -ENOSYS});
  }
  return calls;
}

std::vector<HostReport::Program> find_programs() {
  std::vector<HostReport::Program> programs;
  for (const std::string_view name : {"criu", "newgidmap", "newuidmap"}) {
    HostReport::Program program = {.name = name, .path = {}};
    for (const std::string_view folder :
         {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"}) {
      std::string path = cat(folder, "/", name);
      const auto status = sys::stat_at(sys::cwd(), path.c_str(), 0);
      if (status && S_ISREG(status->st_mode) && (status->st_mode & S_IXOTH) != 0) {
        program.path = std::move(path);
        break;
      }
    }
    programs.push_back(std::move(program));
  }
  return programs;
}

}  // namespace

HostReport read_host_report() {
  HostReport report;
  utsname names = {};
  if (sys::raw(SYS_uname, &names) >= 0) {
    report.kernel = names.release;
    report.machine = names.machine;
  }
  report.namespaces = namespaces_of_kernel();
  read_cgroups(report);
  report.systemd = exists("/run/systemd/system");
  const plan::HostFacts facts = linux::read_host_facts();
  report.apparmor = facts.apparmor_enabled;
  report.selinux = facts.selinux_enabled;
  report.security_modules = words(read_text("/sys/kernel/security/lsm"), ',');
  report.seccomp_actions = words(read_text("/proc/sys/kernel/seccomp/actions_avail"), ' ');
  report.capabilities = capabilities_of_kernel();
  report.huge_page_sizes = read_huge_page_sizes();
  report.resctrl = has_resctrl();
  report.user_namespaces_hint = linux::user_namespace_hint();
  report.system_calls = probe_system_calls();
  report.programs = find_programs();
  return report;
}

}  // namespace plimsoll::container
