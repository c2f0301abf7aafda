// The name of a container's unit, from linux.cgroupsPath.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/plan/systemd/unit.h"

#include <algorithm>

#include "runtime/base/text.h"

namespace plimsoll::plan {

namespace {

constexpr std::string_view kSlice = ".slice";
constexpr std::size_t kMaxName = 255;  // UNIT_NAME_MAX

// systemd.unit(5): what a unit's name may consist of. Above all no '/': the name is a folder's too.
bool is_unit_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view(":-_.\\").contains(c);
  };
  return !name.empty() && name.size() <= kMaxName && name[0] != '.' &&
         std::ranges::all_of(name, allowed);
}

Error bad_slice(std::string_view slice) {
  return Error::invalid(cat("invalid slice name: ", slice));
}

}  // namespace

Result<std::string> expand_slice(std::string_view slice) {
  if (!is_unit_name(slice) || !slice.ends_with(kSlice)) {
    return fail(bad_slice(slice));
  }
  const std::string_view stem = slice.substr(0, slice.size() - kSlice.size());
  std::string path;
  if (stem == "-") {
    return path;
  }
  std::string prefix;
  for (const std::string_view part : split(stem, '-')) {
    if (part.empty()) {
      return fail(bad_slice(slice));
    }
    cat_to(path, "/", prefix, part, kSlice);
    cat_to(prefix, part, "-");
  }
  return path;
}

Result<SystemdUnit> plan_unit(std::string_view cgroups_path, std::string_view id, bool rootless) {
  SystemdUnit unit;
  unit.user = rootless;
  unit.slice = rootless ? "user.slice" : "system.slice";
  std::string_view prefix = "plimsoll";
  std::string_view name = id;
  if (!cgroups_path.empty()) {
    const std::vector<std::string_view> parts = split(cgroups_path, ':');
    if (parts.size() != 3) {
      return fail(
          Error::invalid(cat("expected cgroupsPath to be of format \"slice:prefix:name\" for "
                             "systemd cgroups, got \"",
                             cgroups_path, "\" instead")));
    }
    if (!parts[0].empty()) {
      unit.slice = parts[0];
    }
    prefix = parts[1];
    name = parts[2];
  }
  unit.name = name.ends_with(kSlice) ? std::string(name) : cat(prefix, "-", name, ".scope");
  if (!is_unit_name(unit.name)) {
    return fail(Error::invalid(
        cat("cgroupsPath: '", unit.name, "' is not a name that a unit of systemd can have")));
  }
  if (unit.name.ends_with(kSlice)) {
    // A slice's place follows from its own name.
    unit.cgroup = TRY_DOING("cgroupsPath", expand_slice(unit.name));
    return unit;
  }
  unit.cgroup = cat(TRY_DOING("cgroupsPath", expand_slice(unit.slice)), "/", unit.name);
  return unit;
}

}  // namespace plimsoll::plan
