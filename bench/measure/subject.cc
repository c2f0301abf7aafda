// Command lines of the subjects.
// SPDX-License-Identifier: Apache-2.0
#include "bench/measure/subject.h"

#include <unistd.h>

#include <filesystem>
#include <stdexcept>

#include "bench/measure/files.h"

namespace plimsoll::bench {
namespace {

// The floor's scripts lie in the bundle's folder, one for each operation and container.
Argv floor_command(const Subject& subject, const std::string& bundle, std::string_view operation,
                   const std::string& id) {
  return {subject.path, bundle + "/" + id + "." + std::string(operation) + ".floor"};
}

}  // namespace

Subject runtime_subject(const std::string& word) {
  Subject subject;
  const std::size_t equals = word.find('=');
  subject.path = find_program(equals == std::string::npos ? word : word.substr(equals + 1));
  subject.name = equals == std::string::npos
                     ? std::filesystem::path(subject.path).filename().string()
                     : word.substr(0, equals);
  if (access(subject.path.c_str(), X_OK) != 0) {
    throw std::runtime_error("no program '" + subject.path + "'");
  }
  return subject;
}

Argv command(const Subject& subject, Operation operation, const std::string& id) {
  const std::string& bundle =
      operation == Operation::run ? subject.places.end_bundle : subject.places.wait_bundle;
  const std::string name(operation_name(operation));
  if (subject.role == Role::floor) {
    return floor_command(subject, bundle, name, id);
  }
  Argv argv{subject.path, "--root", subject.places.state_root, name};
  switch (operation) {
    case Operation::run:
      argv.insert(argv.end(), {"--bundle", bundle, id});
      break;
    case Operation::create:
      argv.insert(argv.end(), {"--bundle", bundle, "--pid-file", subject.places.pid_file, id});
      break;
    case Operation::exec:
      argv.push_back(id);
      argv.insert(argv.end(), subject.places.exec_program.begin(),
                  subject.places.exec_program.end());
      break;
    case Operation::kill:
      argv.insert(argv.end(), {id, "KILL"});
      break;
    case Operation::list:
      break;
    case Operation::start:
    case Operation::state:
    case Operation::pause:
    case Operation::remove:
      argv.push_back(id);
      break;
  }
  return argv;
}

Argv resume_command(const Subject& subject, const std::string& id) {
  return {subject.path, "--root", subject.places.state_root, "resume", id};
}

Argv run_detached_command(const Subject& subject, const std::string& id) {
  return {subject.path,
          "--root",
          subject.places.state_root,
          "run",
          "--detach",
          "--bundle",
          subject.places.wait_bundle,
          "--pid-file",
          subject.places.pid_file,
          id};
}

Argv force_delete_command(const Subject& subject, const std::string& id) {
  return {subject.path, "--root", subject.places.state_root, "delete", "--force", id};
}

}  // namespace plimsoll::bench
