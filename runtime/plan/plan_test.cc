// Golden plans: a config beside its plan. PLIMSOLL_UPDATE=1 rewrites the plans; read the difference
// before you commit it. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "runtime/plan/build.h"
#include "validator/spec/parse.h"

namespace plimsoll::plan {
namespace {

using testing::HasSubstr;

std::string read_file(const std::string& path) {
  std::ifstream in(path);
  EXPECT_TRUE(in.good()) << path;
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string testdata(const std::string& name) {
  return std::string(PLIMSOLL_SOURCE_DIR) + "/runtime/plan/testdata/" + name;
}

spec::Spec parse(const std::string& text) {
  auto parsed = spec::parse(text);
  EXPECT_TRUE(parsed.has_value()) << (parsed ? "" : parsed.error().text());
  return parsed ? *parsed : spec::Spec{};
}

Options options() {
  Options out;
  out.id = "box";
  out.bundle = "/bundle";
  return out;
}

void expect_golden(const std::string& name, const HostFacts& facts) {
  const auto plan = build(parse(read_file(testdata(name + ".json"))), options(), facts);
  ASSERT_TRUE(plan.has_value()) << plan.error().message();
  const std::string text = dump(*plan);
  if (std::getenv("PLIMSOLL_UPDATE") != nullptr) {  // NOLINT(concurrency-mt-unsafe): one thread
    std::ofstream(testdata(name + ".plan")) << text;
  }
  EXPECT_EQ(text, read_file(testdata(name + ".plan")));
}

TEST(PlanTest, GoldenDefault) { expect_golden("default", {.cgroup_mode = CgroupMode::v1}); }

TEST(PlanTest, GoldenMounts) { expect_golden("mounts", {.cgroup_mode = CgroupMode::v2}); }

// A config with one member of `linux` or the top level replaced; returns the error of build, or "".
std::string error_of(const std::string& top_level, const HostFacts& facts = {}) {
  const std::string text = R"({"ociVersion":"1.3.0",)" + top_level + "}";
  const auto plan = build(parse(text), options(), facts);
  return plan ? std::string() : plan.error().message();
}

constexpr const char* kRoot = R"("root":{"path":"rootfs"})";

struct ErrorCase {
  const char* name;
  const char* config;
  const char* text;
};
class PlanErrorTest : public testing::TestWithParam<ErrorCase> {};

TEST_P(PlanErrorTest, IsRefusedWithItsSentence) {
  EXPECT_EQ(error_of(GetParam().config), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    All, PlanErrorTest,
    testing::Values(
        ErrorCase{"no_linux",
                  R"("root":{"path":"r"},"mounts":[{"destination":"/a","type":"tmpfs"}])",
                  "mounts and a read-only root need a mount namespace of the container's own"},
        ErrorCase{"root", R"("linux":{})", "root property must not be empty"},
        ErrorCase{
            "args",
            R"("root":{"path":"r"},"linux":{},"process":{"cwd":"/","args":[],"user":{"uid":0,"gid":0}})",
            "args must not be empty"},
        ErrorCase{
            "cwd",
            R"("root":{"path":"r"},"linux":{},"process":{"cwd":"a","args":["a"],"user":{"uid":0,"gid":0}})",
            "Cwd must be an absolute path"},
        ErrorCase{"masked", R"("root":{"path":"r"},"linux":{"maskedPaths":["/a"]})",
                  "unable to restrict sys entries without a private MNT namespace"},
        ErrorCase{
            "host_mounts",
            R"("root":{"path":"r"},"linux":{},"mounts":[{"destination":"/a","type":"tmpfs"}])",
            "mounts and a read-only root need a mount namespace of the container's own"},
        ErrorCase{
            "bind_data",
            R"("root":{"path":"r"},"linux":{"namespaces":[{"type":"mount"}]},)"
            R"("mounts":[{"destination":"/a","source":"/b","options":["bind","size=1"]}])",
            "mount '/a': bind mounts cannot have any filesystem-specific options applied: size=1"},
        ErrorCase{"cgroup_root", R"("root":{"path":"r"},"linux":{"cgroupsPath":"/.."})",
                  "cgroupsPath '/..' is the root of the hierarchy"},
        ErrorCase{
            "apparmor",
            R"("root":{"path":"r"},"linux":{},"process":{"cwd":"/","args":["a"],"user":{"uid":0,"gid":0},)"
            R"("apparmorProfile":"x"})",
            "apparmor: config provided but apparmor not supported"},
        ErrorCase{"unmapped",
                  R"("root":{"path":"r"},"linux":{"namespaces":[{"type":"user"}],)"
                  R"("uidMappings":[{"containerID":0,"hostID":1,"size":1}],)"
                  R"("gidMappings":[{"containerID":0,"hostID":1,"size":1}]},)"
                  R"("process":{"cwd":"/","args":["a"],"user":{"uid":5,"gid":0}})",
                  "user 5 has no mapping in the user namespace"}),
    [](const auto& row) { return std::string(row.param.name); });

// config.linux.optional
TEST(PlanTest, WithoutALinuxSectionNothingIsSeparated) {
  const auto plan = build(parse(std::string(R"({"ociVersion":"1.3.0",)") + kRoot + "}"), options(),
                          {.cgroup_mode = CgroupMode::v1});
  ASSERT_TRUE(plan.has_value()) << plan.error().message();
  EXPECT_EQ(plan->namespaces.create, 0U);
  EXPECT_TRUE(plan->namespaces.join.empty());
  EXPECT_EQ(plan->cgroup.path, "box");
}

TEST(PlanTest, UnprivilegedCallerNeedsAUserNamespace) {
  EXPECT_EQ(
      error_of(std::string(kRoot) + R"(,"linux":{"namespaces":[{"type":"pid"}]})", {.euid = 1000}),
      "rootless container requires user namespaces");
}

TEST(PlanTest, LaterMountOptionsOverrideEarlierOnes) {
  const auto spec = parse(
      std::string(R"({"ociVersion":"1.3.0",)") + kRoot +
      R"(,"linux":{"namespaces":[{"type":"mount"}]},)"
      R"("mounts":[{"destination":"/a","type":"tmpfs","options":["ro","rw","nodev","dev","ro"]}]})");
  const auto plan = build(spec, options(), {});
  ASSERT_TRUE(plan.has_value());
  EXPECT_THAT(dump(*plan), HasSubstr("on '/a' type tmpfs flags ro\n"));
}

TEST(PlanTest, HandedOverFdsComeAfterListenFds) {
  Options with = options();
  with.listen_fds = 2;
  with.preserve_fds = 3;
  with.notify_dir = "/run/p/box/notify";
  const auto spec =
      parse(std::string(R"({"ociVersion":"1.3.0",)") + kRoot +
            R"(,"linux":{"namespaces":[{"type":"mount"}]},"process":{"cwd":"/","args":["a"],)"
            R"("env":["LISTEN_PID=77"],"user":{"uid":0,"gid":0}}})");
  const auto plan = build(spec, with, {});
  ASSERT_TRUE(plan.has_value()) << plan.error().message();
  EXPECT_EQ(plan->process->inherited_fds, 5);
  EXPECT_THAT(plan->process->env,
              testing::UnorderedElementsAre("LISTEN_FDS=2", "LISTEN_PID=1",
                                            "NOTIFY_SOCKET=/run/notify/notify.sock"));
  EXPECT_EQ(plan->rootfs.mounts.back().destination, "/run/notify");
}

TEST(PlanTest, HostIdsFollowTheMappings) {
  const auto spec = parse(
      std::string(R"({"ociVersion":"1.3.0",)") + kRoot +
      R"(,"linux":{"namespaces":[{"type":"mount"},{"type":"user"},{"type":"cgroup"}],)"
      R"("uidMappings":[{"containerID":0,"hostID":1000,"size":5},{"containerID":5,"hostID":9000,"size":5}],)"
      R"("gidMappings":[{"containerID":0,"hostID":1,"size":10}]},)"
      R"("mounts":[{"destination":"/c","type":"cgroup","options":["rw"]}],)"
      R"("process":{"cwd":"/","args":["a"],"user":{"uid":6,"gid":0}}})");
  const auto plan = build(spec, options(), {.cgroup_mode = CgroupMode::v2});
  ASSERT_TRUE(plan.has_value()) << plan.error().message();
  EXPECT_EQ(plan->cgroup.owner,
            9001U);  // config-linux.md#cgroup-ownership: the host's id of process.user.uid
}

bool administers(const std::string& members, const std::string& process = R"("cwd":"/")") {
  const spec::Spec spec = parse(R"({"ociVersion":"1.3.0","root":{"path":"r"},"process":{)" +
                                process + "}" + members + "}");
  return administers_filesystems(*spec.process, spec);
}

TEST(PlanTest, FilesystemsAreAdministeredByTwoCapabilitiesInAnySet) {
  EXPECT_FALSE(administers(""));
  for (const char* set : {"bounding", "effective", "inheritable", "permitted", "ambient"}) {
    const auto with = [set](const std::string& name) {
      return std::string(R"("cwd":"/","capabilities":{")") + set + R"(":["CAP_CHOWN",")" + name +
             R"("]})";
    };
    EXPECT_TRUE(administers("", with("CAP_SYS_ADMIN"))) << set;
    EXPECT_TRUE(administers("", with("CAP_DAC_READ_SEARCH"))) << set;
    EXPECT_FALSE(administers("", with("CAP_DAC_OVERRIDE"))) << set;
  }
}

TEST(PlanTest, FilesystemsAreNotAdministeredFromAUserNamespaceOfItsOwn) {
  const std::string all = R"("cwd":"/","capabilities":{"bounding":["CAP_SYS_ADMIN"]})";
  EXPECT_FALSE(administers(R"(,"linux":{"namespaces":[{"type":"user"}]})", all));
  EXPECT_TRUE(
      administers(R"(,"linux":{"namespaces":[{"type":"user","path":"/proc/1/ns/user"}]})", all));
  EXPECT_TRUE(administers(R"(,"linux":{"namespaces":[{"type":"pid"}]})", all));
}

// startContainer hooks are the image's programs, and have the runtime's own capabilities.
TEST(PlanTest, FilesystemsMayBeAdministeredByAHookInTheContainer) {
  EXPECT_TRUE(administers(R"(,"hooks":{"startContainer":[{"path":"/hook"}]})"));
  EXPECT_FALSE(administers(R"(,"hooks":{"createRuntime":[{"path":"/hook"}]})"));
}

}  // namespace
}  // namespace plimsoll::plan
