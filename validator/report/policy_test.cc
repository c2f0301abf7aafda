// Policies: refused ones first, then what they do to findings. SPDX-License-Identifier: Apache-2.0
#include "validator/report/policy.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "validator/report/report_testing.h"

namespace plimsoll::validate {
namespace {

TEST(Policy, RefusesWhatItDoesNotKnow) {
  const auto error = [](std::string_view bytes) { return parse_policy(bytes).error(); };
  EXPECT_EQ(error("{"), "1:2: unexpected end of input");
  EXPECT_EQ(error("[]"), "1:1: expected an object with severities and exceptions");
  EXPECT_EQ(error(R"({"severity": {}})"),
            "1:14: /severity: a policy has severities and exceptions only");
  EXPECT_EQ(error(R"({"severities": {"a": "fatal"}})"),
            "1:22: /severities/a: expected error, warning, risk, note or off");
  EXPECT_EQ(error(R"({"severities": []})"),
            "1:16: /severities: expected an object of rule to severity");
  EXPECT_EQ(error(R"({"exceptions": {}})"), "1:16: /exceptions: expected an array");
  EXPECT_EQ(error(R"({"exceptions": [{"pointer": "/a"}]})"),
            "1:17: /exceptions/0: an exception names a rule");
  EXPECT_EQ(error(R"({"exceptions": [{"rule": "a", "why": "b"}]})"),
            "1:38: /exceptions/0/why: an exception has rule, pointer and reason, all strings");
}

TEST(Policy, TheLastSeverityThatFitsHolds) {
  const auto policy = parse_policy(
      R"({"severities": {"risk.*": "error", "risk.resources.*": "note", "risk.resources.pids": "off"}})");
  ASSERT_TRUE(policy);
  const auto severity = [&](std::string_view rule) {
    return apply(*policy, rule, "/x", Severity::risk);
  };
  EXPECT_EQ(severity("risk.mount.etc"), Severity::error);
  EXPECT_EQ(severity("risk.resources.memory"), Severity::note);
  EXPECT_EQ(severity("risk.resources.pids"), Severity::off);
  EXPECT_EQ(severity("config.root.path.conventional"), Severity::risk);
}

TEST(Policy, ExceptionsAreForARuleAtAPlace) {
  const auto policy = parse_policy(R"({"exceptions": [
    {"rule": "risk.mount.etc", "pointer": "/mounts/3/source", "reason": "read by the agent"},
    {"rule": "risk.capability.*", "pointer": "/process/capabilities/*"},
    {"rule": "risk.mount.log", "pointer": "/mounts/*/source"},
    {"rule": "risk.root.shared"}]})");
  ASSERT_TRUE(policy);
  const auto accepted = [&](std::string_view rule, std::string_view pointer) {
    return apply(*policy, rule, pointer, Severity::risk) == Severity::off;
  };
  EXPECT_TRUE(accepted("risk.mount.etc", "/mounts/3/source"));
  EXPECT_FALSE(accepted("risk.mount.etc", "/mounts/30/source"));
  EXPECT_FALSE(accepted("risk.mount.etc", "/mounts/3"));
  EXPECT_FALSE(accepted("risk.mount.boot", "/mounts/3/source"));
  EXPECT_TRUE(accepted("risk.capability.bpf", "/process/capabilities/bounding/2"));
  EXPECT_FALSE(accepted("risk.capability.bpf", "/process/user"));
  EXPECT_TRUE(accepted("risk.mount.log", "/mounts/8/source"));
  EXPECT_FALSE(accepted("risk.mount.log", "/mounts/8/options"));
  EXPECT_TRUE(accepted("risk.root.shared", "/linux/rootfsPropagation"));
}

TEST(Policy, DoesNotLowerWhatCreateRefuses) {
  const auto policy = parse_policy(R"({"severities": {"*": "off"}})");
  ASSERT_TRUE(policy);
  const Examined document = examined(
      R"({"ociVersion": "x", "root": {"path": "image", "path": "b"}})", {.policy = &*policy});
  EXPECT_EQ(brief(document),
            "error config.ociVersion.semver /ociVersion 1:16\n"
            "error glossary.json.no-duplicate-names /root/path 1:47\n");
}

}  // namespace
}  // namespace plimsoll::validate
