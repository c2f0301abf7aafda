// How processes come into the cgroup: what init and exec write themselves, and moving another
// process. SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "runtime/base/text.h"
#include "runtime/cgroup/cgroup.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"

namespace plimsoll::cgroup {

namespace {

// A sub-path stays below the container's cgroup: ".." is refused, not cleaned away, because the
// caller meant something else than what would happen.
Result<std::string> check_sub_path(std::string_view sub_path) {
  if (std::ranges::any_of(split(sub_path, '/'), [](auto part) { return part == ".."; }) ||
      sub_path.contains('\0')) {
    return fail(Error::invalid(cat("bad sub cgroup path: ", sub_path)));
  }
  std::string clean = clean_path(cat("/", sub_path));
  return clean == "/" ? std::string() : clean;
}

// One --cgroup of exec: "[ctrl[,ctrl...]:]PATH". Without controllers it is for every hierarchy that
// no other one names.
struct SubPath {
  std::vector<std::string_view> controllers;
  std::string path;
};

Result<SubPath> parse_sub_path(std::string_view text) {
  const std::size_t colon = text.find(':');
  SubPath out;
  if (colon != std::string_view::npos) {
    out.controllers = split(text.substr(0, colon), ',');
    text.remove_prefix(colon + 1);
  }
  out.path = TRY(check_sub_path(text));
  return out;
}

std::string_view sub_path_for(const std::vector<SubPath>& sub_paths, const Hierarchy& hierarchy) {
  std::string_view fallback;
  for (const SubPath& sub_path : sub_paths) {
    if (sub_path.controllers.empty()) {
      fallback = sub_path.path;
    }
    for (const std::string_view controller : sub_path.controllers) {
      if (hierarchy.has(controller)) {
        return sub_path.path;
      }
    }
  }
  return fallback;
}

Result<std::vector<SubPath>> parse_sub_paths(const std::vector<std::string>& texts,
                                             const std::vector<Hierarchy>& hierarchies) {
  std::vector<SubPath> parsed;
  for (const std::string& text : texts) {
    parsed.push_back(TRY(parse_sub_path(text)));
    for (const std::string_view controller : parsed.back().controllers) {
      const bool known = std::ranges::any_of(
          hierarchies, [controller](const Hierarchy& one) { return one.has(controller); });
      if (controller.empty() || !known) {
        return fail(Error::not_found(cat("unknown controller ", controller, " in '", text, "'")));
      }
    }
  }
  return parsed;
}

bool is_gone(const Error& error) { return error.err() == ENOENT || error.err() == ENODEV; }

}  // namespace

Result<> Cgroup::open_for_join(const std::vector<std::string>& sub_paths) {
  v1_tasks_.clear();
  UniqueFd own_dir = std::exchange(v2_dir_, UniqueFd());
  const std::vector<SubPath> parsed = TRY(parse_sub_paths(sub_paths, hierarchies_));
  for (const Hierarchy& hierarchy : hierarchies_) {
    const std::string sub_path(sub_path_for(parsed, hierarchy));
    if (hierarchy.v2() && sub_paths.empty() && own_dir.valid()) {
      v2_dir_ = std::exchange(own_dir, UniqueFd());
      continue;
    }
    const std::string path = cat(hierarchy.path, sub_path);
    auto opened =
        hierarchy.v2() ? tree_.open_dir(path) : tree_.open_file(cat(path, "/tasks"), O_WRONLY);
    if (!opened) {
      if (sub_path.empty() && is_gone(opened.error())) {
        continue;  // removed behind our back; the others still bound the process
      }
      return fail(std::move(opened).error().wrap("adding pid to the cgroup"));
    }
    if (hierarchy.v2()) {
      v2_dir_ = std::move(*opened);
    } else {
      v1_tasks_.push_back(std::move(*opened));
    }
  }
  return {};
}

Result<std::string> Cgroup::v2_sub_path_of(pid_t pid) const {
  const Hierarchy* hierarchy = unified();
  if (hierarchy == nullptr) {
    return std::string();
  }
  const std::string text =
      TRY(sys::read_file_at(sys::cwd(), cat("/proc/", pid, "/cgroup").c_str(), 1 << 20));
  for (const OwnCgroup& own : parse_proc_cgroup(text)) {
    if (!own.controllers.empty()) {
      continue;
    }
    // As seen from our cgroup namespace, whose root is the mount's as a rule.
    const std::string path = cat(hierarchy->mount, own.path);
    if (path == hierarchy->path) {
      return std::string();
    }
    if (path.starts_with(cat(hierarchy->path, "/"))) {
      return path.substr(hierarchy->path.size() + 1);
    }
    return fail(Error::wrong_state(
        cat("process ", pid, " is in cgroup '", own.path, "', outside of the container's")));
  }
  return fail(Error::wrong_state(cat("process ", pid, " is in no cgroup v2")));
}

Result<> Cgroup::attach(pid_t pid) {
  if (unit_ && unit_->user && mode_ == plan::CgroupMode::v2) {
    // Only the manager may write the cgroup that a user's session and its units have in common.
    const std::string folder =
        v2_dir_.valid()
            ? TRY(sys::read_link_at(sys::cwd(), cat("/proc/self/fd/", v2_dir_.get()).c_str()))
            : unified()->path;
    return attach_to_unit(*unit_, folder.substr(std::min(unified()->path.size(), folder.size())),
                          pid);
  }
  const std::string number = cat(pid);
  for (const Hierarchy& hierarchy : hierarchies_) {
    const std::string file = cat(hierarchy.path, "/cgroup.procs");
    auto written = tree_.write(file, number);
    // EINVAL: the kernel has not finished making the process.
    for (int attempt = 0; attempt < 5 && !written && written.error().err() == EINVAL; ++attempt) {
      sys::sleep_milliseconds(30);
      written = tree_.write(file, number);
    }
    const bool tolerated =
        !written && (is_gone(written.error()) || (rootless_ && (written.error().err() == EACCES ||
                                                                written.error().err() == EPERM)));
    if (!written && !tolerated) {
      return written;
    }
  }
  return {};
}

}  // namespace plimsoll::cgroup
