// The spec parser: hostile documents first, with the exact text. SPDX-License-Identifier:
// Apache-2.0
#include "validator/spec/parse.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace plimsoll::spec {
namespace {

std::string error_of(std::string_view document) {
  const auto spec = parse(document);
  return spec ? "accepted" : spec.error().text();
}

// The text after "config.json:1:N: ".
std::string message_of(std::string_view document) {
  const std::string text = error_of(document);
  const std::size_t space = text.find(' ');
  return space == std::string::npos ? text : text.substr(space + 1);
}

struct Case {
  std::string_view document;
  std::string_view error;
};

// glossary.json.*, config.valid-values.error
// config.extensibility.ignore
TEST(Parse, AKnownNameInAnotherCaseIsUnknown) {
  constexpr std::string_view kDocument =
      R"({"ociVersion": "1.3.0", "Hostname": "a", "linux": {"Seccomp": null}, "process": {"cwd": "/", "user": {"uid": 0, "gid": 0}, "UID": 3}})";
  const auto spec = parse(kDocument);
  ASSERT_TRUE(spec.has_value()) << spec.error().text();
  EXPECT_FALSE(spec->hostname.has_value());
  Observations seen;
  ASSERT_TRUE(parse(kDocument, {}, &seen).has_value());
  ASSERT_EQ(seen.unknown.size(), 3U);
  EXPECT_EQ(seen.unknown[0].pointer, "/Hostname");
  EXPECT_EQ(seen.unknown[0].meant, "hostname");
  EXPECT_EQ(seen.unknown[1].meant, "seccomp");
  EXPECT_EQ(seen.unknown[2].meant, "") << "uid is a member of user, not of process";
}

TEST(Parse, RefusesHostileForms) {
  constexpr Case kCases[] = {
      {"", "config.json:1:1: the document is empty"},
      {"null", "config.json:1:1: expected an object, got null"},
      {"[]", "config.json:1:1: expected an object, got an array"},
      {"\"x\"", "config.json:1:1: expected an object, got a string"},
      {"{} {}", "config.json:1:4: bytes after the end of the document"},
      {"{\"hostname\": \"a\",\n \"hostname\": \"b\"}",
       "config.json:2:2: /hostname: duplicate member 'hostname'"},
      {"{\"x\": 1, \"x\": 2}", "config.json:1:10: /x: duplicate member 'x'"},
      {"{\"x\": {\"y\": [{\"z\": 1, \"z\": 2}]}}",
       "config.json:1:23: /x/y/0/z: duplicate member 'z'"},
      {"{\"annotations\": {\"a\": \"1\", \"a\": \"2\"}}",
       "config.json:1:28: /annotations/a: duplicate member 'a'"},
      {"{\"linux\": {\"netDevices\": {\"eth0\": {}, \"eth0\": {}}}}",
       "config.json:1:39: /linux/netDevices/eth0: duplicate member 'eth0'"},
      {"{\"process\": {\"args\": [\"a\", \"b\\u0000c\"]}}",
       "config.json:1:28: /process/args/1: NUL (\\u0000) in a string"},
      {"{\"process\": {\"args\": [\"a\", null]}}",
       "config.json:1:28: /process/args/1: expected a string, got null"},
      {"{\"process\": {\"args\": \"a\"}}",
       "config.json:1:22: /process/args: expected an array, got a string"},
      {"{\"process\": {\"terminal\": \"true\"}}",
       "config.json:1:26: /process/terminal: expected a boolean, got a string"},
      {"{\"process\": {\"terminal\": null}}",
       "config.json:1:26: /process/terminal: expected a boolean, got null"},
      {"{\"ociVersion\": 1}", "config.json:1:16: /ociVersion: expected a string, got a number"},
      {"{\"annotations\": {\"a\": 1}}",
       "config.json:1:23: /annotations/a: expected a string, got a number"},
      {"{\"annotations\": []}", "config.json:1:17: /annotations: expected an object, got an array"},
      {"{\"mounts\": {}}", "config.json:1:12: /mounts: expected an array, got an object"},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(error_of(c.document), c.error) << c.document;
  }
}

TEST(Parse, NamesTheRangeOfAnInteger) {
  constexpr std::string_view kUid =
      "/process/user/uid: expected an integer from 0 to 4294967294, got ";
  for (const std::string_view bad :
       {"4294967295", "4294967296", "-1", "0.5", "1e0", "99999999999999999999", "-0.0"}) {
    const std::string document =
        "{\"process\": {\"user\": {\"gid\": 0, \"uid\": " + std::string(bad) + "}}}";
    EXPECT_EQ(message_of(document), std::string(kUid) + std::string(bad));
  }
  EXPECT_EQ(error_of(R"({"process": {"user": {"gid": 4294967294, "uid": 0}}})"), "accepted");
  EXPECT_EQ(message_of(R"({"process": {"user": {"uid": "0"}}})"),
            "/process/user/uid: expected an integer from 0 to 4294967294, got a string");
  EXPECT_EQ(message_of(R"({"process": {"user": {"additionalGids": [1, 4294967295]}}})"),
            "/process/user/additionalGids/1: expected an integer from 0 to 4294967294, got "
            "4294967295");
  EXPECT_EQ(message_of(R"({"process": {"oomScoreAdj": 2147483648}})"),
            "/process/oomScoreAdj: expected an integer from -2147483648 to 2147483647, got "
            "2147483648");
  EXPECT_EQ(message_of(R"({"process": {"oomScoreAdj": -2147483649}})"),
            "/process/oomScoreAdj: expected an integer from -2147483648 to 2147483647, got "
            "-2147483649");
  EXPECT_EQ(message_of(R"({"linux": {"resources": {"blockIO": {"weight": 65536}}}})"),
            "/linux/resources/blockIO/weight: expected an integer from 0 to 65535, got 65536");
  EXPECT_EQ(message_of(R"({"linux": {"resources": {"pids": {"limit": 9223372036854775808}}}})"),
            "/linux/resources/pids/limit: expected an integer from -9223372036854775808 to "
            "9223372036854775807, got 9223372036854775808");
}

// The members whose absence Spec cannot show.
TEST(Parse, RefusesWhatLacksARequiredNumber) {
  constexpr Case kCases[] = {
      {R"({"process": {"user": {"uid": 0}}})", "/process/user: missing member 'gid'"},
      {R"({"process": {"consoleSize": {"height": 1}}})",
       "/process/consoleSize: missing member 'width'"},
      {R"({"process": {"rlimits": [{"type": "RLIMIT_CPU", "hard": 1}]}})",
       "/process/rlimits/0: missing member 'soft'"},
      {R"({"process": {"ioPriority": {"class": "IOPRIO_CLASS_BE"}}})",
       "/process/ioPriority: missing member 'priority'"},
      {R"({"linux": {"uidMappings": [{"containerID": 0, "hostID": 0}]}})",
       "/linux/uidMappings/0: missing member 'size'"},
      {R"({"linux": {"resources": {"devices": [{}]}}})",
       "/linux/resources/devices/0: missing member 'allow'"},
      {R"({"linux": {"resources": {"hugepageLimits": [{"pageSize": "2MB"}]}}})",
       "/linux/resources/hugepageLimits/0: missing member 'limit'"},
      {R"({"linux": {"seccomp": {"syscalls": [{"args": [{"index": 0}]}]}}})",
       "/linux/seccomp/syscalls/0/args/0: missing member 'value'"},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(message_of(c.document), c.error) << c.document;
  }
}

// config.extensibility.ignore
TEST(Parse, IgnoresUnknownMembersAndListsThemOnRequest) {
  constexpr std::string_view kDocument =
      "{\"new\": {\"uid\": -1, \"NEW\": [null, 1.5]},\n \"windows\": {\"x\": 1}, \"process\": "
      "{\"user\": {\"uid\": 1, \"a/b\": 1}},\n \"vm\": {\"hypervisor\": {\"path\": \"/x\"}}}";
  Observations seen;
  const auto spec = parse(kDocument, {}, &seen);
  ASSERT_TRUE(spec) << spec.error().text();
  EXPECT_TRUE(spec->has_vm);
  ASSERT_EQ(seen.unknown.size(), 2u);
  EXPECT_EQ(seen.unknown[0].pointer, "/new");
  EXPECT_EQ(seen.unknown[0].offset, 1u);
  EXPECT_EQ(seen.unknown[1].pointer, "/process/user/a~1b");
  ASSERT_EQ(seen.missing.size(), 1u);
  EXPECT_EQ(seen.missing[0].pointer, "/process/user/gid");
  EXPECT_EQ(kDocument.substr(seen.missing[0].offset, 6), "{\"uid\"");
}

TEST(Parse, TellsWhereTheSeccompProfileIs) {
  const auto found = [](std::string_view document) {
    Extent extent;
    EXPECT_TRUE(parse(document, {}, nullptr, &extent)) << document;
    return std::string(document.substr(extent.begin, extent.end - extent.begin));
  };
  EXPECT_EQ(found(R"({"linux": {"seccomp": {"defaultAction": "}"} , "resources": {}}})"),
            R"({"defaultAction": "}"})");
  EXPECT_EQ(
      found(R"({"linux":{"resources":{},"seccomp":{"syscalls":[{"names":["a"]}]}},"root":{}})"),
      R"({"syscalls":[{"names":["a"]}]})");
  EXPECT_EQ(found(R"({"linux": {"seccomp": {}}})"), "{}");
  EXPECT_EQ(found(R"({"linux": {"x": {}, "y": {"seccomp": null}, "seccomp" :null}})"), "null");
  for (const std::string_view none :
       {R"({"linux": {}})", R"({"seccomp": {}})", R"({"seccomp": null})",
        R"({"linux": {"x": {"seccomp": {}}}})", R"({"linux": {"x": {"seccomp": null}}})",
        R"({"x": {"seccomp": {}}})", R"({"x": {"seccomp": null}, "linux": null})"}) {
    EXPECT_EQ(found(none), "") << none;
  }
}

TEST(Parse, TakesNullForAbsentWhereGoWritesIt) {
  const auto spec = parse(
      R"({"process": {"args": null, "capabilities": {"bounding": null, "ambient": []}},
          "root": null, "hostname": null, "annotations": null, "vm": null, "windows": null,
          "linux": {"resources": {"memory": {"limit": null}, "rdma": null}},
          "hooks": {"prestart": [{"path": "/x", "env": null}, {"path": "/y", "env": []}]}})");
  ASSERT_TRUE(spec) << spec.error().text();
  EXPECT_FALSE(spec->root);
  EXPECT_FALSE(spec->hostname);
  EXPECT_FALSE(spec->has_vm);
  EXPECT_FALSE(spec->process->capabilities->bounding);
  EXPECT_TRUE(spec->process->capabilities->ambient);
  EXPECT_TRUE(spec->linux->resources->memory);
  EXPECT_FALSE(spec->linux->resources->memory->limit);
  EXPECT_FALSE(spec->hooks.prestart[0].env);
  EXPECT_TRUE(spec->hooks.prestart[1].env);
}

constexpr std::string_view kFull = R"({
  "ociVersion": "1.3.0",
  "process": {
    "terminal": true, "consoleSize": {"height": 25, "width": 80},
    "user": {"uid": 1, "gid": 2, "umask": 18, "additionalGids": [5, 6]},
    "args": ["sh", "-c", "\u00e4\ud83d\ude00"], "env": ["A=B"], "cwd": "/",
    "capabilities": {"bounding": ["CAP_KILL"]},
    "rlimits": [{"type": "RLIMIT_NOFILE", "soft": 18446744073709551615, "hard": 1024}],
    "noNewPrivileges": true, "apparmorProfile": "p", "oomScoreAdj": -100,
    "scheduler": {"policy": "SCHED_FIFO", "nice": -5, "priority": 3, "flags": ["F"],
                  "runtime": 1, "deadline": 2, "period": 3},
    "selinuxLabel": "l", "ioPriority": {"class": "IOPRIO_CLASS_IDLE", "priority": 4},
    "execCPUAffinity": {"initial": "0-1", "final": "1"}
  },
  "root": {"path": "rootfs", "readonly": true},
  "hostname": "h", "domainname": "d",
  "mounts": [{"destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid"],
              "uidMappings": [{"containerID": 0, "hostID": 1000, "size": 1}]}],
  "hooks": {"createRuntime": [{"path": "/bin/h", "args": ["h"], "env": ["X=1"], "timeout": 5}],
            "createContainer": [{"path": "/c"}], "startContainer": [{"path": "/s"}],
            "poststart": [{"path": "/ps"}], "poststop": [{"path": "/pp"}]},
  "annotations": {"b": "1", "a": "2"},
  "linux": {
    "uidMappings": [{"containerID": 0, "hostID": 1, "size": 4294967295}],
    "sysctl": {"net.ipv4.ip_forward": "1"}, "cgroupsPath": "/x",
    "namespaces": [{"type": "pid"}, {"type": "network", "path": "/ns"}],
    "devices": [{"path": "/dev/x", "type": "c", "major": -1, "minor": 2, "fileMode": 438, "uid": 0}],
    "netDevices": {"eth0": {"name": "c0"}, "eth1": {}},
    "resources": {
      "devices": [{"allow": false, "access": "rwm"}],
      "memory": {"limit": -1, "swappiness": 60, "disableOOMKiller": true, "kernelTCP": 3},
      "cpu": {"shares": 1024, "quota": -1, "realtimePeriod": 7, "cpus": "0", "idle": 1},
      "blockIO": {"weightDevice": [{"major": 8, "minor": 0, "weight": 500}],
                  "throttleReadIOPSDevice": [{"major": 8, "minor": 0, "rate": 600}]},
      "hugepageLimits": [{"pageSize": "2MB", "limit": 9}],
      "network": {"classID": 1048577, "priorities": [{"name": "lo", "priority": 500}]},
      "pids": {"limit": 7}, "rdma": {"mlx5_1": {"hcaHandles": 3}},
      "unified": {"memory.high": "1"}},
    "seccomp": {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38,
                "architectures": ["SCMP_ARCH_X86"], "flags": [], "listenerPath": "/l",
                "listenerMetadata": "m",
                "syscalls": [{"names": ["read", "write"], "action": "SCMP_ACT_ALLOW", "errnoRet": 1,
                              "args": [{"index": 1, "value": 18446744073709551615, "valueTwo": 3,
                                        "op": "SCMP_CMP_EQ"}]}]},
    "rootfsPropagation": "slave", "maskedPaths": ["/m"], "readonlyPaths": ["/r"],
    "mountLabel": "ml", "intelRdt": {"closID": "g", "schemata": ["L3:0=f"], "enableMonitoring": true},
    "memoryPolicy": {"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_STATIC_NODES"]},
    "personality": {"domain": "LINUX32"},
    "timeOffsets": {"boottime": {"secs": -5, "nanosecs": 1}}
  }
})";

TEST(Parse, FillsEveryProcessMember) {
  const auto spec = parse(kFull);
  ASSERT_TRUE(spec) << spec.error().text();
  EXPECT_EQ(spec->oci_version, "1.3.0");
  const Process& p = *spec->process;
  EXPECT_TRUE(p.terminal);
  EXPECT_EQ(p.console_size->height, 25u);
  EXPECT_EQ(p.user.umask, 18u);
  EXPECT_EQ(p.user.additional_gids, (std::vector<std::uint32_t>{5, 6}));
  EXPECT_EQ(p.args[2], "\xc3\xa4\xf0\x9f\x98\x80");
  EXPECT_EQ(p.rlimits[0].soft, UINT64_MAX);
  EXPECT_EQ(p.rlimits[0].hard, 1024u);
  EXPECT_EQ(p.capabilities->bounding->at(0), "CAP_KILL");
  EXPECT_FALSE(p.capabilities->effective);
  EXPECT_EQ(p.oom_score_adj, -100);
  EXPECT_EQ(p.scheduler->nice, -5);
  EXPECT_EQ(p.scheduler->period, 3u);
  EXPECT_EQ(p.io_priority->priority, 4);
  EXPECT_EQ(p.exec_cpu_affinity->final, "1");
  EXPECT_EQ(p.selinux_label, "l");
  EXPECT_EQ(p.apparmor_profile, "p");
}

TEST(Parse, FillsEveryOtherMember) {
  const auto spec = parse(kFull);
  ASSERT_TRUE(spec) << spec.error().text();
  EXPECT_TRUE(spec->root->readonly);
  EXPECT_EQ(spec->mounts[0].uid_mappings->at(0).host_id, 1000u);
  EXPECT_FALSE(spec->mounts[0].gid_mappings);
  EXPECT_EQ(spec->hooks.create_runtime[0].timeout, 5);
  EXPECT_EQ(spec->hooks.poststop[0].path, "/pp");
  EXPECT_EQ(spec->annotations, (StringMap{{"b", "1"}, {"a", "2"}}));
  const Linux& l = *spec->linux;
  EXPECT_EQ(l.uid_mappings[0].size, 4294967295u);
  EXPECT_EQ(l.namespaces[1].path, "/ns");
  EXPECT_EQ(l.devices[0].major, -1);
  EXPECT_EQ(l.net_devices[0].host_name, "eth0");
  EXPECT_EQ(l.net_devices[0].name, "c0");
  EXPECT_FALSE(l.net_devices[1].name);
  EXPECT_EQ(l.resources->memory->limit, -1);
  EXPECT_EQ(l.resources->memory->kernel_tcp, 3);
  EXPECT_EQ(l.resources->cpu->realtime_period, 7u);
  EXPECT_EQ(l.resources->block_io->throttle_read_iops_device[0].rate, 600u);
  EXPECT_EQ(l.resources->rdma[0].device, "mlx5_1");
  EXPECT_EQ(l.resources->rdma[0].hca_handles, 3u);
  EXPECT_EQ(l.resources->unified[0].first, "memory.high");
  EXPECT_EQ(l.seccomp->syscalls[0].args[0].value, UINT64_MAX);
  EXPECT_TRUE(l.seccomp->flags);
  EXPECT_EQ(l.intel_rdt->schemata->at(0), "L3:0=f");
  EXPECT_EQ(l.memory_policy->nodes, "0");
  EXPECT_EQ(l.personality->domain, "LINUX32");
  EXPECT_EQ(l.time_offsets[0].clock, "boottime");
  EXPECT_EQ(l.time_offsets[0].secs, -5);
}

TEST(Parse, ReadsABareProcessAndBareResources) {
  const auto process = parse_process(R"({"args": ["a"], "cwd": "/"})");
  ASSERT_TRUE(process);
  EXPECT_EQ(process->args[0], "a");
  const auto resources = parse_resources(R"({"pids": {"limit": 3}})");
  ASSERT_TRUE(resources);
  EXPECT_EQ(resources->pids->limit, 3);
  const auto bad = parse_resources(R"({"memory": {"limit": "1"}})");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().text("resources.json"),
            "resources.json:1:22: /memory/limit: expected an integer from -9223372036854775808 to "
            "9223372036854775807, got a string");
}

}  // namespace
}  // namespace plimsoll::spec
