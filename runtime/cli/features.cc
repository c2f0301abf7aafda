// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/features.h"

#include <array>

#include "runtime/cli/version.h"
#include "validator/json/json.h"
#include "validator/spec/vocabulary.h"

namespace plimsoll::cli {
namespace {

// The lowest ociVersion that create accepts.
constexpr std::string_view kLowestSpecVersion = "1.0.0";

// Annotations of config.json that change what the runtime does, exact or ending in '.' as a prefix.
// A caller with untrusted images has to filter these.
constexpr auto kActedUponAnnotations =
    std::to_array<std::string_view>({"org.criu.config", "org.systemd.property."});

// Writes the names of a vocabulary table.
template <typename Table>
void write_names(json::Writer& writer, const char* key, const Table& table) {
  writer.key(key).begin_array();
  for (const auto& row : table) {
    writer.value(row.name);
  }
  writer.end_array();
}

void write_enabled(json::Writer& writer, const char* key) {
  writer.key(key).begin_object().member("enabled", true).end_object();
}

void write_cgroup(json::Writer& writer) {
  writer.key("cgroup").begin_object();
  writer.member("v1", true).member("v2", true);
  writer.member("systemd", true).member("systemdUser", true);
  writer.member("rdma", true).end_object();
}

void write_seccomp(json::Writer& writer, const FeaturesInput& input) {
  writer.key("seccomp").begin_object().member("enabled", true);
  write_names(writer, "actions", spec::seccomp_actions());
  write_names(writer, "operators", spec::seccomp_operators());
  write_names(writer, "archs", spec::seccomp_architectures());
  write_names(writer, "knownFlags", spec::seccomp_flags());
  writer.key("supportedFlags").list(input.supported_seccomp_flags).end_object();
}

void write_linux(json::Writer& writer, const FeaturesInput& input) {
  writer.key("linux").begin_object();
  write_names(writer, "namespaces", spec::namespaces());
  write_names(writer, "capabilities", spec::capabilities());
  write_cgroup(writer);
  write_seccomp(writer, input);
  write_enabled(writer, "apparmor");
  write_enabled(writer, "selinux");
  writer.key("intelRdt")
      .begin_object()
      .member("enabled", true)
      .member("schemata", true)
      .member("monitoring", true)
      .end_object();
  writer.key("memoryPolicy").begin_object();
  write_names(writer, "modes", spec::memory_policy_modes());
  write_names(writer, "flags", spec::memory_policy_flags());
  writer.end_object();
  writer.key("mountExtensions").begin_object();
  write_enabled(writer, "idmap");
  writer.end_object();
  write_enabled(writer, "netDevices");
  writer.end_object();
}

void write_host(json::Writer& writer, const container::HostReport& host) {
  writer.key("host").begin_object();
  writer.member("kernel", host.kernel).member("machine", host.machine);
  writer.key("namespaces").list(host.namespaces);
  writer.key("capabilities").list(host.capabilities);
  writer.key("cgroup").begin_object().member("mode", host.cgroup_mode);
  writer.key("v1Controllers").list(host.cgroup_v1);
  writer.key("v2Controllers").list(host.cgroup_v2);
  writer.member("systemd", host.systemd).end_object();
  writer.key("hugepageSizes").list(host.huge_page_sizes);
  writer.key("securityModules").list(host.security_modules);
  writer.member("apparmor", host.apparmor).member("selinux", host.selinux);
  writer.member("resctrl", host.resctrl);
  writer.key("seccompActions").list(host.seccomp_actions);
  writer.key("userNamespacesRestrictedBy");
  host.user_namespaces_hint.empty() ? writer.null() : writer.value(host.user_namespaces_hint);
  writer.key("systemCalls").begin_object();
  for (const auto& call : host.system_calls) {
    writer.member(call.name, call.available);
  }
  writer.end_object().key("programs").begin_object();
  for (const auto& program : host.programs) {
    writer.key(program.name);
    program.path.empty() ? writer.null() : writer.value(program.path);
  }
  writer.end_object().end_object();
}

}  // namespace

std::string features_json(const FeaturesInput& input) {
  std::string out;
  json::Writer writer(out, 4);
  writer.begin_object()
      .member("ociVersionMin", kLowestSpecVersion)
      .member("ociVersionMax", kSpecVersion);
  writer.key("hooks").list(spec::hook_names());
  write_names(writer, "mountOptions", spec::mount_options());
  write_linux(writer, input);
  writer.key("annotations")
      .begin_object()
      .member("io.github.plimsoll.version", program_version())
      .member("io.github.plimsoll.commit", program_commit())
      .member("io.github.seccomp.libseccomp.version", input.libseccomp_version)
      // The name that callers look at, whoever the runtime is (as crun has it too).
      .member("org.opencontainers.runc.checkpoint.enabled", "true")
      .end_object();
  writer.key("potentiallyUnsafeConfigAnnotations").list(kActedUponAnnotations);
  if (input.host != nullptr) {
    write_host(writer, *input.host);
  }
  writer.end_object();
  out += "\n";
  return out;
}

}  // namespace plimsoll::cli
