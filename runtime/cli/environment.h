// The one place where the runtime's own environment is read. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace plimsoll::cli {

class Environment {
 public:
  // `envp` as main gets it: NAME=VALUE entries, ended by nullptr.
  explicit Environment(char** envp) : envp_(envp) {}
  // nullptr when the variable is not set.
  const char* find(std::string_view name) const;
  std::string_view get(std::string_view name) const {
    const char* value = find(name);
    return value == nullptr ? std::string_view() : std::string_view(value);
  }
  char** all() const { return envp_; }

 private:
  char** envp_;
};

}  // namespace plimsoll::cli
