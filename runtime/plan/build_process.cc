// The process half of the plan: what init's or exec's program will be.
// SPDX-License-Identifier: Apache-2.0
#include <linux/capability.h>
#include <sched.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "runtime/base/text.h"
#include "runtime/plan/build.h"
#include "runtime/plan/parts.h"
#include "validator/spec/vocabulary.h"

namespace plimsoll::plan {

namespace {

// The last of several entries for one variable counts, at the place of the first.
std::vector<std::string> unique_environment(const std::vector<std::string>& env) {
  std::vector<std::string> out;
  out.reserve(env.size());
  std::unordered_map<std::string_view, std::size_t> seen;
  for (const std::string& entry : env) {
    const std::string_view name = std::string_view(entry).substr(0, entry.find('='));
    const auto [place, added] = seen.emplace(name, out.size());
    if (added) {
      out.push_back(entry);
    } else {
      out[place->second] = entry;
    }
  }
  return out;
}

void set_variable(std::vector<std::string>& env, std::string_view name, std::string_view value) {
  std::erase_if(env, [name](const std::string& entry) {
    return entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=';
  });
  env.push_back(cat(name, "=", value));
}

std::uint64_t capability_mask(const std::optional<std::vector<std::string>>& names) {
  std::uint64_t mask = 0;
  if (names) {
    for (const std::string& name : *names) {
      // An unknown name is a warning of the rules, not an error (config.md#linux-process).
      if (const auto number = spec::find_capability(name)) {
        mask |= std::uint64_t{1} << *number;
      }
    }
  }
  return mask;
}

Result<std::vector<Rlimit>> build_rlimits(const std::vector<spec::Rlimit>& rlimits) {
  std::vector<Rlimit> out;
  for (const spec::Rlimit& limit : rlimits) {
    const auto resource = spec::find_rlimit(limit.type);
    if (!resource) {
      return fail(Error::invalid(cat("rlimit type '", limit.type, "' is unknown")));
    }
    out.push_back(
        {.resource = *resource, .name = limit.type, .soft = limit.soft, .hard = limit.hard});
  }
  return out;
}

Result<Scheduler> build_scheduler(const spec::Scheduler& scheduler) {
  Scheduler out;
  const auto policy = spec::find_scheduler_policy(scheduler.policy);
  if (!policy) {
    return fail(Error::invalid(cat("scheduler policy '", scheduler.policy, "' is unknown")));
  }
  out.policy = *policy;
  for (const std::string& name : scheduler.flags) {
    const auto flag = spec::find_scheduler_flag(name);
    if (!flag) {
      return fail(Error::invalid(cat("scheduler flag '", name, "' is unknown")));
    }
    out.flags |= *flag;
  }
  out.nice = scheduler.nice.value_or(0);
  out.priority = static_cast<std::uint32_t>(scheduler.priority.value_or(0));
  out.runtime = scheduler.runtime.value_or(0);
  out.deadline = scheduler.deadline.value_or(0);
  out.period = scheduler.period.value_or(0);
  return out;
}

Result<int> build_io_priority(const spec::IoPriority& priority) {
  const auto io_class = spec::find_io_class(priority.io_class);
  if (!io_class) {
    return fail(Error::invalid(cat("ioPriority class '", priority.io_class, "' is unknown")));
  }
  return (*io_class << spec::kIoClassShift) | static_cast<int>(priority.priority);
}

// "0-3,7" into a bit mask.
Result<std::vector<std::uint64_t>> node_mask(std::string_view list) {
  constexpr std::uint64_t kMaxNode = 1023;  // MAX_NUMNODES of the largest kernel configurations
  std::vector<std::uint64_t> mask;
  for (const std::string_view part : split(list, ',')) {
    const std::size_t dash = part.find('-');
    const auto first = parse_unsigned(trim(part.substr(0, dash)));
    const auto last =
        dash == std::string_view::npos ? first : parse_unsigned(trim(part.substr(dash + 1)));
    if (!first || !last || *first > *last || *last > kMaxNode) {
      return fail(Error::invalid(cat("memoryPolicy nodes '", list, "' is not a list of nodes")));
    }
    for (std::uint64_t node = *first; node <= *last; ++node) {
      mask.resize(std::max<std::size_t>(mask.size(), node / 64 + 1));
      mask[node / 64] |= std::uint64_t{1} << (node % 64);
    }
  }
  return mask;
}

Result<MemoryPolicy> build_memory_policy(const spec::MemoryPolicy& policy) {
  MemoryPolicy out;
  const auto mode = spec::find_memory_policy_mode(policy.mode);
  if (!mode) {
    return fail(Error::invalid(cat("memoryPolicy mode '", policy.mode, "' is unknown")));
  }
  out.mode = *mode;
  for (const std::string& name : policy.flags) {
    const auto flag = spec::find_memory_policy_flag(name);
    if (!flag) {
      return fail(Error::invalid(cat("memoryPolicy flag '", name, "' is unknown")));
    }
    out.mode |= *flag;
  }
  if (policy.nodes && !policy.nodes->empty()) {
    out.nodes = TRY(node_mask(*policy.nodes));
  }
  return out;
}

Result<> add_container_facts(Process& out, const spec::Spec& container) {
  if (!container.linux) {
    return {};
  }
  out.seccomp = container.linux->seccomp;
  if (container.linux->personality) {
    const auto& personality = *container.linux->personality;
    const auto domain = spec::find_personality(personality.domain);
    if (!domain) {
      return fail(Error::invalid(cat("personality domain '", personality.domain, "' is unknown")));
    }
    out.personality = domain;
  }
  if (container.linux->memory_policy) {
    out.memory_policy = TRY(build_memory_policy(*container.linux->memory_policy));
  }
  return {};
}

// What only the host knows about labels; and ids that the user namespace does not have.
Result<> check_host(const Process& process, const spec::Spec& container, const HostFacts& facts) {
  if (!process.apparmor_profile.empty() && !facts.apparmor_enabled) {
    return fail(Error::unsupported("apparmor: config provided but apparmor not supported"));
  }
  if (!process.selinux_label.empty() && !facts.selinux_enabled) {
    return fail(Error::unsupported(
        "selinux label is specified in config, but selinux is disabled or not supported"));
  }
  if (!container.linux || container.linux->uid_mappings.empty()) {
    return {};
  }
  if (!host_id(container.linux->uid_mappings, process.uid)) {
    return fail(Error::invalid(cat("user ", process.uid, " has no mapping in the user namespace")));
  }
  for (const gid_t gid : process.groups) {
    if (!host_id(container.linux->gid_mappings, gid)) {
      return fail(
          Error::invalid(cat("additional group ", gid, " has no mapping in the user namespace")));
    }
  }
  if (!host_id(container.linux->gid_mappings, process.gid)) {
    return fail(
        Error::invalid(cat("group ", process.gid, " has no mapping in the user namespace")));
  }
  return {};
}

void add_handed_over(Process& out, const Options& options) {
  out.listen_fds = options.listen_fds;
  out.inherited_fds = options.listen_fds + options.preserve_fds;
  if (options.listen_fds > 0) {
    set_variable(out.env, "LISTEN_FDS", cat(options.listen_fds));
    set_variable(out.env, "LISTEN_PID", "1");
  }
  if (!options.notify_dir.empty()) {
    set_variable(out.env, "NOTIFY_SOCKET", "/run/notify/notify.sock");
  }
}

}  // namespace

Result<Process> build_process(const spec::Process& process, const spec::Spec& container,
                              const Options& options, const HostFacts& facts) {
  if (process.args.empty()) {
    return fail(Error::invalid("args must not be empty"));
  }
  if (!process.cwd.starts_with('/')) {
    return fail(Error::invalid("Cwd must be an absolute path"));
  }
  Process out;
  out.args = process.args;
  out.env = unique_environment(process.env);
  out.cwd = process.cwd;
  out.uid = process.user.uid;
  out.gid = process.user.gid;
  out.groups = process.user.additional_gids;
  out.umask = process.user.umask.value_or(0022);
  out.terminal = process.terminal;
  if (process.terminal && process.console_size) {
    out.console_height = static_cast<std::uint16_t>(process.console_size->height);
    out.console_width = static_cast<std::uint16_t>(process.console_size->width);
  }
  out.rlimits = TRY(build_rlimits(process.rlimits));
  // An absent section is an empty one: no capabilities (runc's reading, which its callers rely on).
  static const spec::Capabilities kNone;
  const spec::Capabilities& sets = process.capabilities ? *process.capabilities : kNone;
  out.capabilities = CapabilitySets{.bounding = capability_mask(sets.bounding),
                                    .effective = capability_mask(sets.effective),
                                    .inheritable = capability_mask(sets.inheritable),
                                    .permitted = capability_mask(sets.permitted),
                                    .ambient = capability_mask(sets.ambient)};
  out.no_new_privileges = process.no_new_privileges;
  out.oom_score_adj = process.oom_score_adj;
  if (process.scheduler) {
    out.scheduler = TRY(build_scheduler(*process.scheduler));
  }
  if (process.io_priority) {
    out.io_priority = TRY(build_io_priority(*process.io_priority));
  }
  if (process.exec_cpu_affinity) {
    out.cpu_affinity_initial = process.exec_cpu_affinity->initial;
    out.cpu_affinity_final = process.exec_cpu_affinity->final;
  }
  out.apparmor_profile = process.apparmor_profile.value_or("");
  out.selinux_label = process.selinux_label.value_or("");
  TRY(add_container_facts(out, container));
  TRY(check_host(out, container, facts));
  add_handed_over(out, options);
  return out;
}

bool administers_filesystems(const spec::Process& process, const spec::Spec& container) {
  constexpr std::uint64_t kRights = std::uint64_t{1} << CAP_SYS_ADMIN | std::uint64_t{1}
                                                                            << CAP_DAC_READ_SEARCH;
  if (std::ranges::any_of(linux_of(container).namespaces, [](const spec::Namespace& entry) {
        // One that is joined may be the host's.
        return entry.type == "user" && entry.path.value_or("").empty();
      })) {
    return false;
  }
  if (!container.hooks.start_container.empty()) {
    return true;
  }
  if (!process.capabilities) {
    return false;
  }
  const spec::Capabilities& sets = *process.capabilities;
  return ((capability_mask(sets.bounding) | capability_mask(sets.effective) |
           capability_mask(sets.inheritable) | capability_mask(sets.permitted) |
           capability_mask(sets.ambient)) &
          kRights) != 0;
}

}  // namespace plimsoll::plan
