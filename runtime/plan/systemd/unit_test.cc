// Units of systemd: names that lead nowhere else, values that are what they say, limits in
// systemd's words. SPDX-License-Identifier: Apache-2.0
#include "runtime/plan/systemd/unit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "runtime/base/text.h"

namespace plimsoll::plan {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const UnitProperty* find(const std::vector<UnitProperty>& properties, std::string_view name) {
  const auto found = std::ranges::find(properties, name, &UnitProperty::name);
  return found == properties.end() ? nullptr : &*found;
}

// -- names --

TEST(SystemdUnit, ANameThatLeadsElsewhereIsRefused) {
  for (const char* path :
       {"system.slice:../../x:y", "system.slice:x:../y", "../system.slice:x:y", "/a.slice:x:y",
        "a/b.slice:x:y", "system:x:y", ".slice:x:y", "a--b.slice:x:y", "-a.slice:x:y",
        "system.slice:x:y z", "system.slice:x:y\n", "system.slice:.x:y"}) {
    EXPECT_FALSE(plan_unit(path, "box", false)) << path;
  }
  EXPECT_FALSE(plan_unit(cat("system.slice:x:", std::string(300, 'a')), "box", false));
}

TEST(SystemdUnit, APathOfAnotherFormIsAnErrorThatSaysTheForm) {
  for (const char* path : {"/a/b", "a:b", "a:b:c:d", "a.slice"}) {
    const auto unit = plan_unit(path, "box", false);
    ASSERT_FALSE(unit) << path;
    EXPECT_THAT(unit.error().message(), HasSubstr("slice:prefix:name")) << path;
  }
}

TEST(SystemdUnit, TheCgroupFollowsFromTheSlice) {
  const auto unit = plan_unit("machine-a-b.slice:libpod:c1", "box", false);
  ASSERT_TRUE(unit);
  EXPECT_EQ(unit->name, "libpod-c1.scope");
  EXPECT_EQ(unit->slice, "machine-a-b.slice");
  EXPECT_EQ(unit->cgroup, "/machine.slice/machine-a.slice/machine-a-b.slice/libpod-c1.scope");
  EXPECT_EQ(plan_unit("-.slice:x:y", "box", false)->cgroup, "/x-y.scope");
}

TEST(SystemdUnit, WithoutAPathItIsNamedAfterTheContainer) {
  EXPECT_EQ(plan_unit("", "box", false)->cgroup, "/system.slice/plimsoll-box.scope");
  const auto rootless = plan_unit(":x:y", "box", true);
  ASSERT_TRUE(rootless);
  EXPECT_EQ(rootless->slice, "user.slice");
  EXPECT_TRUE(rootless->user);
}

TEST(SystemdUnit, ANameThatIsASliceIsOne) {
  const auto unit = plan_unit("system.slice::pods-a.slice", "box", false);
  ASSERT_TRUE(unit);
  EXPECT_EQ(unit->name, "pods-a.slice");
  EXPECT_EQ(unit->cgroup, "/pods.slice/pods-a.slice");
}

// -- annotations --

TEST(UnitAnnotation, WhatIsNoValueIsRefused) {
  for (const char* text : {"", "'", "'a", "[", "[1,", "[1 2]", "(1", "uint64", "uint64 -1",
                           "uint64 1 2", "byte 256", "1.5", "int32 2147483648", "[1,'a']",
                           "nothing", "@t 5", "[[[[[[1]]]]]]", "true false", "'a\\"}) {
    EXPECT_FALSE(parse_variant("Name", text)) << text;
  }
}

TEST(UnitAnnotation, ValuesKeepTheirType) {
  struct Row {
    const char* text;
    const char* signature;
    std::vector<std::string> atoms;
  };
  for (const Row& row :
       {Row{"true", "b", {"1"}}, Row{"7", "i", {"7"}}, Row{"-7", "i", {"-7"}},
        Row{"uint64 18446744073709551615", "t", {"18446744073709551615"}},
        Row{"'it\\'s'", "s", {"it's"}}, Row{"\"a\"", "s", {"a"}},
        Row{"['a', 'b']", "as", {"2", "a", "b"}}, Row{"[]", "as", {"0"}},
        Row{"[('a', uint64 1), ('b', uint64 2)]", "a(st)", {"2", "a", "1", "b", "2"}},
        Row{" byte 255 ", "y", {"255"}}}) {
    const auto property = parse_variant("Name", row.text);
    ASSERT_TRUE(property) << row.text << ": " << property.error().message();
    EXPECT_EQ(property->signature, row.signature) << row.text;
    EXPECT_EQ(property->atoms, row.atoms) << row.text;
  }
}

TEST(UnitAnnotation, OnlyAPropertysNameIsAName) {
  for (const char* name : {"", "Ab", "A.B", "CPU/x", "Name1", "N me"}) {
    EXPECT_FALSE(plan_unit_annotations({{cat("org.systemd.property.", name), "true"}})) << name;
  }
  EXPECT_THAT(*plan_unit_annotations({{"org.other", "nonsense"}}), IsEmpty());
}

TEST(UnitAnnotation, SecondsBecomeMicroseconds) {
  const auto properties =
      plan_unit_annotations({{"org.systemd.property.TimeoutStopSec", "uint64 7"}});
  ASSERT_TRUE(properties);
  EXPECT_EQ(properties->front().name, "TimeoutStopUSec");
  EXPECT_EQ(properties->front().signature, "t");
  EXPECT_THAT(properties->front().atoms, ElementsAre("7000000"));
  EXPECT_FALSE(plan_unit_annotations({{"org.systemd.property.TimeoutStopSec", "'7'"}}));
  EXPECT_FALSE(plan_unit_annotations(
      {{"org.systemd.property.TimeoutStopSec", "uint64 18446744073709551615"}}));
  EXPECT_EQ(plan_unit_annotations({{"org.systemd.property.USec", "7"}})->front().name, "USec");
}

// -- limits --

TEST(UnitResources, ABadListOfCpusIsRefused) {
  for (const char* list : {"a", "3-1", "1-", "-", "9999"}) {
    EXPECT_FALSE(
        resource_properties({{.controller = "cpuset", .file = "cpuset.cpus", .value = list}}))
        << list;
  }
}

TEST(UnitResources, EachFileHasItsProperty) {
  const auto properties =
      resource_properties({{.controller = "memory", .file = "memory.max", .value = "max"},
                           {.controller = "pids", .file = "pids.max", .value = "50"},
                           {.controller = "cpuset", .file = "cpuset.cpus", .value = "0,8-9"},
                           {.controller = "io", .file = "io.max", .value = "8:0 rbps=5 wiops=max"},
                           {.controller = "hugetlb", .file = "hugetlb.2MB.max", .value = "0"},
                           {.controller = "io", .file = "io.weight", .value = "8:0 500"}});
  ASSERT_TRUE(properties);
  EXPECT_THAT(find(*properties, "MemoryMax")->atoms, ElementsAre("18446744073709551615"));
  EXPECT_THAT(find(*properties, "TasksMax")->atoms, ElementsAre("50"));
  EXPECT_THAT(find(*properties, "AllowedCPUs")->atoms, ElementsAre("2", "1", "3"));
  EXPECT_THAT(find(*properties, "IOReadBandwidthMax")->atoms,
              ElementsAre("1", "/dev/block/8:0", "5"));
  EXPECT_THAT(find(*properties, "IOWriteIOPSMax")->atoms,
              ElementsAre("1", "/dev/block/8:0", "18446744073709551615"));
  EXPECT_THAT(find(*properties, "IODeviceWeight")->atoms,
              ElementsAre("1", "/dev/block/8:0", "500"));
  EXPECT_EQ(properties->size(), 6U);
}

TEST(UnitResources, WeightsAndRatesOfOneDeviceAreItsProperties) {
  struct Row {
    const char* file;
    const char* value;
    const char* property;
    const char* number;
  };
  constexpr auto kRows = std::to_array<Row>({
      {"io.weight", "8:16 500", "IODeviceWeight", "500"},
      {"blkio.weight_device", "8:16 500", "BlockIODeviceWeight", "500"},
      {"blkio.throttle.read_bps_device", "8:16 4096", "BlockIOReadBandwidth", "4096"},
      {"blkio.throttle.write_bps_device", "8:16 4096", "BlockIOWriteBandwidth", "4096"},
  });
  for (const Row& row : kRows) {
    const auto properties =
        resource_properties({{.controller = "io", .file = row.file, .value = row.value}});
    ASSERT_TRUE(properties) << row.file;
    ASSERT_EQ(properties->size(), 1U) << row.file;
    EXPECT_EQ(properties->front().name, row.property);
    EXPECT_EQ(properties->front().signature, "a(st)");
    EXPECT_THAT(properties->front().atoms, ElementsAre("1", "/dev/block/8:16", row.number));
  }
}

TEST(UnitResources, WeightsOfAllDevices) {
  const auto plain =
      resource_properties({{.controller = "io", .file = "io.weight", .value = "default 200"}});
  EXPECT_THAT(find(*plain, "IOWeight")->atoms, ElementsAre("200"));
  const auto none = resource_properties(
      {{.controller = "io", .file = "io.weight", .value = "8:x 500"},
       {.controller = "blkio", .file = "blkio.throttle.read_bps_device", .value = "8:16 0"}});
  EXPECT_TRUE(none->empty());
}

TEST(UnitResources, AQuotaIsRoundedUpToWholePercentInBothPlaces) {
  struct Row {
    const char* value;
    const char* rounded;
    const char* per_second;
  };
  for (const Row& row :
       {Row{"50000 100000", "50000 100000", "500000"},
        Row{"50500 100000", "51000 100000", "510000"}, Row{"1 100000", "1000 100000", "10000"},
        Row{"max 100000", "max 100000", "18446744073709551615"}}) {
    std::vector<CgroupWrite> writes = {
        {.controller = "cpu", .file = "cpu.max", .value = row.value}};
    round_for_systemd(writes);
    EXPECT_EQ(writes[0].value, row.rounded);
    EXPECT_THAT(find(*resource_properties(writes), "CPUQuotaPerSecUSec")->atoms,
                ElementsAre(row.per_second))
        << row.value;
  }
}

TEST(UnitResources, V1KeepsQuotaAndPeriodInTwoFiles) {
  std::vector<CgroupWrite> writes = {
      {.controller = "cpu", .file = "cpu.cfs_period_us", .value = "50000"},
      {.controller = "cpu", .file = "cpu.cfs_quota_us", .value = "20100"}};
  round_for_systemd(writes);
  EXPECT_EQ(writes[1].value, "20500");
  const auto properties = resource_properties(writes);
  EXPECT_THAT(find(*properties, "CPUQuotaPerSecUSec")->atoms, ElementsAre("410000"));
  EXPECT_THAT(find(*properties, "CPUQuotaPeriodUSec")->atoms, ElementsAre("50000"));
}

TEST(UnitResources, AnIdleCgroupHasNoOtherWeight) {
  const auto properties =
      resource_properties({{.controller = "cpu", .file = "cpu.idle", .value = "1"},
                           {.controller = "cpu", .file = "cpu.weight", .value = "77"}});
  ASSERT_EQ(properties->size(), 1U);
  EXPECT_THAT(properties->front().atoms, ElementsAre("0"));
}

// -- devices --

TEST(UnitDevices, AListThatAllowsByDefaultIsKeptFromSystemd) {
  const DeviceRule allow_all{
      .allow = true, .type = 'a', .read = true, .write = true, .mknod = true};
  const DeviceRule deny_all{
      .allow = false, .type = 'a', .read = true, .write = true, .mknod = true};
  const DeviceRule deny_one{.allow = false, .type = 'c', .major = 1, .minor = 3, .read = true};
  const DeviceRule any_major{.allow = true, .type = 'c', .minor = 3, .read = true};
  for (const std::vector<DeviceRule>& rules :
       {std::vector{allow_all}, std::vector{deny_all, allow_all}, std::vector{deny_all, deny_one},
        std::vector{deny_one}, std::vector{deny_all, any_major}}) {
    EXPECT_THAT(find(device_properties(rules), "DevicePolicy")->atoms, ElementsAre("auto"));
  }
}

TEST(UnitDevices, AnAllowedListIsSaid) {
  const auto properties = device_properties(
      {{.allow = true, .type = 'a', .read = true, .write = true, .mknod = true},
       {.allow = false, .type = 'a', .read = true, .write = true, .mknod = true},
       {.allow = true, .type = 'c', .major = 1, .minor = 3, .read = true, .write = true},
       {.allow = true, .type = 'c', .major = 136, .read = true},
       {.allow = true, .type = 'b', .mknod = true}});
  ASSERT_EQ(properties.size(), 3U);
  EXPECT_THAT(properties[0].atoms, ElementsAre("strict"));
  EXPECT_THAT(properties[1].atoms, ElementsAre("0"));
  EXPECT_THAT(properties[2].atoms,
              ElementsAre("3", "/dev/char/1:3", "rw", "char-136", "r", "block-*", "m"));
}

}  // namespace
}  // namespace plimsoll::plan
