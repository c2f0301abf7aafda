// The floor's cgroups.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/bpf.h>
#include <sys/syscall.h>

#include <cstddef>
#include <filesystem>

#include "bench/floor/filters.h"
#include "bench/floor/parts.h"
#include "bench/measure/cgroup_view.h"
#include "bench/measure/files.h"

namespace plimsoll::bench {
namespace {

constexpr const char* kRoot = "/sys/fs/cgroup";

struct Limit {
  const char* pointer;  // in linux.resources
  const char* v1_controller;
  const char* v1_file;
  const char* v2_file;
};
constexpr Limit kLimits[] = {
    {"/memory/limit", "memory", "memory.limit_in_bytes", "memory.max"},
    {"/pids/limit", "pids", "pids.max", "pids.max"},
    {"/cpu/shares", "cpu", "cpu.shares", nullptr},
    {"/cpu/period", "cpu", "cpu.cfs_period_us", nullptr},
    {"/cpu/quota", "cpu", "cpu.cfs_quota_us", nullptr},
};

std::string decimal(const Json& number) { return number.dump(); }

void write_limits(ScriptBuilder& script, const Json& resources, const std::string& folder,
                  const std::string& controller) {
  for (const Limit& limit : kLimits) {
    const Json::json_pointer pointer(limit.pointer);
    const char* file = controller.empty() ? limit.v2_file : limit.v1_file;
    if (file != nullptr && resources.contains(pointer) &&
        (controller.empty() || controller == limit.v1_controller)) {
      script.write_file(folder + "/" + file, decimal(resources.at(pointer)));
    }
  }
}

// A new v1 cpuset has no processors, and nobody can join it before it has.
void fill_cpuset(ScriptBuilder& script, const std::string& folder) {
  for (const char* file : {"cpuset.cpus", "cpuset.mems"}) {
    script.write_file(folder + "/" + file,
                      read_file(std::filesystem::path(folder).parent_path() / file));
  }
}

void write_v1_devices(ScriptBuilder& script, const std::string& folder) {
  script.write_file(folder + "/devices.deny", "a");
  for (const Device& device : kDefaultDevices) {
    script.write_file(folder + "/devices.allow", "c " + std::to_string(device.major) + ":" +
                                                     std::to_string(device.minor) + " rwm");
  }
  script.write_file(folder + "/devices.allow", "c 136:* rwm");
}

void attach_device_filter(ScriptBuilder& script, Saved folder) {
  const std::string program = device_filter();
  const auto instructions = script.bytes(program);
  const auto license = script.text("Apache-2.0");
  bpf_attr load{};
  load.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  load.insn_cnt = static_cast<unsigned>(program.size() / sizeof(bpf_insn));
  const auto load_place = script.bytes({reinterpret_cast<const char*>(&load), sizeof load});
  script.store(ScriptBuilder::behind(load_place, offsetof(bpf_attr, insns)), instructions);
  script.store(ScriptBuilder::behind(load_place, offsetof(bpf_attr, license)), license);
  const Saved loaded = script.call(SYS_bpf, {BPF_PROG_LOAD, load_place, sizeof load});
  bpf_attr attach{};
  attach.attach_type = BPF_CGROUP_DEVICE;
  attach.attach_flags = BPF_F_ALLOW_MULTI;
  const auto attach_place = script.bytes({reinterpret_cast<const char*>(&attach), sizeof attach});
  script.store(ScriptBuilder::behind(attach_place, offsetof(bpf_attr, target_fd)), folder, 4);
  script.store(ScriptBuilder::behind(attach_place, offsetof(bpf_attr, attach_bpf_fd)), loaded, 4);
  script.call(SYS_bpf, {BPF_PROG_ATTACH, attach_place, sizeof attach});
}

bool is_v2() { return cgroup_layout() == CgroupLayout::v2; }

}  // namespace

std::vector<std::string> floor_cgroups(const FloorScene& scene) {
  const std::string name = "/plimsoll-bench-floor-" + scene.id;
  if (is_v2()) {
    return {kRoot + name};
  }
  std::vector<std::string> folders;
  for (const std::string& hierarchy : cgroup_hierarchies()) {
    folders.push_back(hierarchy + name);
  }
  return folders;
}

JoinedCgroups make_cgroups(ScriptBuilder& script, const FloorScene& scene) {
  const Json resources = scene.config["linux"].value("resources", Json::object());
  for (const std::string& folder : floor_cgroups(scene)) {
    script.try_call(SYS_mkdirat, {AT_FDCWD, script.text(folder), 0755});
    if (is_v2()) {
      write_limits(script, resources, folder, "");
      continue;
    }
    // "/sys/fs/cgroup/cpu,cpuacct/NAME": either of both names.
    const std::string hierarchy = std::filesystem::path(folder).parent_path().filename();
    for (const char* controller : {"memory", "pids", "cpu"}) {
      if (("," + hierarchy + ",").contains("," + std::string(controller) + ",")) {
        write_limits(script, resources, folder, controller);
      }
    }
    if (hierarchy == "cpuset") {
      fill_cpuset(script, folder);
    } else if (hierarchy == "devices") {
      write_v1_devices(script, folder);
    }
  }
  JoinedCgroups cgroups = open_cgroups(script, scene);
  if (is_v2()) {
    attach_device_filter(script, cgroups.folder);
  }
  return cgroups;
}

JoinedCgroups open_cgroups(ScriptBuilder& script, const FloorScene& scene) {
  JoinedCgroups cgroups;
  for (const std::string& folder : floor_cgroups(scene)) {
    if (is_v2()) {
      cgroups.folder = script.open(folder, O_RDONLY | O_DIRECTORY);
    } else {
      cgroups.tasks.push_back(script.open(folder + "/tasks", O_WRONLY));
    }
  }
  return cgroups;
}

void join_cgroups(ScriptBuilder& script, const JoinedCgroups& cgroups) {
  if (cgroups.tasks.empty()) {
    return;
  }
  const auto zero = script.text("0");
  for (const Saved task : cgroups.tasks) {
    script.call(SYS_write, {task, zero, 1});
  }
}

}  // namespace plimsoll::bench
