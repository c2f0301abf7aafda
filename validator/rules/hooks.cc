// Rules about hooks (config.md#posix-platform-hooks). SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "validator/rules/rule.h"
#include "validator/spec/vocabulary.h"

namespace plimsoll::rules {
namespace {

using spec::Hook;
using spec::Hooks;
using spec::Spec;

struct HookList {
  std::string_view name;
  std::vector<Hook> Hooks::* member;
};
constexpr auto kLists = std::to_array<HookList>({
    {"prestart", &Hooks::prestart},
    {"createRuntime", &Hooks::create_runtime},
    {"createContainer", &Hooks::create_container},
    {"startContainer", &Hooks::start_container},
    {"poststart", &Hooks::poststart},
    {"poststop", &Hooks::poststop},
});

template <typename Check>
void each_hook(const Spec& config, Check check) {
  for (const HookList& list : kLists) {
    const std::vector<Hook>& hooks = config.hooks.*list.member;
    for (std::size_t i = 0; i < hooks.size(); ++i) {
      check(hooks[i], cat("/hooks/", list.name, "/", i));
    }
  }
}

void path_required(const Spec& config, Findings& found) {
  each_hook(config, [&](const Hook& hook, const std::string& pointer) {
    if (hook.path.empty()) {
      found.add(cat(pointer, "/path"), "hook path must not be empty");
    }
  });
}

void path_absolute(const Spec& config, Findings& found) {
  each_hook(config, [&](const Hook& hook, const std::string& pointer) {
    if (!hook.path.empty() && !is_absolute(hook.path)) {
      found.add(cat(pointer, "/path"), cat("hook path '", hook.path, "' is not absolute"));
    }
  });
}

void timeout_positive(const Spec& config, Findings& found) {
  each_hook(config, [&](const Hook& hook, const std::string& pointer) {
    if (hook.timeout && *hook.timeout <= 0) {
      found.add(cat(pointer, "/timeout"),
                cat("hook timeout ", *hook.timeout, " is not greater than zero"));
    }
  });
}

void env_form(const Spec& config, Findings& found) {
  each_hook(config, [&](const Hook& hook, const std::string& pointer) {
    for (std::size_t i = 0; hook.env && i < hook.env->size(); ++i) {
      const std::size_t equals = (*hook.env)[i].find('=');
      if (equals == 0 || equals == std::string::npos) {
        found.add(cat(pointer, "/env/", i), "entry is not of the form NAME=VALUE");
      }
    }
  });
}

void prestart_deprecated(const Spec& config, Findings& found) {
  if (!config.hooks.prestart.empty()) {
    found.add("/hooks/prestart",
              "prestart is deprecated in favour of createRuntime, createContainer and "
              "startContainer");
  }
}

constexpr auto kRules = std::to_array<Rule<Spec>>({
    {"config.hooks.entry.path.required", Level::must, path_required},
    {"config.hooks.entry.path.absolute", Level::must, path_absolute},
    {"config.hooks.entry.timeout.positive", Level::must, timeout_positive},
    {"config.hooks.entry.env.optional", Level::should, env_form},
    {"config.hooks.prestart.optional", Level::may, prestart_deprecated},
});

}  // namespace

ConfigRules hook_rules() { return kRules; }

}  // namespace plimsoll::rules
