// Something that is measured: a runtime, known only by its path, or the built-in floor.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "bench/measure/operation.h"
#include "bench/measure/process.h"

namespace plimsoll::bench {

enum class Role : std::uint8_t {
  baseline,  // the first runtime: every ratio is to it
  runtime,
  again,  // the baseline once more: what differs is noise
  floor,
};

// The bundles of one subject, by what the program in them does.
struct Places {
  std::string end_bundle;   // the program ends at once
  std::string wait_bundle;  // the program waits to be killed
  std::string state_root;
  std::string pid_file;
  Argv exec_program;  // what `exec` starts: it ends at once
};

struct Subject {
  std::string name;
  std::string path;
  Role role = Role::runtime;
  Places places;
};

// "NAME=PATH", "PATH" or a name in PATH; the name is the last part of the path where none is given.
// Throws when there is no such program.
Subject runtime_subject(const std::string& word);

// The command line of an operation on the container `id`.
Argv command(const Subject& subject, Operation operation, const std::string& id);
// Commands that are never measured: they set the scene and clear it.
Argv resume_command(const Subject& subject, const std::string& id);
Argv run_detached_command(const Subject& subject, const std::string& id);
Argv force_delete_command(const Subject& subject, const std::string& id);

}  // namespace plimsoll::bench
