// A container's life, command by command.
// SPDX-License-Identifier: Apache-2.0
#include "bench/measure/container_life.h"

#include <signal.h>

#include <stdexcept>

#include "bench/floor/compile.h"
#include "bench/measure/files.h"

namespace plimsoll::bench {
namespace {

std::string slot_id(unsigned slot) { return "bench" + std::to_string(slot); }

[[noreturn]] void fail(const std::string& name, const Argv& argv, int status, Launcher& launcher) {
  std::string words;
  for (std::size_t i = 1; i < argv.size(); ++i) {
    words += " " + argv[i];
  }
  throw std::runtime_error(name + words + ": " + status_text(status) + ": " +
                           launcher.error_text());
}

void add(Usage& sum, const Usage& one, double share) {
  sum.user_us += one.user_us * share;
  sum.system_us += one.system_us * share;
  sum.max_rss_kb += one.max_rss_kb * share;
  sum.minor_faults += one.minor_faults * share;
  sum.major_faults += one.major_faults * share;
  sum.voluntary_switches += one.voluntary_switches * share;
  sum.involuntary_switches += one.involuntary_switches * share;
}

}  // namespace

Usage run_checked(const std::string& name, const Argv& argv, Launcher& launcher) {
  const Ended ended = launcher.run(argv);
  if (!ended.ok()) {
    fail(name, argv, ended.status, launcher);
  }
  return ended.usage;
}

Usage ContainerLife::timed(Operation operation, const std::string& id) const {
  return run_checked(subject_.name, command(subject_, operation, id), launcher_);
}

void ContainerLife::untimed(const Argv& argv) const { run_checked(subject_.name, argv, launcher_); }

pid_t ContainerLife::init_pid() const { return std::stoi(read_file(subject_.places.pid_file)); }

Usage ContainerLife::run(unsigned parallel) const {
  if (parallel == 1) {
    return timed(Operation::run, slot_id(0));
  }
  launcher_.clear();
  std::vector<Started> started;
  for (unsigned slot = 0; slot < parallel; ++slot) {
    started.push_back(launcher_.start(command(subject_, Operation::run, slot_id(slot))));
  }
  const std::vector<Ended> ended = launcher_.wait(started);
  Usage mean;
  std::int64_t end_ns = 0;
  for (std::size_t i = 0; i < ended.size(); ++i) {
    if (!ended[i].ok()) {
      fail(subject_.name, command(subject_, Operation::run, slot_id(static_cast<unsigned>(i))),
           ended[i].status, launcher_);
    }
    end_ns = std::max(end_ns, ended[i].end_ns);
    add(mean, ended[i].usage, 1.0 / parallel);
  }
  mean.wall_ns = static_cast<double>(end_ns - started.front().start_ns) / parallel;
  return mean;
}

Samples ContainerLife::whole(bool with_state, bool with_exec, bool with_pause) const {
  const std::string id = slot_id(0);
  Samples samples;
  samples[Operation::create] = timed(Operation::create, id);
  const pid_t pid = init_pid();
  samples[Operation::start] = timed(Operation::start, id);
  if (with_state) {
    samples[Operation::state] = timed(Operation::state, id);
  }
  if (with_exec) {
    samples[Operation::exec] = timed(Operation::exec, id);
  }
  if (with_pause) {
    samples[Operation::pause] = timed(Operation::pause, id);
    untimed(resume_command(subject_, id));
  }
  samples[Operation::kill] = timed(Operation::kill, id);
  // As a shim does: `delete` comes when the container's end has been seen.
  launcher_.reap(pid);
  samples[Operation::remove] = timed(Operation::remove, id);
  return samples;
}

Usage ContainerLife::list() const { return timed(Operation::list, slot_id(0)); }

void ContainerLife::fill(unsigned count) const {
  if (subject_.role == Role::floor) {
    return;  // it is no runtime: there is nothing to list
  }
  for (unsigned slot = 0; slot < count; ++slot) {
    untimed(run_detached_command(subject_, slot_id(slot)));
  }
}

void ContainerLife::empty(unsigned count) const {
  for (unsigned slot = 0; slot < count; ++slot) {
    if (subject_.role == Role::floor) {
      clear_floor(slot_id(slot));
    } else {
      launcher_.run(force_delete_command(subject_, slot_id(slot)));
    }
  }
  launcher_.reap_ended();
}

}  // namespace plimsoll::bench
