// The documents and tables that callers parse, byte for byte. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "runtime/cli/example_config.h"
#include "runtime/cli/features.h"
#include "runtime/cli/ps_output.h"
#include "runtime/cli/state_output.h"
#include "runtime/cli/version.h"
#include "validator/json/json.h"
#include "validator/spec/parse.h"

namespace plimsoll::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

state::View view() {
  state::View view;
  view.oci_version = "1.3.0";
  view.id = "box1";
  view.status = state::Status::running;
  view.pid = 42;
  view.bundle = "/b";
  view.rootfs = "/b/rootfs";
  view.created = "2026-01-02T03:04:05.000000006Z";
  view.owner = 1000;
  return view;
}

TEST(StateOutput, StateIsRuncsDocument) {
  EXPECT_EQ(state_json(view()), R"({
  "ociVersion": "1.3.0",
  "id": "box1",
  "pid": 42,
  "status": "running",
  "bundle": "/b",
  "rootfs": "/b/rootfs",
  "created": "2026-01-02T03:04:05.000000006Z",
  "owner": ""
})");
  state::View annotated = view();
  annotated.annotations = {{"a\"", "\n"}};
  EXPECT_THAT(state_json(annotated),
              HasSubstr("  \"annotations\": {\n    \"a\\\"\": \"\\n\"\n  },\n  \"owner\""));
}

TEST(StateOutput, ListJson) {
  EXPECT_EQ(list_json({}), "null\n");
  const std::vector<container::ListEntry> entries{{.view = view(), .owner = "me", .problem = ""}};
  EXPECT_EQ(list_json(entries),
            "[{\"ociVersion\":\"1.3.0\",\"id\":\"box1\",\"pid\":42,\"status\":\"running\","
            "\"bundle\":\"/b\",\"rootfs\":\"/b/rootfs\","
            "\"created\":\"2026-01-02T03:04:05.000000006Z\",\"owner\":\"me\"}]\n");
}

TEST(StateOutput, ListTable) {
  EXPECT_EQ(list_table({}), "ID          PID         STATUS      BUNDLE      CREATED     OWNER\n");
  std::vector<container::ListEntry> entries{{.view = view(), .owner = "me", .problem = ""}};
  entries[0].view.bundle = "/b\x1b[2J\n";
  entries[0].view.id = "a-rather-long-id";
  EXPECT_EQ(list_table(entries),
            "ID                 PID         STATUS      BUNDLE      "
            "CREATED                          OWNER\n"
            "a-rather-long-id   42          running     /b?[2J?     "
            "2026-01-02T03:04:05.000000006Z   me\n");
}

TEST(StateOutput, OwnerNames) {
  const char* passwd = "root:x:0:0::/root:/bin/sh\n\n:x:5:\nbroken\nme:x:1000:1000::/:/bin/sh";
  EXPECT_EQ(owner_name(passwd, 0), "root");
  EXPECT_EQ(owner_name(passwd, 1000), "me");
  EXPECT_EQ(owner_name(passwd, 5), "#5");
  EXPECT_EQ(owner_name("", 7), "#7");
}

TEST(Ps, Json) {
  EXPECT_EQ(pids_json({}), "null\n");
  const pid_t pids[] = {1, 20};
  EXPECT_EQ(pids_json(pids), "[1,20]\n");
}

TEST(Ps, FiltersOnThePidColumn) {
  const pid_t pids[] = {20, 300};
  EXPECT_EQ(filter_ps("UID PID PPID CMD\nroot  20 300 a 300\nroot 3 20 b\n x 300 1 c\n\n", pids),
            "UID PID PPID CMD\nroot  20 300 a 300\n x 300 1 c\n");
  EXPECT_EQ(filter_ps("UID CMD\n", pids).error().message(), "couldn't find PID field in ps output");
  EXPECT_EQ(filter_ps("", pids).error().message(), "couldn't find PID field in ps output");
  EXPECT_FALSE(filter_ps("UID PID\nroot\n", pids));
  EXPECT_FALSE(filter_ps("UID PID\nroot x\n", pids));
}

TEST(ExampleConfig, WritesAConfigThatIsAccepted) {
  for (const bool cgroup_namespace : {false, true}) {
    for (const bool rootless : {false, true}) {
      const std::string text = example_config(
          cgroup_namespace, rootless ? std::optional<RootlessUser>({1000, 100}) : std::nullopt);
      auto config = spec::parse(text);
      ASSERT_TRUE(config) << config.error().text();
      EXPECT_EQ(config->oci_version, "1.3.0");
      EXPECT_EQ(config->hostname, "plimsoll");
      EXPECT_EQ(config->linux->resources.has_value(), !rootless);
      std::vector<std::string> namespaces;
      for (const spec::Namespace& ns : config->linux->namespaces) {
        namespaces.push_back(ns.type);
      }
      EXPECT_EQ(std::count(namespaces.begin(), namespaces.end(), "network"), rootless ? 0 : 1);
      EXPECT_EQ(std::count(namespaces.begin(), namespaces.end(), "user"), rootless ? 1 : 0);
      EXPECT_EQ(std::count(namespaces.begin(), namespaces.end(), "cgroup"),
                cgroup_namespace ? 1 : 0);
      EXPECT_THAT(config->linux->masked_paths, testing::Contains("/sys/devices/virtual/powercap"));
      EXPECT_EQ(text.find("gid=5") == std::string::npos, rootless);
      EXPECT_THAT(text, StartsWith("{\n\t\"ociVersion\": \"1.3.0\",\n\t\"process\": {\n\t\t\""));
    }
  }
}

TEST(ExampleConfig, RootlessMapsTheCaller) {
  auto config = spec::parse(example_config(false, RootlessUser{1000, 100}));
  ASSERT_TRUE(config);
  ASSERT_EQ(config->linux->uid_mappings.size(), 1U);
  EXPECT_EQ(config->linux->uid_mappings[0].host_id, 1000U);
  EXPECT_EQ(config->linux->gid_mappings[0].host_id, 100U);
  EXPECT_EQ(config->linux->gid_mappings[0].size, 1U);
  for (const spec::Mount& mount : config->mounts) {
    if (mount.destination == "/sys") {
      EXPECT_THAT(mount.options, ElementsAre("rbind", "nosuid", "noexec", "nodev", "ro"));
      EXPECT_EQ(mount.source, "/sys");
    }
  }
}

// features.ociVersionMin.required, features.mountOptions.no-fs-specific,
// features.linux.seccomp.supportedFlags.works
TEST(Features, IsOneDocument) {
  const std::string_view flags[] = {"SECCOMP_FILTER_FLAG_LOG"};
  const std::string text =
      features_json({.libseccomp_version = "2.5.4", .supported_seccomp_flags = flags});
  auto document = json::parse(text);
  ASSERT_TRUE(document) << document.error().text("features");
  EXPECT_EQ(*document->find_string("ociVersionMin"), "1.0.0");
  EXPECT_EQ(*document->find_string("ociVersionMax"), "1.3.0");
  EXPECT_EQ(document->find_array("hooks")->size(), 6U);
  const json::Value* linux = document->find("linux");
  ASSERT_NE(linux, nullptr);
  EXPECT_EQ(linux->find_array("namespaces")->size(), 8U);
  EXPECT_EQ(linux->find("mountExtensions")->find("idmap")->find_bool("enabled"), true);
  EXPECT_EQ(linux->find("seccomp")->find_array("supportedFlags")->size(), 1U);
  EXPECT_NE(document->find_array("potentiallyUnsafeConfigAnnotations"), nullptr);
  EXPECT_THAT(text, HasSubstr("\"rro\""));  // containerd: recursive read-only mounts
  EXPECT_THAT(text, Not(HasSubstr("\"size\"")));
}

// go-runc: "NAME version X", then "commit: ", then "spec: ".
TEST(Version, LinesThatCallersParse) {
  const std::string text = version_text("runc");
  EXPECT_THAT(text, testing::MatchesRegex("runc version [0-9]+\\.[0-9]+\\.[0-9]+[^\n]*\n"
                                          "commit: [^\n]+\nspec: 1\\.3\\.0\n"
                                          "libseccomp: [0-9]+\\.[0-9]+\\.[0-9]+\n"
                                          "runtime: plimsoll\n"));
  EXPECT_THAT(version_text("plimsoll"), StartsWith("plimsoll version "));
}

}  // namespace
}  // namespace plimsoll::cli
