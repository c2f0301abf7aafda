// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/load.h"

#include "runtime/base/log.h"
#include "runtime/base/text.h"
#include "runtime/cgroup/cgroup.h"
#include "runtime/linux/host.h"
#include "runtime/sys/file.h"
#include "validator/rules/rules.h"
#include "validator/spec/parse.h"

namespace plimsoll::container {

Result<spec::Spec> parse_config(std::string_view bytes, std::string_view name,
                                spec::Extent* seccomp) {
  auto parsed = spec::parse(bytes, {}, nullptr, seccomp);
  if (!parsed) {
    return fail(Error::invalid(parsed.error().text(name)));
  }
  return std::move(*parsed);
}

Result<> check_config(const spec::Spec& config) {
  const rules::Report report = rules::check(config);
  if (const rules::Finding* finding = rules::first_error(report)) {
    return fail(Error::invalid(rules::text(*finding)));
  }
  for (const rules::Finding& finding : report) {
    if (finding.warn) {
      log::warning(rules::text(finding));
    }
  }
  return {};
}

namespace {
constexpr std::string_view kSavedConfig = "the container's saved config.json";
}

Result<spec::Spec> load_saved_config(const state::ContainerDir& dir) {
  return parse_config(TRY(dir.load_config()), kSavedConfig);
}

Result<SavedConfig> load_config_for_exec(const state::ContainerDir& dir) {
  SavedConfig config;
  std::string bytes = TRY(dir.load_config());
  if (const auto file = dir.load_seccomp()) {
    auto saved = linux::decode_saved_seccomp(*file);
    if (saved && saved->config_size == bytes.size()) {
      bytes.replace(saved->begin, saved->end - saved->begin, "null");
      config.seccomp = std::move(saved->program);
    }
  }
  config.spec = TRY(parse_config(bytes, kSavedConfig));
  return config;
}

plan::Options options_of(const state::Record& record) {
  plan::Options options;
  options.id = record.id;
  options.bundle = record.bundle;
  options.rootless = record.rootless;
  options.systemd_cgroup = record.systemd_cgroup;
  return options;
}

plan::HostFacts host_facts() {
  plan::HostFacts facts = linux::read_host_facts();
  facts.cgroup_mode = cgroup::detect_mode();
  return facts;
}

Result<> run_from_copy(const Globals& globals) {
  if (globals.argv == nullptr) {
    return {};
  }
  return linux::ensure_sealed_executable(globals.argv, globals.envp, linux::Protection::copy);
}

Result<> protect_executable_from(const Globals& globals, const spec::Process& process,
                                 const spec::Spec& config) {
  return plan::administers_filesystems(process, config) ? run_from_copy(globals) : Result<>();
}

Result<std::string> absolute_path(const std::string& path) {
  if (path.empty() || path.starts_with('/')) {
    return path;
  }
  return cat(TRY(sys::current_dir()), "/", path);
}

}  // namespace plimsoll::container
