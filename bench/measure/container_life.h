// Walks a subject's container through its life, timing each command.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "bench/measure/operation.h"
#include "bench/measure/process.h"
#include "bench/measure/subject.h"

namespace plimsoll::bench {

using Samples = std::map<Operation, Usage>;

class ContainerLife {
 public:
  ContainerLife(const Subject& subject, Launcher& launcher)
      : subject_(subject), launcher_(launcher) {}

  // `run` of `parallel` containers started at once. Wall time is that of all over their number; the
  // rest is the mean.
  Usage run(unsigned parallel) const;
  // create, start, state, exec, pause, kill and delete of one container; of exec, state and pause
  // only what is wanted.
  Samples whole(bool with_state, bool with_exec, bool with_pause) const;
  // One `list`.
  Usage list() const;
  // Makes `count` running containers, for list, and removes them.
  void fill(unsigned count) const;
  void empty(unsigned count) const;

 private:
  Usage timed(Operation operation, const std::string& id) const;
  void untimed(const Argv& argv) const;
  pid_t init_pid() const;

  const Subject& subject_;
  Launcher& launcher_;
};

// Runs a command and throws "NAME: WORDS: exit status 1: stderr" when it fails.
Usage run_checked(const std::string& name, const Argv& argv, Launcher& launcher);

}  // namespace plimsoll::bench
