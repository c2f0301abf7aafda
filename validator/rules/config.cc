// Rules about the top of the configuration: version, root, host name, annotations (config.md).
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "validator/json/json.h"
#include "validator/rules/rule.h"
#include "validator/rules/version.h"

namespace plimsoll::rules {
namespace {

using spec::Spec;

void version_required(const Spec& config, Findings& found) {
  if (config.oci_version.empty()) {
    found.add("/ociVersion", "ociVersion must not be empty");
  }
}

void version_semver(const Spec& config, Findings& found) {
  if (!config.oci_version.empty() && !parse_version(config.oci_version).valid) {
    found.add("/ociVersion", cat("'", config.oci_version, "' is not a SemVer 2.0.0 version"));
  }
}

void version_supported(const Spec& config, Findings& found) {
  const Version version = parse_version(config.oci_version);
  if (version.valid && version.major != "1") {
    found.add("/ociVersion", cat("version '", config.oci_version,
                                 "' is not supported: its major version is not 1"));
  }
}

void version_newer(const Spec& config, Findings& found) {
  const Version version = parse_version(config.oci_version);
  if (version.valid && version.major == "1" && (version.minor.size() > 1 || version.minor > "3")) {
    found.add("/ociVersion",
              cat("version '", config.oci_version, "' is newer than 1.3: what it adds is ignored"));
  }
}

// -- root --

void root_required(const Spec& config, Findings& found) {
  if (!config.root) {
    found.add("/root", "root must be specified");
  }
}

void root_path_required(const Spec& config, Findings& found) {
  if (config.root && config.root->path.empty()) {
    found.add("/root/path", "root path must not be empty");
  }
}

void root_path_is_host(const Spec& config, Findings& found) {
  const bool only_slashes = config.root && is_absolute(config.root->path) &&
                            config.root->path.find_first_not_of("/.") == std::string::npos;
  if (only_slashes) {
    found.add("/root/path", cat("'", config.root->path, "' is the root of the host"));
  }
}

void root_path_climbs(const Spec& config, Findings& found) {
  if (config.root && has_dot_dot(config.root->path)) {
    found.add("/root/path", cat("'", config.root->path, "' leads out of its folder by '..'"));
  }
}

void root_path_conventional(const Spec& config, Findings& found) {
  if (config.root && !config.root->path.empty() && !is_absolute(config.root->path) &&
      config.root->path != "rootfs") {
    found.add("/root/path", "the usual name is 'rootfs'");
  }
}

// -- host name --

constexpr std::size_t kLongestHostName = 64;  // __NEW_UTS_LEN

void names_need_uts(const Spec& config, Findings& found) {
  if (find_namespace(config, "uts") != nullptr) {
    return;
  }
  if (!config.hostname.value_or("").empty()) {
    found.add("/hostname", "unable to set hostname without a private UTS namespace");
  }
  if (!config.domainname.value_or("").empty()) {
    found.add("/domainname", "unable to set domainname without a private UTS namespace");
  }
}

void names_fit(const Spec& config, Findings& found) {
  if (config.hostname && config.hostname->size() > kLongestHostName) {
    found.add("/hostname", "hostname is longer than 64 bytes");
  }
  if (config.domainname && config.domainname->size() > kLongestHostName) {
    found.add("/domainname", "domainname is longer than 64 bytes");
  }
}

// -- the rest --

void process_absent(const Spec& config, Findings& found) {
  if (!config.process) {
    found.add("/process", "process property must not be empty when the container is started");
  }
}

void vm_ignored(const Spec& config, Findings& found) {
  if (config.has_vm) {
    found.add("/vm", "the vm section is ignored: containers here are no virtual machines");
  }
}

std::string annotation_pointer(std::string_view key) {
  std::string pointer = "/annotations";
  json::append_pointer_token(pointer, key);
  return pointer;
}

void annotation_key_empty(const Spec& config, Findings& found) {
  for (const auto& [key, value] : config.annotations) {
    if (key.empty()) {
      found.add("/annotations/", "annotation keys must not be empty");
    }
  }
}

void annotation_key_reverse_dns(const Spec& config, Findings& found) {
  for (const auto& [key, value] : config.annotations) {
    if (!key.empty() && key.find('.') == std::string::npos) {
      found.add(annotation_pointer(key), cat("'", key, "' is not in reverse domain notation"));
    }
  }
}

constexpr auto kReservedAnnotations = std::to_array<std::string_view>({
    "org.opencontainers.image.os",
    "org.opencontainers.image.os.version",
    "org.opencontainers.image.os.features",
    "org.opencontainers.image.architecture",
    "org.opencontainers.image.variant",
    "org.opencontainers.image.author",
    "org.opencontainers.image.created",
    "org.opencontainers.image.stopSignal",
});

// The spec's MUST NOT, lowered: engines copy an image's own annotations, of which the image spec
// has more than the runtime spec's table, and refusing those would stop ordinary images.
void annotation_reserved(const Spec& config, Findings& found) {
  for (const auto& [key, value] : config.annotations) {
    if (key.starts_with("org.opencontainers.") &&
        std::ranges::find(kReservedAnnotations, key) == kReservedAnnotations.end()) {
      found.add(annotation_pointer(key), cat("'", key, "' is reserved and not defined"));
    }
  }
}

constexpr auto kRules = std::to_array<Rule<Spec>>({
    {"config.ociVersion.required", Level::must, version_required},
    {"config.ociVersion.semver", Level::must, version_semver},
    {"config.ociVersion.compat", Level::must, version_supported},
    {"config.ociVersion.compat/newer", Level::may, version_newer},
    {"config.root.required", Level::must, root_required},
    {"config.root.path.required", Level::must, root_path_required},
    {"config.root.path.exists", Level::must, root_path_is_host},
    {"config.root.path.relative", Level::risk, root_path_climbs},
    {"config.root.path.conventional", Level::should, root_path_conventional},
    {"config.valid-values.error/needs-uts-namespace", Level::must, names_need_uts},
    {"config.valid-values.error/host-name-length", Level::must, names_fit},
    {"config.process.required-at-start", Level::may, process_absent},
    {"config.vm.platform", Level::may, vm_ignored},
    {"config.annotations.key.nonempty", Level::must, annotation_key_empty},
    {"config.annotations.key.reverse-dns", Level::should, annotation_key_reverse_dns},
    {"config.annotations.reserved-other", Level::should, annotation_reserved},
});

}  // namespace

ConfigRules config_rules() { return kRules; }

}  // namespace plimsoll::rules
