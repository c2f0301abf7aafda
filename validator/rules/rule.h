// What a rule is made of, and the small checks that rules share. Private to this module.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "validator/rules/rules.h"
#include "validator/spec/spec.h"

namespace plimsoll::rules {

inline void append(std::string& out, std::string_view part) { out.append(part); }
template <std::integral T>
void append(std::string& out, T number) {
  out += std::to_string(number);
}

// Joins strings and integers.
template <typename... Parts>
std::string cat(const Parts&... parts) {
  std::string out;
  (append(out, parts), ...);
  return out;
}

// Where a rule puts what it finds; knows the row that is being checked and where its subject is in
// the document.
class Findings {
 public:
  Findings(Report& report, std::string_view prefix) : report_(report), prefix_(prefix) {}

  void begin(std::string_view id, Level level, bool warn) {
    id_ = id;
    level_ = level;
    warn_ = warn;
  }
  void add(std::string_view pointer, std::string message) {
    report_.push_back({.id = id_,
                       .level = level_,
                       .pointer = cat(prefix_, pointer),
                       .message = std::move(message),
                       .warn = warn_});
  }

 private:
  Report& report_;
  std::string_view prefix_;
  std::string_view id_;
  Level level_ = Level::must;
  bool warn_ = false;
};

constexpr bool kWarn = true;  // in a row of a rule: create logs what it finds

// One rule about a Subject: the whole Spec, a Process, Resources.
template <typename Subject>
struct Rule {
  std::string_view id;
  Level level;
  void (*check)(const Subject& subject, Findings& found);
  bool warn = false;
};

template <typename Subject>
void run(std::span<const Rule<Subject>> rules, const Subject& subject, Findings& found) {
  for (const Rule<Subject>& rule : rules) {
    found.begin(rule.id, rule.level, rule.warn);
    rule.check(subject, found);
  }
}

using ConfigRules = std::span<const Rule<spec::Spec>>;
ConfigRules config_rules();     // config.cc: version, root, host name, annotations
ConfigRules hook_rules();       // hooks.cc
ConfigRules mount_rules();      // mounts.cc
ConfigRules namespace_rules();  // namespaces.cc: namespaces, id maps, time offsets, network devices
ConfigRules sysctl_rules();     // sysctl.cc
ConfigRules linux_rules();      // linux.cc: devices, paths, personality, memory policy, RDT
ConfigRules seccomp_rules();    // seccomp.cc
std::span<const Rule<spec::Process>> process_rules();     // process.cc
std::span<const Rule<spec::Resources>> resource_rules();  // resources.cc

// -- shared checks --

inline bool is_absolute(std::string_view path) { return path.starts_with('/'); }
bool has_dot_dot(std::string_view path);  // a part of the path is ".."
// nullptr when the configuration has no such namespace.
const spec::Namespace* find_namespace(const spec::Spec& config, std::string_view type);
// "0-3,7" as the kernel's lists are; `count` is how many numbers it names.
bool is_number_list(std::string_view text, std::uint64_t* count = nullptr);
// As dev_valid_name() of the kernel: up to 15 bytes, no '/', ':' or white space, not "." or "..".
bool is_interface_name(std::string_view name);
// Empty, past 2^32, overlapping: what the kernel would refuse to take as uid_map.
void check_id_mappings(const std::vector<spec::IdMapping>& mappings, std::string_view pointer,
                       Findings& found);

}  // namespace plimsoll::rules
