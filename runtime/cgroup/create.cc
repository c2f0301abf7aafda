// Making the container's folders in every hierarchy, by the parent before the container exists.
//
// In a hybrid the v2 hierarchy is used too, beside the v1 controllers: it gives CLONE_INTO_CGROUP,
// cgroup.kill and cgroup.freeze, which v1 has no equal for. It is left out where it cannot be made.
// SPDX-License-Identifier: Apache-2.0
#include <linux/magic.h>

#include <algorithm>
#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/cgroup/cgroup.h"
#include "runtime/cgroup/controllers.h"
#include "runtime/cgroup/processes.h"
#include "runtime/sys/file.h"

namespace plimsoll::cgroup {

namespace {

bool is_permission(const Error& error) {
  return error.err() == EACCES || error.err() == EPERM || error.err() == EROFS;
}

// True where a cgroup that could not be made does no harm (rootless, nothing asked for).
bool can_do_without(const plan::Cgroup& plan, const Error& error) {
  return plan.rootless && !plan.explicit_path && is_permission(error);
}

bool writes_to(const plan::Cgroup& plan, std::string_view file) {
  return std::ranges::any_of(plan.writes,
                             [&](const plan::CgroupWrite& write) { return write.file == file; });
}

// A new cpuset of v1 has no CPU and no memory node, and takes no process until it has both.
Result<> inherit_cpuset(const Tree& tree, const Hierarchy& hierarchy, const std::string& path,
                        std::string_view file) {
  const std::string own = cat(path, "/", file);
  const std::string parent(parent_of(path));
  std::string value = TRY(tree.read_small(cat(parent, "/", file)));
  if (value.empty() && parent.size() > hierarchy.mount.size()) {
    TRY(inherit_cpuset(tree, hierarchy, parent, file));  // made by somebody who did not care
    value = TRY(tree.read_small(cat(parent, "/", file)));
  }
  return tree.write(own, value);
}

Result<> prepare_cpusets(const Tree& tree, const Hierarchy& hierarchy,
                         const std::vector<std::string>& made, const plan::Cgroup& plan) {
  for (const std::string& path : made) {
    for (const std::string_view file : {"cpuset.cpus", "cpuset.mems"}) {
      if (path != hierarchy.path || !writes_to(plan, file)) {
        TRY(inherit_cpuset(tree, hierarchy, path, file));
      }
    }
  }
  return {};
}

// One that was there already and that its last user left without CPUs.
Result<> repair_cpuset(const Tree& tree, const Hierarchy& hierarchy, const plan::Cgroup& plan) {
  for (const std::string_view file : {"cpuset.cpus", "cpuset.mems"}) {
    if (!writes_to(plan, file) && tree.read_word(cat(hierarchy.path, "/", file)).empty()) {
      TRY(inherit_cpuset(tree, hierarchy, hierarchy.path, file));
    }
  }
  return {};
}

// config-linux.md#cgroup-ownership: the folder and the files of /sys/kernel/cgroup/delegate that
// are there; these three where the kernel has no such list.
Result<> delegate(const Tree& tree, const std::string& path, uid_t owner) {
  auto list = sys::read_file_at(sys::cwd(), "/sys/kernel/cgroup/delegate", 1 << 16);
  if (!list && list.error().err() != ENOENT) {
    return fail(std::move(list).error());
  }
  const std::string names = list ? *list : "cgroup.procs\ncgroup.subtree_control\ncgroup.threads\n";
  TRY(tree.change_owner(path, owner));
  for (const std::string_view name : split(names, '\n')) {
    if (name.empty() || name.contains('/')) {
      continue;
    }
    if (auto changed = tree.change_owner(cat(path, "/", name), owner);
        !changed && changed.error().err() != ENOENT) {
      return changed;
    }
  }
  return {};
}

Error explain_permission(Error error, const plan::Cgroup& plan) {
  if (!plan.rootless || !is_permission(error)) {
    return error;
  }
  if (plan.explicit_path) {
    return std::move(error).wrap("unable to apply cgroup configuration");
  }
  return std::move(error).wrap(
      "rootless needs no limits + no cgrouppath when no permission is granted for cgroups "
      "(systemd grants it by Delegate=yes, an administrator by giving the folder to this user)");
}

}  // namespace

Result<> Cgroup::check_unused(const Hierarchy& hierarchy) const {
  const std::vector<pid_t> pids = TRY(processes_below(tree_, hierarchy.path));
  if (!pids.empty()) {
    return fail(Error::wrong_state(
        cat("container's cgroup is not empty: ", pids.size(), " process(es) found")));
  }
  const std::string frozen = hierarchy.v2()             ? "/cgroup.freeze"
                             : hierarchy.has("freezer") ? "/freezer.self_freezing"
                                                        : "";
  if (!frozen.empty() && tree_.read_word(cat(hierarchy.path, frozen)) == "1") {
    return fail(Error::wrong_state("container's cgroup unexpectedly frozen"));
  }
  return {};
}

Result<> Cgroup::make_v1(Hierarchy& hierarchy, const plan::Cgroup& plan, FolderMaker& maker) {
  const std::vector<std::string> made = TRY(maker.make(hierarchy.mount, hierarchy.path));
  hierarchy.fresh = !made.empty();
  // Also the proof that this is a cgroup file system, and not the folder of one that is unmounted.
  UniqueFd tasks = TRY(tree_.open_file(cat(hierarchy.path, "/tasks"), O_WRONLY));
  if (!hierarchy.fresh && !unit_started_) {
    TRY(check_unused(hierarchy));
  }
  if (hierarchy.has("cpuset")) {
    TRY(prepare_cpusets(tree_, hierarchy, made, plan));
    if (!hierarchy.fresh) {
      TRY(repair_cpuset(tree_, hierarchy, plan));
    }
  }
  v1_tasks_.push_back(std::move(tasks));
  return {};
}

Result<> Cgroup::make_v2(Hierarchy& hierarchy, const plan::Cgroup& plan, FolderMaker& maker) {
  hierarchy.fresh = !TRY(maker.make(hierarchy.mount, hierarchy.path)).empty();
  v2_dir_ = TRY(tree_.open_dir(hierarchy.path));
  if (TRY(sys::filesystem_type(v2_dir_)) != CGROUP2_SUPER_MAGIC) {
    return fail(Error::unsupported(cat("'", hierarchy.mount, "' is not a cgroup2 mount")));
  }
  if (!hierarchy.fresh && !unit_started_) {
    TRY(check_unused(hierarchy));
  }
  if (mode_ == plan::CgroupMode::v2) {
    TRY(enable_controllers(tree_, hierarchy.mount, hierarchy.path, needed_controllers(plan.writes),
                           Enable::all));
    // Ownership is for a hierarchy that the container sees (linux.cgroupOwner.not-on-v1).
    if (plan.owner) {
      TRY(delegate(tree_, hierarchy.path, *plan.owner));
    }
  }
  return {};
}

Result<> Cgroup::create(const plan::Cgroup& plan) {
  FolderMaker maker(tree_);
  rootless_ = plan.rootless;
  v1_tasks_.clear();
  for (auto hierarchy = hierarchies_.begin(); hierarchy != hierarchies_.end();) {
    const std::size_t before = maker.count();
    auto made =
        hierarchy->v2() ? make_v2(*hierarchy, plan, maker) : make_v1(*hierarchy, plan, maker);
    if (made) {
      ++hierarchy;
      continue;
    }
    const Error& error = made.error();
    const bool extra = hierarchy->v2() && mode_ == plan::CgroupMode::hybrid &&
                       error.kind() != ErrorKind::wrong_state;
    const bool unmounted = !hierarchy->v2() && error.err() == ENOENT;
    const bool last_limit = mode_ == plan::CgroupMode::v2 && plan.any_resources;
    if (!extra && !unmounted && (!can_do_without(plan, error) || last_limit)) {
      return fail(explain_permission(std::move(made).error(), plan));
    }
    maker.undo(maker.count() - before);
    if (hierarchy->v2()) {
      v2_dir_.reset();
    }
    hierarchy = hierarchies_.erase(hierarchy);
  }
  maker.keep();
  record_paths();
  return {};
}

}  // namespace plimsoll::cgroup
