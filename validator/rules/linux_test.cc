// Rules about namespaces, devices, paths, policies and sysctls: for each, a document that it
// accepts and one that it does not, with the exact finding. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "validator/rules/rules_testing.h"

namespace plimsoll::rules {
namespace {

TEST(NamespaceRules, Types) {
  expect_cases({
      {more_namespaces(R"({"type": "cgroup", "path": "/x"}, {"type": "time", "path": ""})"),
       more_namespaces("{}"),
       "MUST linux.namespaces.type.required /linux/namespaces/5/type: namespace type must not be "
       "empty"},
      {{},
       more_namespaces(R"({"type": "bogus"})"),
       "MUST linux.namespaces.types-supported /linux/namespaces/5/type: namespace 'bogus' does not "
       "exist"},
      {{},
       more_namespaces(R"({"type": "pid", "path": "/x"})"),
       "MUST linux.namespaces.duplicate /linux/namespaces/5/type: duplicated ns 'pid'"},
      {{},
       more_namespaces(R"({"type": "cgroup", "path": "x"})"),
       "MUST linux.namespaces.path.absolute /linux/namespaces/5/path: namespace path 'x' is not "
       "absolute"},
  });
}

std::string both_maps(std::string_view list) {
  return cat(R"("uidMappings": [)", list,
             R"(], "gidMappings": [{"containerID": 0, "hostID": 0, "size": 1}])");
}

TEST(NamespaceRules, UserMappings) {
  constexpr std::string_view kUser = R"({"type": "user"})";
  const Parts good =
      more_namespaces(kUser, both_maps(R"({"containerID": 0, "hostID": 1000, "size": 10},
                          {"containerID": 10, "hostID": 1010, "size": 5})"));
  expect_cases({
      {good, linux_with(both_maps(R"({"containerID": 0, "hostID": 0, "size": 1})")),
       "MUST linux.uidMappings.optional /linux/uidMappings: user namespace mappings specified, but "
       "user namespace isn't enabled in the config"},
      {more_namespaces(R"({"type": "user", "path": "/x"})"), more_namespaces(kUser),
       "MUST linux.uidMappings.optional /linux/uidMappings: user namespaces enabled, but no "
       "namespace path to join nor mappings to apply specified"},
      {good, more_namespaces(kUser, both_maps(R"({"containerID": 0, "hostID": 0, "size": 0})")),
       "MUST linux.idMapping.kernel-limit /linux/uidMappings/0/size: a mapping of no ids"},
      {more_namespaces(kUser, both_maps(R"({"containerID": 0, "hostID": 0, "size": 4294967295})")),
       more_namespaces(kUser, both_maps(R"({"containerID": 0, "hostID": 2, "size": 4294967295})")),
       "MUST linux.idMapping.kernel-limit /linux/uidMappings/0/size: the mapping goes beyond the "
       "last id"},
      {good, more_namespaces(kUser, both_maps(R"({"containerID": 0, "hostID": 0, "size": 10},
                                                 {"containerID": 9, "hostID": 100, "size": 1})")),
       "MUST linux.idMapping.kernel-limit /linux/uidMappings/1/containerID: overlaps with mapping "
       "0"},
      {good, more_namespaces(kUser, both_maps(R"({"containerID": 0, "hostID": 0, "size": 10},
                                                 {"containerID": 10, "hostID": 9, "size": 1})")),
       "MUST linux.idMapping.kernel-limit /linux/uidMappings/1/hostID: overlaps with mapping 0"},
      {good,
       more_namespaces(kUser, R"("uidMappings": [{"containerID": 0, "hostID": 0, "size": 1}])"),
       "SHOULD linux.gidMappings.optional /linux/gidMappings: only one of uidMappings and "
       "gidMappings is given"},
  });
  std::string many;
  for (int i = 0; i < 341; ++i) {
    many +=
        cat(i == 0 ? "" : ",", R"({"containerID": )", i, R"(, "hostID": )", i, R"(, "size": 1})");
  }
  EXPECT_EQ(report_of(more_namespaces(kUser, both_maps(many))),
            "MUST linux.idMapping.kernel-limit /linux/uidMappings: the kernel takes no more than "
            "340 mappings\n");
}

TEST(NamespaceRules, TimeOffsets) {
  constexpr std::string_view kTime = R"({"type": "time"})";
  constexpr std::string_view kOffsets = R"("timeOffsets": {"boottime": {"secs": 1}})";
  expect_cases({
      {more_namespaces(kTime, kOffsets), linux_with(kOffsets),
       "MUST linux.timeOffsets.optional /linux/timeOffsets: time namespace offsets specified, but "
       "time namespace isn't enabled in the config"},
      {{},
       more_namespaces(R"({"type": "time", "path": "/x"})", kOffsets),
       "MUST linux.timeOffsets.optional /linux/timeOffsets: time namespace enabled, but both "
       "namespace path and time offsets specified -- you may only provide one"},
      {{},
       more_namespaces(kTime, R"("timeOffsets": {"real/time": {"secs": 1}})"),
       "MUST config.valid-values.error /linux/timeOffsets/real~1time: clock 'real/time' has no "
       "offset: only monotonic and boottime have"},
      {{},
       more_namespaces(kTime, R"("timeOffsets": {"monotonic": {"nanosecs": 1000000000}})"),
       "MUST config.valid-values.error /linux/timeOffsets/monotonic/nanosecs: nanosecs 1000000000 "
       "is a second or more"},
  });
}

TEST(NamespaceRules, NetDevices) {
  constexpr std::string_view kDevices = R"("netDevices": {"eth0": {"name": "c0"}, "eth1": {}})";
  expect_cases({
      {linux_with(kDevices), only_namespaces(R"({"type": "mount"})", kDevices),
       "MUST linux.netDevices.check-move /linux/netDevices: unable to move network devices without "
       "a NET namespace"},
      {linux_with(R"("netDevices": {"abcdefghijklmno": {"name": "eth%d"}})"),
       linux_with(R"("netDevices": {"abcdefghijklmnop": {}})"),
       "MUST config.valid-values.error /linux/netDevices/abcdefghijklmnop: invalid network device "
       "name 'abcdefghijklmnop'"},
      {{},
       linux_with(R"("netDevices": {"eth0": {"name": "a/b"}})"),
       "MUST config.valid-values.error /linux/netDevices/eth0/name: invalid network device name "
       "'a/b'"},
      {{},
       linux_with(R"("netDevices": {"eth0": {"name": "c"}, "eth1": {"name": "c"}})"),
       "MUST linux.netDevices.name-exists.error /linux/netDevices: two network devices would be "
       "named 'c'"},
  });
}

TEST(LinuxRules, Devices) {
  const auto device = [](std::string_view members) {
    return linux_with(cat(R"("devices": [{)", members, "}]"));
  };
  expect_cases({
      {device(R"("type": "c", "path": "/dev/x", "major": 1, "minor": 3)"),
       device(R"("type": "z", "path": "/dev/x", "major": 1, "minor": 3)"),
       "MUST linux.devices.type.required /linux/devices/0/type: invalid device type 'z'"},
      {device(R"("type": "p", "path": "/dev/x")"), device(R"("type": "p")"),
       "MUST linux.devices.path.required /linux/devices/0/path: device path must not be empty"},
      {{},
       device(R"("type": "p", "path": "dev/x")"),
       "SHOULD linux.devices.path.anywhere /linux/devices/0/path: device path 'dev/x' is not an "
       "absolute path without '..'"},
      {{},
       device(R"("type": "b", "path": "/dev/x", "major": 1)"),
       "MUST linux.devices.major-minor.required /linux/devices/0: device '/dev/x' has no major and "
       "minor number"},
      {{},
       device(R"("type": "u", "path": "/dev/x", "major": 4096, "minor": 1)"),
       "MUST config.valid-values.error /linux/devices/0/major: major number 4096 is not within 0 "
       "to 4095"},
      {{},
       device(R"("type": "u", "path": "/dev/x", "major": 1, "minor": -1)"),
       "MUST config.valid-values.error /linux/devices/0/minor: minor number -1 is not within 0 to "
       "1048575"},
      {linux_with(R"("devices": [{"type": "c", "path": "/a", "major": 1, "minor": 1},
                                 {"type": "b", "path": "/b", "major": 1, "minor": 1}])"),
       linux_with(R"("devices": [{"type": "c", "path": "/a", "major": 1, "minor": 1},
                                 {"type": "u", "path": "/b", "major": 1, "minor": 1}])"),
       "SHOULD linux.devices.no-dup-numbers /linux/devices/1: device 1:1 is listed twice"},
  });
}

TEST(LinuxRules, PathsAndPersonality) {
  expect_cases({
      {linux_with(R"("maskedPaths": ["/a"])"), linux_with(R"("maskedPaths": ["/a", "b"])"),
       "MUST linux.maskedPaths.absolute /linux/maskedPaths/1: masked path 'b' is not absolute"},
      {linux_with(R"("readonlyPaths": ["/a"])"), linux_with(R"("readonlyPaths": [""])"),
       "MUST linux.readonlyPaths.absolute /linux/readonlyPaths/0: read-only path '' is not "
       "absolute"},
      {linux_with(R"("rootfsPropagation": "rslave")"),
       linux_with(R"("rootfsPropagation": "bogus")"),
       "MUST linux.rootfsPropagation.optional /linux/rootfsPropagation: rootfsPropagation='bogus' "
       "is not supported"},
      {linux_with(R"("cgroupsPath": "system.slice:a:b..c")"),
       linux_with(R"("cgroupsPath": "../../x")"),
       "RISK linux.cgroupsPath.invalid /linux/cgroupsPath: cgroupsPath '../../x' holds '..'"},
      {linux_with(R"("personality": {"domain": "LINUX32"})"), linux_with(R"("personality": {})"),
       "MUST linux.personality.domain.required /linux/personality/domain: invalid personality "
       "domain ''"},
      {{},
       linux_with(R"("personality": {"domain": "LINUX", "flags": ["X"]})"),
       "MUST linux.personality.flags.optional /linux/personality/flags: personality flags are not "
       "supported: none is defined"},
  });
}

TEST(LinuxRules, MemoryPolicy) {
  const auto policy = [](std::string_view members) {
    return linux_with(cat(R"("memoryPolicy": {)", members, "}"));
  };
  expect_cases({
      {policy(R"("mode": "MPOL_BIND", "nodes": "0-3,7", "flags": ["MPOL_F_STATIC_NODES"])"),
       policy(R"("mode": "BIND", "nodes": "0")"),
       "MUST linux.memoryPolicy.mode.required /linux/memoryPolicy/mode: invalid memory policy mode "
       "'BIND'"},
      {{},
       policy(R"("mode": "MPOL_BIND", "nodes": "0", "flags": ["X"])"),
       "MUST linux.memoryPolicy.flags.optional /linux/memoryPolicy/flags/0: invalid memory policy "
       "flag 'X'"},
      {policy(R"("mode": "MPOL_PREFERRED")"), policy(R"("mode": "MPOL_BIND", "nodes": "0-")"),
       "MUST linux.memoryPolicy.nodes.optional /linux/memoryPolicy/nodes: invalid memory policy "
       "nodes '0-'"},
      {policy(R"("mode": "MPOL_DEFAULT")"), policy(R"("mode": "MPOL_LOCAL", "nodes": "0-1")"),
       "MUST linux.memoryPolicy.nodes.optional /linux/memoryPolicy/nodes: memory policy mode "
       "requires 0 nodes but got 2"},
      {{},
       policy(R"("mode": "MPOL_INTERLEAVE")"),
       "MUST linux.memoryPolicy.nodes.optional /linux/memoryPolicy/nodes: memory policy mode "
       "requires at least one node but got 0"},
  });
}

TEST(LinuxRules, IntelRdt) {
  const auto rdt = [](std::string_view members) {
    return linux_with(cat(R"("intelRdt": {)", members, "}"));
  };
  expect_cases({
      {rdt(R"("closID": "/")"), rdt(R"("closID": "../x")"),
       "MUST config.valid-values.error /linux/intelRdt/closID: invalid intelRdt.ClosID '../x'"},
      {rdt(R"("l3CacheSchema": "L3:0=f")"), rdt(R"("l3CacheSchema": "0=f")"),
       "SHOULD linux.intelRdt.l3.prefix /linux/intelRdt/l3CacheSchema: l3CacheSchema does not "
       "start "
       "with 'L3:'"},
      {{},
       rdt(R"("l3CacheSchema": "L3:0=f\n")"),
       "SHOULD linux.intelRdt.l3.no-newline /linux/intelRdt/l3CacheSchema: l3CacheSchema has more "
       "than one line"},
      {rdt(R"("memBwSchema": "MB:0=10")"), rdt(R"("memBwSchema": "0=10")"),
       "MUST linux.intelRdt.mb.prefix /linux/intelRdt/memBwSchema: memBwSchema does not start with "
       "'MB:'"},
      {{},
       rdt(R"("memBwSchema": "MB:0\n")"),
       "MUST linux.intelRdt.mb.no-newline /linux/intelRdt/memBwSchema: memBwSchema has more than "
       "one "
       "line"},
      {rdt(R"("schemata": ["L3:0=f"])"), rdt(R"("schemata": ["a", "b\nc"])"),
       "MUST linux.intelRdt.schemata.no-newline /linux/intelRdt/schemata/1: an element of schemata "
       "has more than one line"},
  });
}

TEST(SysctlRules, OnlyWhatIsNamespaced) {
  const auto sysctl = [](std::string_view key, std::string_view value = "1") {
    return linux_with(cat(R"("sysctl": {")", key, R"(": ")", value, R"("})"));
  };
  constexpr std::string_view kNone = R"({"type": "mount"})";
  expect_cases({
      {sysctl("net.ipv4.ip_forward"), only_namespaces(kNone, sysctl("net.ipv4.ip_forward").linux),
       "MUST linux.sysctl.optional /linux/sysctl/net.ipv4.ip_forward: sysctl "
       "'net.ipv4.ip_forward' not allowed in host network namespace"},
      {sysctl("kernel.msgmax"), only_namespaces(kNone, sysctl("kernel.msgmax").linux),
       "MUST linux.sysctl.optional /linux/sysctl/kernel.msgmax: sysctl 'kernel.msgmax' is not "
       "allowed in the hosts ipc namespace"},
      {sysctl("fs.mqueue.msg_max"), sysctl("fs.file-max"),
       "MUST linux.sysctl.optional /linux/sysctl/fs.file-max: sysctl 'fs.file-max' is not in a "
       "separate kernel namespace"},
      {sysctl("kernel.domainname"), sysctl("kernel.hostname"),
       "MUST linux.sysctl.optional /linux/sysctl/kernel.hostname: sysctl 'kernel.hostname' is not "
       "allowed as it conflicts with the OCI 'hostname' field"},
      {{},
       sysctl("kernel.core_pattern"),
       "MUST linux.sysctl.optional /linux/sysctl/kernel.core_pattern: sysctl "
       "'kernel.core_pattern' is not in a separate kernel namespace"},
      {{},
       sysctl("user.max_user_namespaces"),
       "MUST linux.sysctl.optional /linux/sysctl/user.max_user_namespaces: setting ucounts without "
       "a user namespace not allowed: user.max_user_namespaces"},
      {sysctl("net/ipv4/conf/eno2.100/rp_filter"), sysctl("net/../kernel/core_pattern"),
       "MUST config.valid-values.error /linux/sysctl/net~1..~1kernel~1core_pattern: invalid sysctl "
       "key 'net/../kernel/core_pattern'"},
      {sysctl("net.ipv4.conf.eno2/100.rp_filter"), sysctl("net.//.kernel.core_pattern"),
       "MUST config.valid-values.error /linux/sysctl/net.~1~1.kernel.core_pattern: invalid sysctl "
       "key 'net.//.kernel.core_pattern'"},
      {{},
       sysctl("/net/ipv4/ip_forward"),
       "MUST config.valid-values.error /linux/sysctl/~1net~1ipv4~1ip_forward: invalid sysctl key "
       "'/net/ipv4/ip_forward'"},
      {sysctl("net.a", "1\\n"), sysctl("net.a", "1\\n2"),
       "MUST config.valid-values.error /linux/sysctl/net.a: the value of sysctl 'net.a' has more "
       "than one line"},
  });
}

}  // namespace
}  // namespace plimsoll::rules
