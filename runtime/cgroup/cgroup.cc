// SPDX-License-Identifier: Apache-2.0
#include "runtime/cgroup/cgroup.h"

#include <linux/magic.h>

#include <algorithm>
#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"
#include "runtime/sys/kernfs.h"

namespace plimsoll::cgroup {

namespace {

constexpr const char* kRoot = "/sys/fs/cgroup";
constexpr std::size_t kProcCgroupLimit = 1 << 20;
constexpr std::size_t kMountinfoLimit = 64 << 20;  // some hosts have 100,000 mounts

Result<std::string> read_mountinfo() {
  return sys::read_file_at(sys::cwd(), "/proc/self/mountinfo", kMountinfoLimit);
}

Error not_recordable(std::string_view path, std::string_view why) {
  return Error::invalid(cat("recorded cgroup '", path, "' ", why));
}

// A cgroup that was recorded must be one of its own: the root of a hierarchy holds every process
// of the host, and would be emptied by `delete`.
Result<> check_recorded(const std::string& controllers, const std::string& path, bool only_v2) {
  if (path != clean_path(path) || !path.starts_with('/') || path.contains('\0')) {
    return fail(not_recordable(path, "is not a clean absolute path"));
  }
  if (path == kMountRoot) {
    return fail(not_recordable(path, "is the root of a hierarchy"));
  }
  if (path.starts_with(cat(kMountRoot, "/"))) {
    const bool at_top = !path.substr(kMountRoot.size() + 1).contains('/');
    if (at_top && !(controllers.empty() && only_v2)) {
      return fail(not_recordable(path, "is the root of a hierarchy"));
    }
    return {};
  }
  // Mounted elsewhere: only the folder itself can tell.
  const auto type = sys::filesystem_type_of(path.c_str());
  if (type && *type != CGROUP_SUPER_MAGIC && *type != CGROUP2_SUPER_MAGIC) {
    return fail(not_recordable(path, "is not on a cgroup file system"));
  }
  for (const std::string_view root_only : {"/cgroup.sane_behavior", "/release_agent"}) {
    if (sys::stat_at(sys::cwd(), cat(path, root_only).c_str(), AT_SYMLINK_NOFOLLOW)) {
      return fail(not_recordable(path, "is the root of a hierarchy"));
    }
  }
  return {};
}

}  // namespace

// v2 is mounted on the folder itself; else a tmpfs holds one folder a hierarchy, and in a hybrid
// one of them is "unified".
plan::CgroupMode detect_mode() {
  const auto root = sys::filesystem_type_of(kRoot);
  if (!root) {
    return plan::CgroupMode::none;
  }
  if (*root == CGROUP2_SUPER_MAGIC) {
    return plan::CgroupMode::v2;
  }
  if (*root != TMPFS_MAGIC) {
    return plan::CgroupMode::none;
  }
  const auto unified = sys::filesystem_type_of("/sys/fs/cgroup/unified");
  if (unified && *unified == CGROUP2_SUPER_MAGIC) {
    return plan::CgroupMode::hybrid;
  }
  return plan::CgroupMode::v1;
}

Result<Cgroup> Cgroup::locate(const plan::Cgroup& plan) {
  Layout layout{.mode = detect_mode(), .mountinfo = read_mountinfo};
  if (layout.mode != plan::CgroupMode::none) {
    layout.proc_cgroup = TRY(sys::read_file_at(sys::cwd(), "/proc/self/cgroup", kProcCgroupLimit));
  }
  return locate(plan, layout);
}

Result<Cgroup> Cgroup::locate(const plan::Cgroup& plan, const Layout& layout) {
  Cgroup cgroup;
  cgroup.mode_ = layout.mode;
  cgroup.rootless_ = plan.rootless;
  if (layout.mode != plan::CgroupMode::none) {
    cgroup.tree_ = TRY(Tree::open(layout.root));
    if (plan.unit) {
      cgroup.unit_ = {.name = plan.unit->name, .user = plan.unit->user};
      plan::Cgroup placed = plan;
      placed.path =
          cat(plan.unit->user ? TRY_DOING("systemd", user_manager_cgroup()) : "", plan.path);
      cgroup.hierarchies_ = TRY(find_hierarchies(layout, cgroup.tree_.root(), placed));
    } else {
      cgroup.hierarchies_ = TRY(find_hierarchies(layout, cgroup.tree_.root(), plan));
    }
  }
  const bool asked = plan.explicit_path || plan.any_resources;
  if (cgroup.hierarchies_.empty() && (asked || !plan.rootless)) {
    return fail(Error::unsupported(cat("no cgroup file system is mounted on '", layout.root, "'")));
  }
  cgroup.record_paths();
  return cgroup;
}

Result<Cgroup> Cgroup::open(const Paths& paths) {
  Cgroup cgroup;
  cgroup.paths_ = paths;
  if (paths.empty()) {
    return cgroup;
  }
  const bool any_v2 =
      std::ranges::any_of(paths, [](const auto& path) { return path.first.empty(); });
  const bool only_v2 = any_v2 && paths.size() == 1;
  cgroup.mode_ = only_v2  ? plan::CgroupMode::v2
                 : any_v2 ? plan::CgroupMode::hybrid
                          : plan::CgroupMode::v1;
  cgroup.tree_ = TRY(Tree::open(kRoot));
  for (const auto& [controllers, path] : paths) {
    TRY(check_recorded(controllers, path, only_v2));
    std::string mount;
    if (path.starts_with(cat(kMountRoot, "/"))) {
      mount =
          only_v2 ? std::string(kMountRoot) : path.substr(0, path.find('/', kMountRoot.size() + 1));
    }
    cgroup.hierarchies_.push_back({.controllers = controllers, .mount = mount, .path = path});
  }
  if (only_v2) {
    // `update` reads from it. Gone is no error here.
    cgroup.v2_dir_ = cgroup.tree_.open_dir(paths.front().second).value_or(UniqueFd());
  }
  return cgroup;
}

void Cgroup::held_by_unit(bool user) {
  if (!paths_.empty()) {
    const std::string& path = paths_.front().second;
    unit_ = {.name = path.substr(path.rfind('/') + 1), .user = user};
  }
}

Result<> Cgroup::start_unit(const plan::Cgroup& plan, std::string_view id, pid_t pid) {
  if (!plan.unit) {
    return {};
  }
  for (const Hierarchy& hierarchy : hierarchies_) {
    if (tree_.open_dir(hierarchy.path)) {
      // Somebody else's: systemd would put the container beside its processes.
      TRY(check_unused(hierarchy));
    }
  }
  TRY(cgroup::start_unit(*plan.unit, cat("plimsoll container ", id), pid, mode_));
  unit_started_ = true;
  return {};
}

const Hierarchy* Cgroup::find(std::string_view controller) const {
  const auto found = std::ranges::find_if(hierarchies_, [&](const Hierarchy& hierarchy) {
    return controller.empty() ? hierarchy.v2() : hierarchy.has(controller);
  });
  return found == hierarchies_.end() ? nullptr : &*found;
}

void Cgroup::record_paths() {
  paths_.clear();
  for (const Hierarchy& hierarchy : hierarchies_) {
    paths_.emplace_back(hierarchy.controllers, hierarchy.path);
  }
}

bool Cgroup::oom_killed() const {
  const Hierarchy* memory = find("memory");
  const bool v1 = memory != nullptr;
  if (!v1) {
    memory = unified();
  }
  if (memory == nullptr) {
    return false;
  }
  const auto text = tree_.read(cat(memory->path, v1 ? "/memory.oom_control" : "/memory.events"));
  if (!text) {
    return false;
  }
  for (const std::string_view line : split(*text, '\n')) {
    if (line.starts_with("oom_kill ")) {
      return parse_unsigned(line.substr(9)).value_or(0) > 0;
    }
  }
  return false;
}

Result<std::vector<MountSource>> mount_sources(const Cgroup& cgroup) {
  std::vector<MountSource> sources;
  for (const Hierarchy& hierarchy : cgroup.hierarchies_) {
    if (hierarchy.v2()) {
      // Beside v1 hierarchies it is the runtime's own handle on the container.
      if (cgroup.mode_ == plan::CgroupMode::v2) {
        sources.push_back({.name = "",
                           .host_path = hierarchy.path,
                           .mount_root = hierarchy.mount,
                           .options = ""});
      }
      continue;
    }
    const bool named = hierarchy.controllers.starts_with("name=");
    sources.push_back(
        {.name = hierarchy.mount.substr(hierarchy.mount.rfind('/') + 1),
         .host_path = hierarchy.path,
         .mount_root = hierarchy.mount,
         .options = named ? cat("none,", hierarchy.controllers) : hierarchy.controllers});
  }
  return sources;
}

}  // namespace plimsoll::cgroup
