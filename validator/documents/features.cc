// Rules about the features document (features.md, features-linux.md): names that the specification
// does not know cannot be what a runtime recognises by it. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "validator/documents/row.h"
#include "validator/json/json.h"
#include "validator/rules/version.h"
#include "validator/spec/vocabulary.h"

namespace plimsoll::documents {
namespace {

using spec::Features;
using List = std::optional<spec::Strings>;

void version_min(const Features& features, Findings& found) {
  if (!rules::parse_version(features.oci_version_min).valid) {
    found.add("/ociVersionMin",
              cat("'", features.oci_version_min, "' is not a SemVer 2.0.0 version"));
  }
}

void version_max(const Features& features, Findings& found) {
  if (!rules::parse_version(features.oci_version_max).valid) {
    found.add("/ociVersionMax",
              cat("'", features.oci_version_max, "' is not a SemVer 2.0.0 version"));
  }
}

void version_order(const Features& features, Findings& found) {
  const rules::Version min = rules::parse_version(features.oci_version_min);
  const rules::Version max = rules::parse_version(features.oci_version_max);
  if (min.valid && max.valid && rules::is_older(max, min)) {
    found.add("/ociVersionMax",
              cat("'", features.oci_version_max, "' is older than ociVersionMin '",
                  features.oci_version_min, "'"));
  }
}

template <typename Known>
void check_names(const List& names, std::string_view pointer, std::string_view what, Known known,
                 Findings& found) {
  for (std::size_t i = 0; names && i < names->size(); ++i) {
    if (!known((*names)[i])) {
      found.add(cat(pointer, "/", i),
                cat("the specification knows no ", what, " '", (*names)[i], "'"));
    }
  }
}

void hooks(const Features& features, Findings& found) {
  check_names(
      features.hooks, "/hooks", "hook",
      [](std::string_view name) {
        return std::ranges::find(spec::hook_names(), name) != spec::hook_names().end();
      },
      found);
}

// A runtime may recognise more than the specification's list.
void mount_options(const Features& features, Findings& found) {
  check_names(
      features.mount_options, "/mountOptions", "mount option",
      [](std::string_view name) { return spec::find_mount_option(name) != nullptr; }, found);
}

void mount_options_data(const Features& features, Findings& found) {
  for (std::size_t i = 0; features.mount_options && i < features.mount_options->size(); ++i) {
    const std::string& name = (*features.mount_options)[i];
    if (name.find('=') != std::string::npos) {
      found.add(cat("/mountOptions/", i), cat("'", name, "' belongs to a file system"));
    }
  }
}

void namespaces(const Features& features, Findings& found) {
  if (features.linux) {
    check_names(
        features.linux->namespaces, "/linux/namespaces", "namespace",
        [](std::string_view name) { return spec::find_namespace(name) != nullptr; }, found);
  }
}

void capabilities(const Features& features, Findings& found) {
  if (features.linux) {
    check_names(
        features.linux->capabilities, "/linux/capabilities", "capability",
        [](std::string_view name) { return spec::find_capability(name).has_value(); }, found);
  }
}

const spec::SeccompFeatures* seccomp_of(const Features& features) {
  return features.linux && features.linux->seccomp ? &*features.linux->seccomp : nullptr;
}

void actions(const Features& features, Findings& found) {
  if (const spec::SeccompFeatures* seccomp = seccomp_of(features)) {
    check_names(
        seccomp->actions, "/linux/seccomp/actions", "seccomp action",
        [](std::string_view name) { return spec::find_seccomp_action(name) != nullptr; }, found);
  }
}

void operators(const Features& features, Findings& found) {
  if (const spec::SeccompFeatures* seccomp = seccomp_of(features)) {
    check_names(
        seccomp->operators, "/linux/seccomp/operators", "seccomp operator",
        [](std::string_view name) { return spec::find_seccomp_operator(name).has_value(); }, found);
  }
}

void archs(const Features& features, Findings& found) {
  if (const spec::SeccompFeatures* seccomp = seccomp_of(features)) {
    check_names(
        seccomp->archs, "/linux/seccomp/archs", "seccomp architecture",
        [](std::string_view name) { return spec::find_seccomp_architecture(name).has_value(); },
        found);
  }
}

void known_flags(const Features& features, Findings& found) {
  if (const spec::SeccompFeatures* seccomp = seccomp_of(features)) {
    check_names(
        seccomp->known_flags, "/linux/seccomp/knownFlags", "seccomp flag",
        [](std::string_view name) { return spec::find_seccomp_flag(name).has_value(); }, found);
  }
}

// What works is recognised.
void supported_flags(const Features& features, Findings& found) {
  const spec::SeccompFeatures* seccomp = seccomp_of(features);
  if (seccomp == nullptr || !seccomp->known_flags) {
    return;
  }
  for (std::size_t i = 0; seccomp->supported_flags && i < seccomp->supported_flags->size(); ++i) {
    const std::string& name = (*seccomp->supported_flags)[i];
    if (std::ranges::find(*seccomp->known_flags, name) == seccomp->known_flags->end()) {
      found.add(cat("/linux/seccomp/supportedFlags/", i),
                cat("'", name, "' is supported, yet not in knownFlags"));
    }
  }
}

void modes(const Features& features, Findings& found) {
  if (features.linux && features.linux->memory_policy) {
    check_names(
        features.linux->memory_policy->modes, "/linux/memoryPolicy/modes", "memory policy mode",
        [](std::string_view name) { return spec::find_memory_policy_mode(name).has_value(); },
        found);
  }
}

void flags(const Features& features, Findings& found) {
  if (features.linux && features.linux->memory_policy) {
    check_names(
        features.linux->memory_policy->flags, "/linux/memoryPolicy/flags", "memory policy flag",
        [](std::string_view name) { return spec::find_memory_policy_flag(name).has_value(); },
        found);
  }
}

void annotation_keys(const Features& features, Findings& found) {
  for (const auto& [key, value] : features.annotations) {
    if (key.empty()) {
      found.add("/annotations/", "annotation keys must not be empty");
    }
  }
}

// Disabled, and yet with details that only an enabled feature has.
void disabled_with_details(const Features& features, Findings& found) {
  const spec::SeccompFeatures* seccomp = seccomp_of(features);
  if (seccomp != nullptr && seccomp->enabled == false && seccomp->actions &&
      !seccomp->actions->empty()) {
    found.add("/linux/seccomp/actions", "seccomp is not enabled, yet its actions are listed");
  }
}

void duplicates(const Features& features, Findings& found) {
  const auto twice = [&](const List& names, std::string_view pointer) {
    std::set<std::string_view> seen;
    for (std::size_t i = 0; names && i < names->size(); ++i) {
      if (!seen.insert((*names)[i]).second) {
        found.add(cat(pointer, "/", i), cat("'", (*names)[i], "' is listed twice"));
      }
    }
  };
  twice(features.hooks, "/hooks");
  twice(features.mount_options, "/mountOptions");
  if (features.linux) {
    twice(features.linux->namespaces, "/linux/namespaces");
    twice(features.linux->capabilities, "/linux/capabilities");
  }
}

constexpr std::string_view kNames = "only names that the specification knows";

constexpr auto kRows = std::to_array<Row<Features>>({
    {{"features.ociVersionMin.required", Level::must, "a version such as 1.0.0"}, version_min},
    {{"features.ociVersionMax.required", Level::must, "a version such as 1.3.0"}, version_max},
    {{"features.ociVersionMax.ge-min", Level::must, "no older than ociVersionMin"}, version_order},
    {{"features.hooks.supported", Level::must, kNames}, hooks},
    {{"features.mountOptions.recognized", Level::may, kNames}, mount_options},
    {{"features.mountOptions.no-fs-specific", Level::must, "only options of no file system"},
     mount_options_data},
    {{"features.linux.namespaces.recognized", Level::must, kNames}, namespaces},
    {{"features.linux.capabilities.recognized", Level::should, kNames}, capabilities},
    {{"features.linux.seccomp.enabled.optional", Level::should, "\"enabled\": true"},
     disabled_with_details},
    {{"features.linux.seccomp.actions.recognized", Level::should, kNames}, actions},
    {{"features.linux.seccomp.operators.recognized", Level::should, kNames}, operators},
    {{"features.linux.seccomp.archs.recognized", Level::should, kNames}, archs},
    {{"features.linux.seccomp.knownFlags.recognized", Level::should, kNames}, known_flags},
    {{"features.linux.seccomp.supportedFlags.works", Level::must, "a part of knownFlags"},
     supported_flags},
    {{"features.linux.memoryPolicy.modes.recognized", Level::should, kNames}, modes},
    {{"features.linux.memoryPolicy.flags.recognized", Level::should, kNames}, flags},
    {{"features.annotations.map", Level::must, "a key in reverse domain notation"},
     annotation_keys},
    {{"features.hooks.optional/duplicate", Level::may, "each name once"}, duplicates},
});

}  // namespace

rules::Report check_features(const Features& features) { return run<Features>(kRows, features); }
std::vector<Info> features_rules() { return infos<Features>(kRows); }

}  // namespace plimsoll::documents
