// The runtime under test as the driver sees it: a program, an adapter's command templates and a
// state root. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

namespace plimsoll::conformance {

struct Outcome {
  int status = 0;  // of exit; 124 after a timeout, 128 + N after signal N
  std::string output;
  std::string error;
};

class Runtime {
 public:
  // From the environment of lib/unit: RUNTIME, RUNTIME_ARGS, ADAPTER, PROBE, TIMEOUT.
  explicit Runtime(std::string folder);

  // Runs one operation by its template. Never throws; a template that is missing gives status 127.
  Outcome operate(const std::string& operation, const std::string& id);
  // Ends and deletes the container, whatever its status is.
  void discard(const std::string& id);

  const std::string& bundle() const { return bundle_; }
  const std::string& state_root() const { return state_root_; }

 private:
  std::vector<std::string> words_for(const std::string& operation, const std::string& id) const;

  std::string bundle_;
  std::string state_root_;
  std::string folder_;
  std::vector<std::string> program_;
  std::map<std::string, std::vector<std::string>> templates_;
  int timeout_seconds_ = 20;
};

std::string environment(const char* name);
std::string read_text(const std::string& path);

}  // namespace plimsoll::conformance
