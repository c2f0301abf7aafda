// Rules about the state document (runtime.md#state). SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "validator/documents/row.h"
#include "validator/json/json.h"
#include "validator/rules/version.h"

namespace plimsoll::documents {
namespace {

using spec::State;

constexpr auto kStatuses =
    std::to_array<std::string_view>({"creating", "created", "running", "stopped"});

bool is_specified(std::string_view status) {
  return std::ranges::find(kStatuses, status) != kStatuses.end();
}

void version(const State& state, Findings& found) {
  if (!rules::parse_version(state.oci_version).valid) {
    found.add("/ociVersion", cat("'", state.oci_version, "' is not a SemVer 2.0.0 version"));
  }
}

void id(const State& state, Findings& found) {
  if (state.id.empty()) {
    found.add("/id", "the container's id must not be empty");
  }
}

void status(const State& state, Findings& found) {
  if (state.status.empty()) {
    found.add("/status", "the status must not be empty");
  }
}

void status_extra(const State& state, Findings& found) {
  if (!state.status.empty() && !is_specified(state.status)) {
    found.add("/status", cat("'", state.status, "' is a status of the runtime's own"));
  }
}

// A value that looks like one of the four is taken for it by people and by careless callers.
void status_distinct(const State& state, Findings& found) {
  std::string lower = state.status;
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  if (!is_specified(state.status) && is_specified(lower)) {
    found.add("/status", cat("'", state.status, "' differs from '", lower, "' only in case"));
  }
}

// REQUIRED on Linux while there is a process.
void pid(const State& state, Findings& found) {
  const bool needed = state.status == "created" || state.status == "running";
  if (!state.pid) {
    if (needed) {
      found.add("/pid", cat("a container that is ", state.status, " has a pid"));
    }
  } else if (*state.pid < 0) {
    found.add("/pid", cat("pid ", *state.pid, " is negative"));
  } else if (needed && *state.pid == 0) {
    found.add("/pid", cat("a container that is ", state.status, " has a pid other than 0"));
  }
}

void bundle(const State& state, Findings& found) {
  if (!rules::is_absolute(state.bundle)) {
    found.add("/bundle", cat("bundle '", state.bundle, "' is not an absolute path"));
  }
}

void annotation_keys(const State& state, Findings& found) {
  for (const auto& [key, value] : state.annotations) {
    if (key.empty()) {
      found.add("/annotations/", "annotation keys must not be empty");
    }
  }
}

constexpr auto kRows = std::to_array<Row<State>>({
    {{"runtime.state.ociVersion.required", Level::must, "a version such as 1.3.0"}, version},
    {{"runtime.state.id.required", Level::must, "the id that the container was created with"}, id},
    {{"runtime.state.status.required", Level::must, "creating, created, running or stopped"},
     status},
    {{"runtime.state.status.extra", Level::may, "creating, created, running or stopped"},
     status_extra},
    {{"runtime.state.status.extra-distinct", Level::must,
      "creating, created, running or stopped, in small letters"},
     status_distinct},
    {{"runtime.state.pid.required", Level::must,
      "the id of the container's process, as the runtime sees it"},
     pid},
    {{"runtime.state.bundle.required", Level::must, "the absolute path of the bundle"}, bundle},
    {{"config.annotations.key.nonempty", Level::must, "a key in reverse domain notation"},
     annotation_keys},
});

}  // namespace

rules::Report check_state(const State& state) { return run<State>(kRows, state); }
std::vector<Info> state_rules() { return infos<State>(kRows); }

}  // namespace plimsoll::documents
