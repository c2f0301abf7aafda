// Rules about a process (config.md#process), of a container or of exec. SPDX-License-Identifier:
// Apache-2.0
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "validator/rules/rule.h"
#include "validator/spec/vocabulary.h"

namespace plimsoll::rules {
namespace {

using spec::Process;

void cwd_required(const Process& process, Findings& found) {
  if (process.cwd.empty()) {
    found.add("/cwd", "Cwd property must not be empty");
  }
}

void cwd_absolute(const Process& process, Findings& found) {
  if (!process.cwd.empty() && !is_absolute(process.cwd)) {
    found.add("/cwd", "Cwd must be an absolute path");
  }
}

void args_one_entry(const Process& process, Findings& found) {
  if (process.args.empty()) {
    found.add("/args", "args must not be empty");
  }
}

void env_form(const Process& process, Findings& found) {
  for (std::size_t i = 0; i < process.env.size(); ++i) {
    const std::size_t equals = process.env[i].find('=');
    if (equals == std::string::npos) {
      found.add(cat("/env/", i), "invalid environment variable: missing '='");
    } else if (equals == 0) {
      found.add(cat("/env/", i), "invalid environment variable: name cannot be empty");
    }
  }
}

// -- rlimits --

void rlimit_type_required(const Process& process, Findings& found) {
  for (std::size_t i = 0; i < process.rlimits.size(); ++i) {
    if (process.rlimits[i].type.empty()) {
      found.add(cat("/rlimits/", i, "/type"), "rlimit type must not be empty");
    }
  }
}

void rlimit_type_known(const Process& process, Findings& found) {
  for (std::size_t i = 0; i < process.rlimits.size(); ++i) {
    const std::string& type = process.rlimits[i].type;
    if (!type.empty() && !spec::find_rlimit(type)) {
      found.add(cat("/rlimits/", i, "/type"), cat("invalid rlimit type: ", type));
    }
  }
}

void rlimit_duplicate(const Process& process, Findings& found) {
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < process.rlimits.size(); ++i) {
    const std::optional<int> resource = spec::find_rlimit(process.rlimits[i].type);
    if (!resource) {
      continue;
    }
    const std::uint64_t bit = std::uint64_t{1} << *resource;
    if ((seen & bit) != 0) {
      found.add(cat("/rlimits/", i, "/type"),
                cat("duplicate rlimit type: ", process.rlimits[i].type));
    }
    seen |= bit;
  }
}

void rlimit_order(const Process& process, Findings& found) {
  for (std::size_t i = 0; i < process.rlimits.size(); ++i) {
    const spec::Rlimit& limit = process.rlimits[i];
    if (limit.soft > limit.hard) {
      found.add(cat("/rlimits/", i, "/soft"),
                cat(limit.type, ": soft limit ", limit.soft, " is above hard limit ", limit.hard));
    }
  }
}

// -- capabilities --

struct CapabilitySet {
  std::string_view name;
  std::optional<spec::Strings> spec::Capabilities::* member;
};
constexpr auto kCapabilitySets = std::to_array<CapabilitySet>({
    {"bounding", &spec::Capabilities::bounding},
    {"effective", &spec::Capabilities::effective},
    {"inheritable", &spec::Capabilities::inheritable},
    {"permitted", &spec::Capabilities::permitted},
    {"ambient", &spec::Capabilities::ambient},
});

void capability_unknown(const Process& process, Findings& found) {
  if (!process.capabilities) {
    return;
  }
  for (const CapabilitySet& set : kCapabilitySets) {
    const auto& names = (*process.capabilities).*set.member;
    for (std::size_t i = 0; names && i < names->size(); ++i) {
      if (!spec::find_capability((*names)[i])) {
        found.add(cat("/capabilities/", set.name, "/", i),
                  cat("unknown capability '", (*names)[i], "' is ignored"));
      }
    }
  }
}

bool contains(const std::optional<spec::Strings>& names, std::string_view name) {
  return names && std::ranges::find(*names, name) != names->end();
}

// capabilities(7): an ambient capability must be both permitted and inheritable.
void capability_ambient(const Process& process, Findings& found) {
  if (!process.capabilities || !process.capabilities->ambient) {
    return;
  }
  const spec::Capabilities& sets = *process.capabilities;
  for (std::size_t i = 0; i < sets.ambient->size(); ++i) {
    const std::string& name = (*sets.ambient)[i];
    if (!contains(sets.permitted, name) || !contains(sets.inheritable, name)) {
      found.add(cat("/capabilities/ambient/", i),
                cat("'", name, "' has no effect: it is not both permitted and inheritable"));
    }
  }
}

// -- scheduling --

void scheduler_policy(const Process& process, Findings& found) {
  if (!process.scheduler) {
    return;
  }
  if (process.scheduler->policy.empty()) {
    found.add("/scheduler/policy", "scheduler policy is required");
  } else if (!spec::find_scheduler_policy(process.scheduler->policy)) {
    found.add("/scheduler/policy",
              cat("invalid scheduler.policy: '", process.scheduler->policy, "'"));
  }
}

void scheduler_nice(const Process& process, Findings& found) {
  if (!process.scheduler || !process.scheduler->nice) {
    return;
  }
  const std::string& policy = process.scheduler->policy;
  const std::int32_t nice = *process.scheduler->nice;
  if ((policy == "SCHED_OTHER" || policy == "SCHED_BATCH") && (nice < -20 || nice > 19)) {
    found.add("/scheduler/nice",
              cat("invalid scheduler.nice: ", nice, " when scheduler.policy is ", policy));
  }
}

void scheduler_priority(const Process& process, Findings& found) {
  if (!process.scheduler) {
    return;
  }
  const std::string& policy = process.scheduler->policy;
  const std::int32_t priority = process.scheduler->priority.value_or(0);
  if (priority == 0) {
    return;
  }
  if (policy != "SCHED_FIFO" && policy != "SCHED_RR") {
    found.add("/scheduler/priority",
              "scheduler.priority can only be specified for SchedFIFO or SchedRR policy");
  } else if (priority < 1 || priority > 99) {
    found.add("/scheduler/priority",
              cat("invalid scheduler.priority: ", priority, " is not within 1 to 99"));
  }
}

// sched_setattr(2): runtime <= deadline <= period, where a period of 0 is the deadline.
void scheduler_deadline(const Process& process, Findings& found) {
  if (!process.scheduler) {
    return;
  }
  const std::uint64_t runtime = process.scheduler->runtime.value_or(0);
  const std::uint64_t deadline = process.scheduler->deadline.value_or(0);
  const std::uint64_t period = process.scheduler->period.value_or(0);
  if (process.scheduler->policy != "SCHED_DEADLINE") {
    if (runtime != 0 || deadline != 0 || period != 0) {
      found.add("/scheduler",
                "scheduler runtime/deadline/period can only be specified for SchedDeadline policy");
    }
  } else if (runtime == 0 || runtime > deadline || (period != 0 && deadline > period)) {
    found.add("/scheduler", "scheduler needs 0 < runtime <= deadline <= period");
  }
}

void scheduler_flags(const Process& process, Findings& found) {
  for (std::size_t i = 0; process.scheduler && i < process.scheduler->flags.size(); ++i) {
    const std::string& flag = process.scheduler->flags[i];
    if (!spec::find_scheduler_flag(flag)) {
      found.add(cat("/scheduler/flags/", i), cat("invalid scheduler flag '", flag, "'"));
    }
  }
}

void io_priority_class(const Process& process, Findings& found) {
  if (process.io_priority && !spec::find_io_class(process.io_priority->io_class)) {
    found.add("/ioPriority/class",
              cat("invalid ioPriority.Class: '", process.io_priority->io_class, "'"));
  }
}

void io_priority_level(const Process& process, Findings& found) {
  if (process.io_priority &&
      (process.io_priority->priority < 0 || process.io_priority->priority > 7)) {
    found.add("/ioPriority/priority",
              cat("invalid ioPriority.Priority: ", process.io_priority->priority));
  }
}

void cpu_affinity(const Process& process, Findings& found) {
  if (!process.exec_cpu_affinity) {
    return;
  }
  const auto check = [&](const std::optional<std::string>& list, std::string_view pointer) {
    if (list && !list->empty() && !is_number_list(*list)) {
      found.add(pointer, cat("'", *list, "' is not a list of CPUs such as '0-3,7'"));
    }
  };
  check(process.exec_cpu_affinity->initial, "/execCPUAffinity/initial");
  check(process.exec_cpu_affinity->final, "/execCPUAffinity/final");
}

// -- the rest --

void oom_score_range(const Process& process, Findings& found) {
  const std::int32_t score = process.oom_score_adj.value_or(0);
  if (score < -1000 || score > 1000) {
    found.add("/oomScoreAdj", cat("oomScoreAdj ", score, " is not within -1000 to 1000"));
  }
}

// winsize holds 16 bits; without a terminal the size is ignored.
void console_size_range(const Process& process, Findings& found) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint16_t>::max();
  if (process.terminal && process.console_size &&
      (process.console_size->height > kMax || process.console_size->width > kMax)) {
    found.add("/consoleSize", "a terminal has no more than 65535 lines and columns");
  }
}

void umask_range(const Process& process, Findings& found) {
  if (process.user.umask.value_or(0) > 0777) {
    found.add("/user/umask", "bits beyond 0777 have no effect");
  }
}

void command_line_ignored(const Process& process, Findings& found) {
  if (process.command_line) {
    found.add("/commandLine", "commandLine is ignored on Linux");
  }
}

constexpr auto kRules = std::to_array<Rule<Process>>({
    {"config.process.cwd.required", Level::must, cwd_required},
    {"config.process.cwd.absolute", Level::must, cwd_absolute},
    {"config.process.args.one-entry", Level::must, args_one_entry},
    {"config.process.env.optional", Level::must, env_form},
    {"config.process.rlimits.type.required", Level::must, rlimit_type_required},
    {"config.process.rlimits.type.unmappable", Level::must, rlimit_type_known},
    {"config.process.rlimits.duplicate", Level::must, rlimit_duplicate},
    {"config.valid-values.error/rlimit-order", Level::must, rlimit_order},
    {"config.process.capabilities.unknown-warn", Level::should, capability_unknown, kWarn},
    {"config.process.capabilities.ambient", Level::may, capability_ambient},
    {"config.process.scheduler.policy.required", Level::must, scheduler_policy},
    {"config.process.scheduler.nice.optional", Level::must, scheduler_nice},
    {"config.process.scheduler.priority.optional", Level::must, scheduler_priority},
    {"config.process.scheduler.deadline.optional", Level::must, scheduler_deadline},
    {"config.process.scheduler.flags.optional", Level::must, scheduler_flags},
    {"config.process.ioPriority.class.required", Level::must, io_priority_class},
    {"config.process.ioPriority.priority.required", Level::must, io_priority_level},
    {"config.process.execCPUAffinity.optional", Level::must, cpu_affinity},
    {"config.valid-values.error/oom-score", Level::must, oom_score_range},
    {"config.valid-values.error/console-size", Level::must, console_size_range},
    {"config.process.user.umask.optional", Level::may, umask_range},
    {"config.process.args.optional", Level::may, command_line_ignored},
});

}  // namespace

std::span<const Rule<Process>> process_rules() { return kRules; }

}  // namespace plimsoll::rules
