// What is around a configuration: the bundle's files, and what this host can give. The only module
// of the validator that looks at the system, and it only looks. Not part of the runtime.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "validator/rules/rules.h"
#include "validator/spec/spec.h"

namespace plimsoll::host {

struct Info {
  std::string_view id;
  rules::Level level;
  std::string_view right;
};

// errno in the system's words, with a small first letter as all our messages have.
std::string error_text(int number);

// The folder's own files and what the configuration names on this machine: the root filesystem,
// hooks, sources of binds, namespaces, the program to run.
rules::Report check_bundle(const spec::Spec& config, const std::string& bundle);
std::vector<Info> bundle_rules();

// Kernel, cgroups, security modules, id maps and limits of this host, for whoever runs the
// validator. Nothing is tried: each answer is read from /proc and /sys.
rules::Report check_host(const spec::Spec& config);
std::vector<Info> host_rules();

}  // namespace plimsoll::host
