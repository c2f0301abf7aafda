// The known name nearest to a misspelt one. SPDX-License-Identifier: Apache-2.0
#include "validator/report/suggest.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "validator/json/document.h"
#include "validator/spec/members.h"
#include "validator/spec/nearest.h"
#include "validator/spec/vocabulary.h"

namespace plimsoll::validate {
namespace {

template <typename Table>
void offer_all(spec::Nearest& nearest, const Table& table) {
  for (const auto& row : table) {
    nearest.offer(row.name);
  }
}

struct Vocabulary {
  std::string_view rule;
  void (*offer)(spec::Nearest& nearest);
};

void offer_namespaces(spec::Nearest& nearest) { offer_all(nearest, spec::namespaces()); }
void offer_capabilities(spec::Nearest& nearest) { offer_all(nearest, spec::capabilities()); }
void offer_actions(spec::Nearest& nearest) { offer_all(nearest, spec::seccomp_actions()); }
void offer_architectures(spec::Nearest& nearest) {
  offer_all(nearest, spec::seccomp_architectures());
}
void offer_operators(spec::Nearest& nearest) { offer_all(nearest, spec::seccomp_operators()); }
void offer_seccomp_flags(spec::Nearest& nearest) { offer_all(nearest, spec::seccomp_flags()); }
void offer_hooks(spec::Nearest& nearest) {
  for (const std::string_view name : spec::hook_names()) {
    nearest.offer(name);
  }
}
void offer_mount_options(spec::Nearest& nearest) { offer_all(nearest, spec::mount_options()); }
void offer_modes(spec::Nearest& nearest) { offer_all(nearest, spec::memory_policy_modes()); }
void offer_policy_flags(spec::Nearest& nearest) { offer_all(nearest, spec::memory_policy_flags()); }

constexpr auto kVocabularies = std::to_array<Vocabulary>({
    {"linux.namespaces.types-supported", offer_namespaces},
    {"config.process.capabilities.unknown-warn", offer_capabilities},
    {"config.process.rlimits.type.unmappable",
     [](spec::Nearest& nearest) { offer_all(nearest, spec::rlimits()); }},
    {"config.process.scheduler.policy.required",
     [](spec::Nearest& nearest) { offer_all(nearest, spec::scheduler_policies()); }},
    {"config.process.scheduler.flags.optional",
     [](spec::Nearest& nearest) { offer_all(nearest, spec::scheduler_flags()); }},
    {"config.process.ioPriority.class.required",
     [](spec::Nearest& nearest) { offer_all(nearest, spec::io_classes()); }},
    {"config.valid-values.error/bind-without-data", offer_mount_options},
    {"linux.memoryPolicy.mode.required", offer_modes},
    {"linux.memoryPolicy.flags.optional", offer_policy_flags},
    {"linux.personality.domain.required",
     [](spec::Nearest& nearest) { offer_all(nearest, spec::personalities()); }},
    {"linux.rootfsPropagation.optional",
     [](spec::Nearest& nearest) { offer_all(nearest, spec::rootfs_propagations()); }},
    {"linux.seccomp.defaultAction.required", offer_actions},
    {"linux.seccomp.syscalls.action.required", offer_actions},
    {"linux.seccomp.architectures.optional", offer_architectures},
    {"linux.seccomp.flags.optional", offer_seccomp_flags},
    {"linux.seccomp.syscalls.args.op.required", offer_operators},
    {"features.hooks.supported", offer_hooks},
    {"features.mountOptions.recognized", offer_mount_options},
    {"features.linux.namespaces.recognized", offer_namespaces},
    {"features.linux.capabilities.recognized", offer_capabilities},
    {"features.linux.seccomp.actions.recognized", offer_actions},
    {"features.linux.seccomp.operators.recognized", offer_operators},
    {"features.linux.seccomp.archs.recognized", offer_architectures},
    {"features.linux.seccomp.knownFlags.recognized", offer_seccomp_flags},
    {"features.linux.memoryPolicy.modes.recognized", offer_modes},
    {"features.linux.memoryPolicy.flags.recognized", offer_policy_flags},
});

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return out;
}

}  // namespace

std::string nearest_member(spec::DocumentKind kind, std::string_view pointer) {
  const std::vector<std::string> tokens = json::pointer_tokens(pointer);
  if (tokens.empty()) {
    return {};
  }
  const std::string& name = tokens.back();
  const std::string_view parent = pointer.substr(0, pointer.rfind('/'));
  spec::Nearest nearest(name);
  for (const std::string_view member : spec::members_at(kind, parent)) {
    if (lower(member) == lower(name)) {
      return std::string(member);
    }
    nearest.offer(member);
  }
  if (!nearest.word().empty()) {
    return std::string(nearest.word());
  }
  // Names that belong elsewhere; one that several objects have tells nothing.
  std::string elsewhere;
  std::size_t found = 0;
  for (const std::string& pattern : spec::all_patterns(kind)) {
    if (pattern.ends_with("/" + name) && pattern.find('*') == std::string::npos) {
      elsewhere = pattern;
      ++found;
    }
  }
  return found == 1 ? elsewhere : std::string();
}

std::string nearest_word(std::string_view rule, std::string_view value) {
  const auto row = std::ranges::find(kVocabularies, rule, &Vocabulary::rule);
  if (row == kVocabularies.end() || value.empty()) {
    return {};
  }
  spec::Nearest nearest(value);
  row->offer(nearest);
  return std::string(nearest.word());
}

}  // namespace plimsoll::validate
