// Rules about the top of the configuration, mounts and hooks: for each, a document that it accepts
// and one that it does not, with the exact finding. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "validator/rules/rules_testing.h"

namespace plimsoll::rules {
namespace {

TEST(ConfigRules, Version) {
  for (const std::string_view bad :
       {"1", "1.0", "x", "1.0.0.0", "01.0.0", "1.0.0-", "1.0.0-01", "1.0.0+", "v1.0.0", " 1.0.0",
        "1.0.0-rc..1", "-1.0.0", "1.0.0-r\u00e4"}) {
    EXPECT_EQ(report_of(version(bad)), cat("MUST config.ociVersion.semver /ociVersion: '", bad,
                                           "' is not a SemVer 2.0.0 version\n"));
  }
  for (const std::string_view good :
       {"1.0.0", "1.0.2-dev", "1.0.0-rc1+b", "1.3.99", "1.1.0+dev", "1.0.0-rc.5"}) {
    EXPECT_EQ(report_of(version(good)), "");
  }
  expect_cases({
      {{},
       version(""),
       "MUST config.ociVersion.required /ociVersion: ociVersion must not be empty"},
      {{},
       version("2.0.0"),
       "MUST config.ociVersion.compat /ociVersion: version '2.0.0' is not supported: its major "
       "version is not 1"},
      {{},
       version("9.9.9"),
       "MUST config.ociVersion.compat /ociVersion: version '9.9.9' is not supported: its major "
       "version is not 1"},
      {{},
       version("1.10.0"),
       "MAY config.ociVersion.compat /ociVersion: version '1.10.0' is newer than 1.3: what it "
       "adds is ignored"},
  });
}

TEST(ConfigRules, RootAndNames) {
  expect_cases({
      {{}, root(""), "MUST config.root.required /root: root must be specified"},
      {{},
       root(R"("root": {},)"),
       "MUST config.root.path.required /root/path: root path must not be empty"},
      {root(R"("root": {"path": "/x"},)"), root(R"("root": {"path": "//"},)"),
       "MUST config.root.path.exists /root/path: '//' is the root of the host"},
      {root(R"("root": {"path": "/a/..b"},)"), root(R"("root": {"path": "/a/../b"},)"),
       "RISK config.root.path.relative /root/path: '/a/../b' leads out of its folder by '..'"},
      {{},
       root(R"("root": {"path": "fs"},)"),
       "SHOULD config.root.path.conventional /root/path: the usual name is 'rootfs'"},
      {top(R"("hostname": "h", "domainname": "d")"),
       top(cat(R"("hostname": ")", std::string(65, 'h'), "\"")),
       "MUST config.valid-values.error /hostname: hostname is longer than 64 bytes"},
      {{},
       process_of(""),
       "MAY config.process.required-at-start /process: process property must not be empty when "
       "the container is started"},
      {{},
       top(R"("vm": {})"),
       "MAY config.vm.platform /vm: the vm section is ignored: containers here are no virtual "
       "machines"},
      {top(R"("annotations": {"a.b": ""})"), top(R"("annotations": {"": "x"})"),
       "MUST config.annotations.key.nonempty /annotations/: annotation keys must not be empty"},
      {{},
       top(R"("annotations": {"a/b": "x"})"),
       "SHOULD config.annotations.key.reverse-dns /annotations/a~1b: 'a/b' is not in reverse "
       "domain notation"},
      {top(R"("annotations": {"org.opencontainers.image.os": "linux"})"),
       top(R"("annotations": {"org.opencontainers.x": "x"})"),
       "SHOULD config.annotations.reserved-other /annotations/org.opencontainers.x: "
       "'org.opencontainers.x' is reserved and not defined"},
  });
  Parts no_uts = only_namespaces(R"({"type": "mount"})");
  no_uts.top = R"("hostname": "h", "domainname": "d")";
  EXPECT_EQ(
      report_of(no_uts),
      "MUST config.valid-values.error /hostname: unable to set hostname without a private UTS "
      "namespace\n"
      "MUST config.valid-values.error /domainname: unable to set domainname without a private "
      "UTS namespace\n");
}

TEST(HookRules, Entries) {
  expect_cases({
      {top(R"("hooks": {"poststop": [{"path": "/x", "timeout": 1, "env": ["A=b"]}]})"),
       top(R"("hooks": {"poststop": [{}]})"),
       "MUST config.hooks.entry.path.required /hooks/poststop/0/path: hook path must not be empty"},
      {{},
       top(R"("hooks": {"createRuntime": [{"path": "/x"}, {"path": "sh"}]})"),
       "MUST config.hooks.entry.path.absolute /hooks/createRuntime/1/path: hook path 'sh' is not "
       "absolute"},
      {{},
       top(R"("hooks": {"startContainer": [{"path": "/x", "timeout": 0}]})"),
       "MUST config.hooks.entry.timeout.positive /hooks/startContainer/0/timeout: hook timeout 0 "
       "is not greater than zero"},
      {{},
       top(R"("hooks": {"createContainer": [{"path": "/x", "timeout": -1}]})"),
       "MUST config.hooks.entry.timeout.positive /hooks/createContainer/0/timeout: hook timeout -1 "
       "is not greater than zero"},
      {{},
       top(R"("hooks": {"poststart": [{"path": "/x", "env": ["A"]}]})"),
       "SHOULD config.hooks.entry.env.optional /hooks/poststart/0/env/0: entry is not of the form "
       "NAME=VALUE"},
      {{},
       top(R"("hooks": {"prestart": [{"path": "/x"}]})"),
       "MAY config.hooks.prestart.optional /hooks/prestart: prestart is deprecated in favour of "
       "createRuntime, createContainer and startContainer"},
  });
}

TEST(MountRules, Form) {
  const auto mount = [](std::string_view members) {
    return top(cat(R"("mounts": [{)", members, "}]"));
  };
  expect_cases({
      {mount(R"("destination": "/a", "type": "tmpfs", "options": ["mode=755", "ro"])"),
       mount(R"("type": "tmpfs")"),
       "MUST config.mounts.destination.required /mounts/0/destination: mount destination must not "
       "be empty"},
      {{},
       mount(R"("destination": "a", "type": "tmpfs")"),
       "SHOULD config.mounts.destination.absolute /mounts/0/destination: mount destination 'a' is "
       "not absolute: it is taken as relative to /"},
      {mount(R"("destination": "/a/..b", "type": "tmpfs")"),
       mount(R"("destination": "/a/../b", "type": "tmpfs")"),
       "RISK config.mounts.destination.relative-root /mounts/0/destination: mount destination "
       "'/a/../b' holds '..'"},
      {{},
       mount(R"("destination": "//", "type": "tmpfs")"),
       "MUST config.valid-values.error /mounts/0/destination: mount destination '/' would hide the "
       "root filesystem"},
      {mount(R"("destination": "/a", "source": "/s", "options": ["bind", "rprivate", "ro"])"),
       mount(R"("destination": "/a", "source": "/s", "options": ["rbind", "mode=755"])"),
       "MUST config.valid-values.error /mounts/0/options/1: bind mounts cannot have any "
       "filesystem-specific options applied: 'mode=755'"},
      {mount(R"("destination": "/a", "options": ["bind", "remount"])"),
       mount(R"("destination": "/a", "options": ["bind"])"),
       "MUST config.valid-values.error /mounts/0/source: a bind mount needs a source"},
      {mount(R"("destination": "/a", "options": ["rslave"])"),
       mount(R"("destination": "/a", "options": ["ro"])"),
       "SHOULD config.mounts.type.optional /mounts/0/type: the mount has neither a type nor the "
       "option bind"},
  });
}

TEST(MountRules, IdMappings) {
  const auto bind = [](std::string_view members) {
    return top(cat(R"("mounts": [{"destination": "/a", "source": "/s", )", members, "}]"));
  };
  constexpr std::string_view kUid =
      R"("uidMappings": [{"containerID": 0, "hostID": 1, "size": 1}])";
  constexpr std::string_view kGid =
      R"("gidMappings": [{"containerID": 0, "hostID": 1, "size": 1}])";
  constexpr std::string_view kIdmap = R"("options": ["bind", "idmap"])";
  expect_cases({
      {bind(cat(kIdmap, ", ", kUid, ", ", kGid)), bind(cat(kIdmap, ", ", kUid)),
       "MUST config.mounts.uidMappings.with-gid /mounts/0/gidMappings: id-mapped mounts must have "
       "both uid and gid mappings specified"},
      {{},
       bind(cat(kIdmap, ", ", kGid)),
       "MUST config.mounts.gidMappings.with-uid /mounts/0/uidMappings: id-mapped mounts must have "
       "both uid and gid mappings specified"},
      {{},
       bind(cat(R"("options": ["bind"])", ", ", kUid, ", ", kGid)),
       "SHOULD config.mounts.uidMappings.with-option /mounts/0/options: a mount with id mappings "
       "lacks the option idmap or ridmap"},
      {{},
       bind(kIdmap),
       "MUST config.mounts.idmap.no-userns-error /mounts/0/options: an id-mapped mount has no "
       "mappings, and the container has no user namespace"},
      {{},
       bind(cat(kIdmap, ", ", kUid,
                R"(, "gidMappings": [{"containerID": 0, "hostID": 1, "size": 0}])")),
       "MUST config.valid-values.error /mounts/0/gidMappings/0/size: a mapping of no ids"},
  });
  Parts with_user = more_namespaces(R"({"type": "user"})",
                                    R"("uidMappings": [{"containerID": 0, "hostID": 1, "size": 1}],
         "gidMappings": [{"containerID": 0, "hostID": 1, "size": 1}])");
  with_user.top = bind(kIdmap).top;
  EXPECT_EQ(report_of(with_user), "");
}

TEST(MountRules, NeedAMountNamespace) {
  Parts parts =
      only_namespaces(R"({"type": "pid"})", R"("maskedPaths": ["/a"], "readonlyPaths": ["/b"])");
  parts.top = R"("mounts": [{"destination": "/a", "type": "tmpfs"}])";
  parts.root = R"("root": {"path": "rootfs", "readonly": true},)";
  EXPECT_EQ(report_of(parts),
            "MUST config.valid-values.error /mounts: mounts need a mount namespace of the "
            "container's own\n"
            "MUST config.valid-values.error /root/readonly: a read-only root needs a mount "
            "namespace of the container's own\n"
            "MUST config.valid-values.error /linux/maskedPaths: unable to restrict sys entries "
            "without a private MNT namespace\n"
            "MUST config.valid-values.error /linux/readonlyPaths: unable to restrict sys entries "
            "without a private MNT namespace\n");
}

}  // namespace
}  // namespace plimsoll::rules
