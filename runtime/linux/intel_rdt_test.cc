// Against a tree of plain files as resctrl has them: this needs no processor with the feature. What
// the kernel itself would refuse is not tested.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "runtime/base/text.h"
#include "runtime/linux/host.h"
#include "runtime/sys/file.h"

namespace plimsoll::linux {
namespace {

using testing::HasSubstr;

class IntelRdtTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = cat(testing::TempDir(), "resctrl-XXXXXX");
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root_ = name;
    put("schemata", "    MB:0=100;1=100\n    L3:0=fffff;1=fffff\n");
    put("tasks", "");
    folder("info");
    folder("info/MB");
    put("info/MB/bandwidth_gran", "10\n");
    put("info/last_cmd_status", "ok\n");
    folder("mon_groups");
    folder("gold");
    folder("gold/mon_groups");
    put("gold/schemata", "    L3:0=f0;1=f\n    MB:0=20;1=70\n");
    put("gold/tasks", "");
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void folder(const std::string& path) const {
    ASSERT_EQ(::mkdir((root_ + "/" + path).c_str(), 0755), 0);
  }
  void put(const std::string& path, const std::string& text) const {
    const auto fd =
        sys::open_at(sys::cwd(), (root_ + "/" + path).c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ASSERT_TRUE(fd && sys::write_all(*fd, text));
  }
  std::string get(const std::string& path) const {
    const auto text = sys::read_file_at(sys::cwd(), (root_ + "/" + path).c_str(), 4096);
    return text ? *text : text.error().message();
  }
  bool exists(const std::string& path) const {
    return ::access((root_ + "/" + path).c_str(), F_OK) == 0;
  }
  Result<std::string> apply(const plan::IntelRdt& rdt) const {
    return apply_intel_rdt(rdt, "box", 4711, root_);
  }
  std::string error(const plan::IntelRdt& rdt) const {
    const auto applied = apply(rdt);
    return applied ? "" : applied.error().message();
  }

  std::string root_;
};

plan::IntelRdt config(std::optional<std::string> clos_id,
                      std::optional<spec::Strings> schemata = {}) {
  return {.clos_id = std::move(clos_id),
          .schemata = std::move(schemata),
          .l3_cache_schema = {},
          .mem_bw_schema = {},
          .enable_monitoring = {}};
}

// linux.intelRdt.no-resctrl.error
TEST_F(IntelRdtTest, NoResctrlIsAnError) {
  EXPECT_EQ(
      apply_intel_rdt(config({}), "box", 1, root_ + "/none").error().message(),
      cat("intel rdt: this kernel or processor has no resctrl: '", root_, "/none' does not exist"));
  ::unlink((root_ + "/schemata").c_str());
  EXPECT_EQ(error(config({})), cat("intel rdt: resctrl is not mounted on '", root_, "'"));
}

TEST_F(IntelRdtTest, NamesThatAreNoGroupAreRefused) {
  for (const char* name :
       {"..", ".", "a/b", "../x", "info", "mon_groups", "mon_data", "a\nb", "/gold"}) {
    EXPECT_THAT(error(config(name, spec::Strings{"L3:0=f"})),
                HasSubstr("is no name of a resctrl group"))
        << name;
    EXPECT_THAT(error(config(name)), HasSubstr("is no name of a resctrl group")) << name;
  }
  EXPECT_THAT(apply_intel_rdt(config({}), "info", 1, root_).error().message(),
              HasSubstr("is no name"));
}

// linux.intelRdt.closID-unset.dir, .pid-in-tasks, .none.no-write, .remove-own
TEST_F(IntelRdtTest, WithoutClosIdTheGroupIsTheContainersOwn) {
  const auto applied = apply(config({}));
  ASSERT_TRUE(applied) << applied.error().message();
  EXPECT_EQ(*applied, root_ + "/box");
  EXPECT_EQ(get("box/tasks"), "4711");
  EXPECT_FALSE(exists("box/schemata"));
}

// linux.intelRdt.both.written, .both.order, .schemata.written, .schemata.last
TEST_F(IntelRdtTest, SchemataAreWrittenInTheirOrder) {
  plan::IntelRdt rdt = config({}, spec::Strings{"L2:0=f", "MB:0=50"});
  rdt.mem_bw_schema = "MB:0=20;1=70";
  rdt.l3_cache_schema = "L3:0=7f0";
  ASSERT_TRUE(apply(rdt));
  EXPECT_EQ(get("box/schemata"), "L3:0=7f0\nMB:0=20;1=70\nL2:0=f\nMB:0=50\n");
}

// linux.intelRdt.schemata.no-newline
TEST_F(IntelRdtTest, SchemaWithTwoLinesIsRefused) {
  EXPECT_THAT(error(config({}, spec::Strings{"L3:0=f\nMB:0=10"})),
              HasSubstr("has more than one line"));
  EXPECT_FALSE(exists("box"));
}

// linux.intelRdt.keep-foreign
TEST_F(IntelRdtTest, GroupOfThatNameThatWasThereStays) {
  folder("box");
  const auto applied = apply(config({}));
  ASSERT_TRUE(applied);
  EXPECT_EQ(*applied, "");
  EXPECT_EQ(get("box/tasks"), "4711");
}

// linux.intelRdt.closID-only.check, .closID-only.assign
TEST_F(IntelRdtTest, ClosIdAloneNeedsItsGroup) {
  EXPECT_EQ(error(config("silver")),
            "intel rdt: resctrl group 'silver' does not exist, and the config has no schema to "
            "make it with");
  EXPECT_FALSE(exists("silver"));
  const std::string before = get("gold/schemata");
  const auto applied = apply(config("gold"));
  ASSERT_TRUE(applied);
  EXPECT_EQ(*applied, "");
  EXPECT_EQ(get("gold/tasks"), "4711");
  EXPECT_EQ(get("gold/schemata"), before);
}

// linux.intelRdt.closID.root
TEST_F(IntelRdtTest, SlashIsTheRootGroup) {
  const auto applied = apply(config("/"));
  ASSERT_TRUE(applied);
  EXPECT_EQ(*applied, "");
  EXPECT_EQ(get("tasks"), "4711");
}

// linux.intelRdt.closID-set.create, .keep-foreign
TEST_F(IntelRdtTest, ClosIdWithSchemaMakesAGroupThatStays) {
  const auto applied = apply(config("silver", spec::Strings{"L3:0=f"}));
  ASSERT_TRUE(applied);
  EXPECT_EQ(*applied, "");
  EXPECT_EQ(get("silver/schemata"), "L3:0=f\n");
  EXPECT_EQ(get("silver/tasks"), "4711");
}

// linux.intelRdt.closID-set.compare
TEST_F(IntelRdtTest, ExistingGroupMustHaveTheSchemata) {
  EXPECT_EQ(error(config("gold", spec::Strings{"L3:0=ff"})),
            "intel rdt: resctrl group 'gold' has L3:0=f0, the config says ff");
  EXPECT_EQ(error(config("gold", spec::Strings{"L3:2=f"})),
            "intel rdt: resctrl group 'gold' has L3:2=, the config says f");
  EXPECT_THAT(error(config("gold", spec::Strings{"nonsense"})),
              HasSubstr("'nonsense' is no schema"));
  EXPECT_EQ(get("gold/tasks"), "");
  const std::string before = get("gold/schemata");
  // Other spellings of the same, a part of it, and a bandwidth that the hardware rounds.
  for (const spec::Strings& same : {spec::Strings{"L3:1=0xF;0=00F0", "MB:0=20"},
                                    spec::Strings{"MB:1=61;0=11"}, spec::Strings{"L3: 0=f0"}}) {
    EXPECT_EQ(error(config("gold", same)), "");
  }
  EXPECT_EQ(get("gold/schemata"), before);
}

// linux.intelRdt.mon.create, .mon.name, .mon.delete
TEST_F(IntelRdtTest, MonitoringGroupIsMadeInTheNamedGroupAndGoesAlone) {
  plan::IntelRdt rdt = config("gold");
  rdt.enable_monitoring = true;
  const auto applied = apply(rdt);
  ASSERT_TRUE(applied) << applied.error().message();
  EXPECT_EQ(*applied, root_ + "/gold/mon_groups/box");
  EXPECT_EQ(get("gold/mon_groups/box/tasks"), "4711");
}

// linux.intelRdt.mon.fail.error
TEST_F(IntelRdtTest, MonitoringGroupThatCannotBeMadeIsAnErrorWithTheKernelsWords) {
  plan::IntelRdt rdt = config("gold");
  rdt.enable_monitoring = true;
  folder("gold/mon_groups/box");
  put("info/last_cmd_status", "Out of RMIDs\n");
  EXPECT_EQ(error(rdt), "intel rdt: mkdir 'mon_groups/box' (resctrl: Out of RMIDs): file exists");
}

TEST_F(IntelRdtTest, LinkInPlaceOfAGroupIsNotFollowed) {
  folder("elsewhere");
  ASSERT_EQ(::symlink("elsewhere", (root_ + "/linked").c_str()), 0);
  EXPECT_NE(error(config("linked")), "");
  EXPECT_FALSE(exists("elsewhere/tasks"));
}

}  // namespace
}  // namespace plimsoll::linux
