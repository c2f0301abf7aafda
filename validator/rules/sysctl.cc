// Rules about linux.sysctl: only what a namespace of the container holds may be set, for anything
// else is the host's. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "validator/json/json.h"
#include "validator/rules/rule.h"

namespace plimsoll::rules {
namespace {

using spec::Spec;

std::string pointer_of(std::string_view key) {
  std::string pointer = "/linux/sysctl";
  json::append_pointer_token(pointer, key);
  return pointer;
}

// sysctl.d(5): when the first separator of a key is '/', '/' and '.' change places in it.
std::string with_dots(std::string_view key) {
  std::string out(key);
  const std::size_t first = out.find_first_of("./");
  if (first != std::string::npos && out[first] == '/') {
    std::ranges::transform(out, out.begin(),
                           [](char c) { return c == '.' ? '/' : (c == '/' ? '.' : c); });
  }
  return out;
}

// An empty part, or one that becomes "." or ".." below /proc/sys.
bool is_malformed(std::string_view key) {
  if (key.find_first_of("\n \t") != std::string_view::npos) {
    return true;
  }
  while (true) {
    const std::size_t dot = key.find('.');
    const std::string_view part = key.substr(0, dot);
    // A '/' in a part stands for a '.' of a name.
    if (part.empty() || part == "/" || part == "//") {
      return true;
    }
    if (dot == std::string_view::npos) {
      return false;
    }
    key.remove_prefix(dot + 1);
  }
}

constexpr auto kIpcKeys = std::to_array<std::string_view>({
    "kernel.msgmax",
    "kernel.msgmnb",
    "kernel.msgmni",
    "kernel.sem",
    "kernel.shmall",
    "kernel.shmmax",
    "kernel.shmmni",
    "kernel.shm_rmid_forced",
});

// Why the key must not be set, or "".
std::string objection(const Spec& config, const std::string& key) {
  const bool ipc = std::ranges::find(kIpcKeys, key) != kIpcKeys.end();
  if (ipc || key.starts_with("fs.mqueue.")) {
    return find_namespace(config, "ipc") != nullptr
               ? ""
               : cat("sysctl '", key, "' is not allowed in the hosts ipc namespace");
  }
  if (key.starts_with("net.")) {
    return find_namespace(config, "network") != nullptr
               ? ""
               : cat("sysctl '", key, "' not allowed in host network namespace");
  }
  if (key == "kernel.hostname") {
    return cat("sysctl '", key, "' is not allowed as it conflicts with the OCI 'hostname' field");
  }
  if (key == "kernel.domainname" && find_namespace(config, "uts") != nullptr) {
    return config.domainname.value_or("").empty()
               ? ""
               : cat("sysctl '", key,
                     "' is not allowed as it conflicts with the OCI 'domainname' field");
  }
  if (key.starts_with("user.")) {
    return find_namespace(config, "user") != nullptr
               ? ""
               : cat("setting ucounts without a user namespace not allowed: ", key);
  }
  return cat("sysctl '", key, "' is not in a separate kernel namespace");
}

void key_form(const Spec& config, Findings& found) {
  for (std::size_t i = 0; config.linux && i < config.linux->sysctl.size(); ++i) {
    const std::string& key = config.linux->sysctl[i].first;
    if (is_malformed(with_dots(key))) {
      found.add(pointer_of(key), cat("invalid sysctl key '", key, "'"));
    }
  }
}

void value_form(const Spec& config, Findings& found) {
  for (std::size_t i = 0; config.linux && i < config.linux->sysctl.size(); ++i) {
    const auto& [key, value] = config.linux->sysctl[i];
    const std::size_t newline = value.find('\n');
    if (newline != std::string::npos && newline + 1 != value.size()) {
      found.add(pointer_of(key), cat("the value of sysctl '", key, "' has more than one line"));
    }
  }
}

void namespaced(const Spec& config, Findings& found) {
  for (std::size_t i = 0; config.linux && i < config.linux->sysctl.size(); ++i) {
    const std::string& key = config.linux->sysctl[i].first;
    const std::string dotted = with_dots(key);
    if (is_malformed(dotted)) {
      continue;
    }
    if (std::string reason = objection(config, dotted); !reason.empty()) {
      found.add(pointer_of(key), std::move(reason));
    }
  }
}

constexpr auto kRules = std::to_array<Rule<Spec>>({
    {"config.valid-values.error/sysctl-key", Level::must, key_form},
    {"config.valid-values.error/sysctl-value", Level::must, value_form},
    {"linux.sysctl.optional", Level::must, namespaced},
});

}  // namespace

ConfigRules sysctl_rules() { return kRules; }

}  // namespace plimsoll::rules
