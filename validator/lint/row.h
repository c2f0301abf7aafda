// One row per lint rule, and the questions that several of them ask. Private to this module.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "validator/lint/lint.h"
#include "validator/rules/rule.h"

namespace plimsoll::lint {

using rules::cat;
using rules::Findings;
using rules::Level;
using spec::Spec;

struct Row {
  Info info;
  void (*check)(const Spec& config, const Row& row, Findings& found);
  std::string_view subject;  // what the check looks for, where several rows share one
};

std::span<const Row> capability_rows();  // capabilities.cc
std::span<const Row> isolation_rows();   // isolation.cc: namespaces, process, paths, annotations
std::span<const Row> mount_rows();       // mounts.cc
std::span<const Row> resource_rows();    // resources.cc: devices, limits, hooks
std::span<const Row> seccomp_rows();     // seccomp.cc
std::span<const Row> advice_rows();      // advice.cc: recommendations of the specification
std::span<const Row> annotation_rows();  // annotations.cc

inline bool contains(const spec::Strings& list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}
// The path itself, or something in it.
inline bool is_at_or_below(std::string_view path, std::string_view folder) {
  return folder == "/" || path == folder ||
         (path.starts_with(folder) && path.substr(folder.size()).starts_with('/'));
}
// Without "//", "/./" and a '/' at the end.
std::string clean_path(std::string_view path);
inline bool is_bind(const spec::Mount& mount) {
  return contains(mount.options, "bind") || contains(mount.options, "rbind");
}
inline bool is_read_only(const spec::Mount& mount) {
  return contains(mount.options, "ro") || contains(mount.options, "rro");
}
// A user namespace that is not the host's.
inline bool has_user_namespace(const Spec& config) {
  return rules::find_namespace(config, "user") != nullptr;
}

}  // namespace plimsoll::lint
