// The floor script of each operation.
// SPDX-License-Identifier: Apache-2.0
#include "bench/floor/compile.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>

#include "bench/floor/parts.h"
#include "bench/measure/files.h"

namespace plimsoll::bench {
namespace {

// What the floor keeps of a created container: init's pid in 32 bits, then a state as text.
constexpr long kPidSize = 4;
constexpr long kStateSize = 256;

struct Files {
  std::string state;
  std::string fifo;  // init reads it until `start` writes
  std::string pid;
};

Files files_of(const Places& places, const std::string& id) {
  const std::string base = places.state_root + "/" + id;
  return {.state = base + ".state", .fifo = base + ".fifo", .pid = places.pid_file};
}

// clone3's arguments: the child shares the parent's memory, which saves copying page tables.
ScriptBuilder::Value clone_arguments(ScriptBuilder& script, unsigned long flags, Saved cgroup) {
  clone_args arguments{};
  arguments.flags = CLONE_VM | flags;
  arguments.exit_signal = SIGCHLD;
  const bool into_cgroup = cgroup.index != kNoRegister;
  if (into_cgroup) {
    arguments.flags |= CLONE_INTO_CGROUP;
  }
  const auto place = script.bytes({reinterpret_cast<const char*>(&arguments), sizeof arguments});
  if (into_cgroup) {
    script.store(ScriptBuilder::behind(place, offsetof(clone_args, cgroup)), cgroup);
  }
  return place;
}

struct Pipe {
  Saved reader, writer;
};

Pipe make_pipe(ScriptBuilder& script) {
  const auto ends = script.space(8);
  script.call(SYS_pipe2, {ends, O_CLOEXEC});
  return {.reader = script.load(ends), .writer = script.load(ScriptBuilder::behind(ends, 4))};
}

void send_byte(ScriptBuilder& script, Saved writer) {
  script.call(SYS_write, {writer, script.text("x"), 1});
}

void wait_byte(ScriptBuilder& script, Saved reader) {
  script.call(SYS_read, {reader, script.space(8), 1});
}

void become_root(ScriptBuilder& script) {
  script.call(SYS_setresgid, {0, 0, 0});
  script.call(SYS_setresuid, {0, 0, 0});
  script.call(SYS_setgroups, {0, 0});
}

void write_map(ScriptBuilder& script, Saved pid, std::string_view file, const Json& mappings) {
  std::string text;
  for (const Json& one : mappings) {
    text += one.at("containerID").dump() + " " + one.at("hostID").dump() + " " +
            one.at("size").dump() + "\n";
  }
  const auto path = script.space(64);
  script.number_text(path, "/proc/", pid, "/" + std::string(file));
  const Saved map = script.call(SYS_openat, {AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0});
  script.call(SYS_write, {map, script.bytes(text), static_cast<long>(text.size())});
  script.call(SYS_close, {map});
}

void remove_cgroups(ScriptBuilder& script, const FloorScene& scene) {
  for (const std::string& folder : floor_cgroups(scene)) {
    script.call(SYS_unlinkat, {AT_FDCWD, script.text(folder), AT_REMOVEDIR});
  }
}

// Steps of the child between the mounts and exec, while the parent waits or not.
struct Gate {
  Saved ready;  // written when all is made
  Saved start;  // read before exec
};

// The whole container up to the child's exec. The parent goes on behind it, with the child's pid.
Saved start_container(ScriptBuilder& script, const FloorScene& scene, const Gate* gate) {
  const JoinedCgroups cgroups = make_cgroups(script, scene);
  const bool mapped = scene.user_namespace();
  Pipe maps;
  if (mapped) {
    maps = make_pipe(script);
  }
  // A new cgroup namespace's root is the cgroup that its maker is in: the child's, so it must have
  // joined.
  const unsigned long flags = namespace_flags(scene) & ~static_cast<unsigned long>(CLONE_NEWCGROUP);
  const Saved pid = script.spawn(clone_arguments(script, flags, cgroups.folder));
  if (mapped) {
    wait_byte(script, maps.reader);
    become_root(script);
  }
  join_cgroups(script, cgroups);
  if (scene.has_namespace("cgroup")) {
    script.call(SYS_unshare, {CLONE_NEWCGROUP});
  }
  script.call(SYS_setsid, {});
  build_root(script, scene);
  if (!mapped) {
    become_root(script);
  }
  if (gate != nullptr) {
    send_byte(script, gate->ready);
    wait_byte(script, gate->start);
  }
  set_process(script, scene, true);
  execute(script, scene);
  script.in_parent();
  if (mapped) {
    write_map(script, pid, "uid_map", scene.config["linux"]["uidMappings"]);
    write_map(script, pid, "gid_map", scene.config["linux"]["gidMappings"]);
    send_byte(script, maps.writer);
  }
  return pid;
}

// Waits for `pid`; the answer is its status.
Saved wait_for(ScriptBuilder& script, Saved pid) {
  const auto status = script.space(8);
  script.call(SYS_wait4, {pid, status, __WALL, 0});
  return script.load(status);
}

std::string run_script(const FloorScene& scene) {
  ScriptBuilder script;
  const Saved pid = start_container(script, scene, nullptr);
  const Saved status = wait_for(script, pid);
  remove_cgroups(script, scene);
  script.finish(status);
  return script.script();
}

std::string create_script(const FloorScene& scene, const Files& files) {
  ScriptBuilder script;
  script.call(SYS_mknodat, {AT_FDCWD, script.text(files.fifo), S_IFIFO | 0600, 0});
  const Saved start = script.open(files.fifo, O_RDWR);
  const Pipe ready = make_pipe(script);
  const Gate gate{.ready = ready.writer, .start = start};
  const Saved pid = start_container(script, scene, &gate);
  wait_byte(script, ready.reader);
  const auto digits = script.space(32);
  const Saved length = script.number_text(digits, "", pid, "");
  const Saved pid_file = script.open(files.pid, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  script.call(SYS_write, {pid_file, digits, length});
  const auto record = script.bytes(std::string(kStateSize, ' '));
  script.store(record, pid, kPidSize);
  const Saved state = script.open(files.state, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  script.call(SYS_write, {state, record, kStateSize});
  return script.script();
}

// Init's pid, as `create` has kept it.
Saved load_pid(ScriptBuilder& script, const Files& files, const ScriptBuilder::Value& record) {
  const Saved state = script.open(files.state, O_RDONLY);
  script.call(SYS_read, {state, record, kStateSize});
  return script.load(record);
}

std::string start_script(const FloorScene&, const Files& files) {
  ScriptBuilder script;
  const Saved fifo = script.open(files.fifo, O_WRONLY);
  send_byte(script, fifo);
  script.call(SYS_unlinkat, {AT_FDCWD, script.text(files.fifo), 0});
  return script.script();
}

std::string state_script(const FloorScene&, const Files& files) {
  ScriptBuilder script;
  const auto record = script.space(kStateSize);
  const Saved pid = load_pid(script, files, record);
  script.call(SYS_kill, {pid, 0});
  script.call(SYS_write, {1, record, kStateSize});
  return script.script();
}

std::string kill_script(const FloorScene&, const Files& files) {
  ScriptBuilder script;
  const Saved pid = load_pid(script, files, script.space(kStateSize));
  const Saved process = script.call(SYS_pidfd_open, {pid, 0});
  script.call(SYS_pidfd_send_signal, {process, SIGKILL, 0, 0});
  return script.script();
}

std::string delete_script(const FloorScene& scene, const Files& files) {
  ScriptBuilder script;
  const Saved pid = load_pid(script, files, script.space(kStateSize));
  script.try_call(SYS_kill, {pid, 0});
  remove_cgroups(script, scene);
  script.call(SYS_unlinkat, {AT_FDCWD, script.text(files.state), 0});
  return script.script();
}

// `scene` is the container's with the program that exec starts.
std::string exec_script(const FloorScene& scene, const Files& files) {
  ScriptBuilder script;
  const Saved init = load_pid(script, files, script.space(kStateSize));
  const JoinedCgroups cgroups = open_cgroups(script, scene);
  const Saved process = script.call(SYS_pidfd_open, {init, 0});
  script.call(SYS_setns, {process, static_cast<long>(namespace_flags(scene))});
  const Saved pid = script.spawn(clone_arguments(script, CLONE_VFORK, cgroups.folder));
  join_cgroups(script, cgroups);
  script.call(SYS_setsid, {});
  become_root(script);
  set_process(script, scene, false);
  execute(script, scene);
  script.in_parent();
  script.finish(wait_for(script, pid));
  return script.script();
}

struct Verb {
  Operation operation;
  std::string (*script)(const FloorScene&, const Files&);
};
constexpr Verb kVerbs[] = {
    {.operation = Operation::create, .script = create_script},
    {.operation = Operation::start, .script = start_script},
    {.operation = Operation::state, .script = state_script},
    {.operation = Operation::exec, .script = exec_script},
    {.operation = Operation::kill, .script = kill_script},
    {.operation = Operation::remove, .script = delete_script},
};

std::string script_path(const std::string& bundle, const std::string& id, Operation operation) {
  return bundle + "/" + id + "." + std::string(operation_name(operation)) + ".floor";
}

}  // namespace

void clear_floor(const std::string& id) {
  const Json none;
  for (const std::string& folder : floor_cgroups({.config = none, .bundle = "", .id = id})) {
    rmdir(folder.c_str());
  }
}

bool floor_can(std::span<const Operation> operations) {
  return std::ranges::none_of(operations, [](Operation operation) {
    return operation == Operation::pause || operation == Operation::list;
  });
}

void compile_floor(const Places& places, const std::string& id) {
  const Json end_config = Json::parse(read_file(places.end_bundle + "/config.json"));
  const Json wait_config = Json::parse(read_file(places.wait_bundle + "/config.json"));
  Json exec_config = wait_config;
  exec_config["process"]["args"] = places.exec_program;
  const FloorScene end{.config = end_config, .bundle = places.end_bundle, .id = id};
  const FloorScene wait{.config = wait_config, .bundle = places.wait_bundle, .id = id};
  const FloorScene exec{.config = exec_config, .bundle = places.wait_bundle, .id = id};
  write_file(script_path(places.end_bundle, id, Operation::run), run_script(end));
  const Files files = files_of(places, id);
  for (const Verb& verb : kVerbs) {
    const FloorScene& scene = verb.operation == Operation::exec ? exec : wait;
    write_file(script_path(places.wait_bundle, id, verb.operation), verb.script(scene, files));
  }
}

}  // namespace plimsoll::bench
