// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/load.h"

#include <fcntl.h>

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

// The bytes between the braces, these included, of an object that begins at `begin`; empty when it
// has no end.
spec::Extent object_at(std::string_view bytes, std::size_t begin) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = begin; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' && --depth == 0) {
      return {.begin = begin, .end = i + 1};
    }
  }
  return {};
}

// A guess without reading the document: the object behind the first name "seccomp".
spec::Extent guess_profile(std::string_view bytes) {
  constexpr std::string_view kName = "\"seccomp\"";
  constexpr std::string_view kSpace = " \t\r\n";
  for (std::size_t at = bytes.find(kName); at != std::string_view::npos;
       at = bytes.find(kName, at + kName.size())) {
    const std::size_t colon = bytes.find_first_not_of(kSpace, at + kName.size());
    if (colon == std::string_view::npos || bytes[colon] != ':') {
      continue;  // a string that is no member's name
    }
    const std::size_t value = bytes.find_first_not_of(kSpace, colon + 1);
    return value != std::string_view::npos && bytes[value] == '{' ? object_at(bytes, value)
                                                                  : spec::Extent{};
  }
  return {};
}

// The document with null in place of a profile whose program is known. These bytes were read as
// linux.seccomp before; that null is read in their place now makes the document as it is a valid
// one, with this profile.
std::optional<BundleConfig> parse_without_profile(std::string_view bytes, const std::string& root) {
  const spec::Extent profile = guess_profile(bytes);
  if (profile.begin == profile.end) {
    return std::nullopt;
  }
  const auto cache = sys::open_at(sys::cwd(), cat(root, "/", linux::kSeccompCache).c_str(),
                                  O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!cache) {
    return std::nullopt;
  }
  BundleConfig config;
  config.program =
      linux::recall_seccomp(*cache, bytes.substr(profile.begin, profile.end - profile.begin));
  if (!config.program) {
    return std::nullopt;
  }
  constexpr std::string_view kNull = "null";
  spec::Extent read;
  auto spec = spec::parse(cat(bytes.substr(0, profile.begin), kNull, bytes.substr(profile.end)), {},
                          nullptr, &read);
  if (!spec || read.begin != profile.begin || read.end != profile.begin + kNull.size()) {
    return std::nullopt;
  }
  config.spec = std::move(*spec);
  config.seccomp = profile;
  return config;
}

constexpr std::string_view kSavedConfig = "the container's saved config.json";

}  // namespace

Result<BundleConfig> parse_bundle_config(std::string_view bytes) {
  BundleConfig config;
  config.spec = TRY(parse_config(bytes, "config.json", &config.seccomp));
  return config;
}

Result<BundleConfig> parse_bundle_config(std::string_view bytes, const std::string& root) {
  if (auto config = parse_without_profile(bytes, root)) {
    return std::move(*config);
  }
  return parse_bundle_config(bytes);
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

plan::HostFacts host_facts(const Globals& globals, const spec::Process* process) {
  const auto named = [](const std::optional<std::string>& label) {
    return label && !label->empty();
  };
  plan::HostFacts facts =
      linux::read_host_facts({.user_namespace = !globals.initial_user_namespace,
                              .apparmor = process != nullptr && named(process->apparmor_profile),
                              .selinux = process != nullptr && named(process->selinux_label)});
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
