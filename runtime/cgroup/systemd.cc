// SPDX-License-Identifier: Apache-2.0
#include "runtime/cgroup/systemd.h"

#include <unistd.h>

#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/sys/companion.h"
#include "runtime/sys/spawn_program.h"

namespace plimsoll::cgroup {

namespace {

constexpr std::string_view kHelper = "plimsoll-systemd";
// More than the helper's own limits for a call and a job together.
constexpr int kTimeoutMilliseconds = 60'000;

std::vector<std::string> environment() {
  std::vector<std::string> out;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    for (const std::string_view name :
         {"PATH=", "XDG_RUNTIME_DIR=", "DBUS_SESSION_BUS_ADDRESS=", "DBUS_SYSTEM_BUS_ADDRESS="}) {
      if (text.starts_with(name)) {
        out.emplace_back(text);
      }
    }
  }
  return out;
}

std::vector<std::string> candidates(const std::vector<std::string>& variables) {
  constexpr std::string_view kPath = "PATH=";
  std::string_view path;
  for (const std::string_view variable : variables) {
    path = variable.starts_with(kPath) ? variable.substr(kPath.size()) : path;
  }
  return sys::companion_candidates(kHelper, sys::own_executable(), path);
}

Result<std::string> ask(bool user, std::vector<std::string> words, std::string input = {}) {
  sys::ProgramRun run;
  run.argv = {std::string(kHelper), user ? "user" : "system"};
  run.argv.insert(run.argv.end(), words.begin(), words.end());
  run.envp = environment();
  run.stdin_text = std::move(input);
  run.timeout_ms = kTimeoutMilliseconds;
  for (const std::string& path : candidates(run.envp)) {
    run.path = path;
    auto result = sys::run_program(run);
    if (!result && (result.error().err() == ENOENT || result.error().err() == ENOTDIR)) {
      continue;
    }
    const sys::ProgramResult ended = TRY(std::move(result));
    if (ended.timed_out) {
      return fail(Error::system(
          0, cat("systemd: no answer after ", kTimeoutMilliseconds / 1000, " seconds")));
    }
    if (ended.status.shell_status() != 0) {
      return fail(Error::system(0, cat("systemd: ", trim(ended.error_output))));
    }
    return std::string(trim(ended.output));
  }
  return fail(Error::unsupported(
      cat("--systemd-cgroup needs the program '", kHelper,
          "', which is neither in ../libexec/plimsoll beside this one nor in PATH")));
}

std::string encode(const std::vector<plan::UnitProperty>& properties, bool at_start) {
  std::string out;
  for (const plan::UnitProperty& property : properties) {
    if (property.only_at_start && !at_start) {
      continue;
    }
    cat_to(out, property.name, '\0', property.signature, '\0', property.since, '\0',
           property.atoms.size(), '\0');
    for (const std::string& atom : property.atoms) {
      cat_to(out, atom, '\0');
    }
  }
  return out;
}

std::string doing(std::string_view verb, std::string_view unit) {
  return cat(verb, " unit '", unit, "'");
}

}  // namespace

Result<std::string> user_manager_cgroup() { return ask(true, {"cgroup"}); }

Result<> start_unit(const plan::SystemdUnit& unit, std::string_view description, pid_t pid,
                    plan::CgroupMode mode) {
  const auto yes = [](std::string_view name) {
    return plan::UnitProperty{.name = std::string(name), .signature = "b", .atoms = {"1"}};
  };
  std::vector<plan::UnitProperty> properties = {
      {.name = "Description", .signature = "s", .atoms = {std::string(description)}},
      {.name = "DefaultDependencies", .signature = "b", .atoms = {"0"}},
      // One that was killed for its memory must not stay behind as failed.
      {.name = "CollectMode", .signature = "s", .atoms = {"inactive-or-failed"}},
      // A controller that comes to a running cgroup misses what was charged before.
      yes("MemoryAccounting"),
      yes("CPUAccounting"),
      yes(mode == plan::CgroupMode::v2 ? "IOAccounting" : "BlockIOAccounting"),
      yes("TasksAccounting"),
  };
  if (unit.name.ends_with(".slice")) {
    properties.push_back({.name = "Wants", .signature = "as", .atoms = {"1", unit.slice}});
  } else {
    properties.push_back({.name = "Slice", .signature = "s", .atoms = {unit.slice}});
    properties.push_back(yes("Delegate"));
    properties.push_back({.name = "PIDs", .signature = "au", .atoms = {"1", cat(pid)}});
  }
  // The container's own come last: the last word on a property counts.
  properties.insert(properties.end(), unit.properties.begin(), unit.properties.end());
  TRY_DOING(doing("start", unit.name),
            ask(unit.user, {"start", unit.name}, encode(properties, true)));
  return {};
}

Result<> set_unit_properties(const Unit& unit, const std::vector<plan::UnitProperty>& properties) {
  const std::string input = encode(properties, false);
  if (input.empty()) {
    return {};
  }
  TRY_DOING(doing("set properties of", unit.name), ask(unit.user, {"set", unit.name}, input));
  return {};
}

Result<> stop_unit(const Unit& unit) {
  TRY_DOING(doing("stop", unit.name), ask(unit.user, {"stop", unit.name}));
  return {};
}

Result<> attach_to_unit(const Unit& unit, const std::string& sub_path, pid_t pid) {
  TRY_DOING(doing("attach to", unit.name),
            ask(unit.user, {"attach", unit.name, sub_path, cat(pid)}));
  return {};
}

}  // namespace plimsoll::cgroup
