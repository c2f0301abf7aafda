// The specification's own fixtures and schemas, where they are at hand: OCI_FIXTURES names the
// folder with schema/ and test/, default ../shared/oci beside the tree. SPDX-License-Identifier:
// Apache-2.0
#include <dirent.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "validator/json/document.h"
#include "validator/report/report_testing.h"
#include "validator/schema/schema.h"

namespace plimsoll::validate {
namespace {

std::string folder() {
  const char* named = std::getenv("OCI_FIXTURES");
  return named != nullptr ? named : std::string(PLIMSOLL_SOURCE_DIR) + "/../shared/oci";
}

std::vector<std::string> files_in(const std::string& path) {
  std::vector<std::string> files;
  if (DIR* dir = ::opendir(path.c_str())) {
    while (const dirent* entry = ::readdir(dir)) {
      if (std::string_view(entry->d_name).ends_with(".json")) {
        files.push_back(path + "/" + entry->d_name);
      }
    }
    ::closedir(dir);
  }
  std::ranges::sort(files);
  return files;
}

class Fixtures : public testing::Test {
 protected:
  void SetUp() override {
    if (files_in(folder() + "/schema").empty()) {
      GTEST_SKIP() << "no fixtures at " << folder() << ": set OCI_FIXTURES";
    }
  }
};

TEST_F(Fixtures, GoodOnesPassAndBadOnesFail) {
  std::size_t seen = 0;
  for (const char* type : {"config", "state", "features"}) {
    const Options options{.kind = kind_named(type)};
    for (const std::string& file : files_in(folder() + "/test/" + type + "/good")) {
      const Examined document = examined(read_test_file(file), options);
      EXPECT_EQ(document.count(Severity::error), 0u) << file << "\n" << brief(document);
      ++seen;
    }
    for (const std::string& file : files_in(folder() + "/test/" + type + "/bad")) {
      EXPECT_NE(examined(read_test_file(file), options).count(Severity::error), 0u) << file;
      ++seen;
    }
  }
  EXPECT_GE(seen, 19u);
}

// -- our schema against the official one --

// A schema of several files, flattened to "pattern: type" and "pattern: enum word".
class Facts {
 public:
  explicit Facts(std::string where) : where_(std::move(where)) {}

  void read(const std::string& file) { walk(load(file), file, "", 0); }
  void read_text(const std::string& text) {
    files_[""] = *json::parse(text);
    walk(files_[""], "", "", 0);
  }
  const std::set<std::string>& lines() const { return lines_; }
  bool has(const std::string& line) const { return lines_.contains(line); }

 private:
  const json::Value& load(const std::string& file) {
    const auto known = files_.find(file);
    if (known != files_.end()) {
      return known->second;
    }
    return files_[file] = *json::parse(read_test_file(where_ + "/" + file));
  }

  void follow(const std::string& reference, const std::string& file, const std::string& pattern,
              int depth) {
    const std::size_t hash = reference.find('#');
    const std::string other = hash == 0 ? file : reference.substr(0, hash);
    const json::Value* target = &load(other);
    for (const std::string& token :
         json::pointer_tokens(hash == std::string::npos ? "" : reference.substr(hash + 1))) {
      target = target->find(token);
      ASSERT_NE(target, nullptr) << reference;
    }
    walk(*target, other, pattern, depth + 1);
  }

  void walk(const json::Value& schema, const std::string& file, const std::string& pattern,
            int depth) {
    ASSERT_LT(depth, 40);
    if (const std::string* reference = schema.find_string("$ref")) {
      follow(*reference, file, pattern, depth);
      return;
    }
    if (const std::string* type = schema.find_string("type")) {
      lines_.insert(pattern + ": " + *type);
    }
    if (const json::Array* types = schema.find_array("type")) {
      lines_.insert(pattern + ": " + *(*types)[0].string());
    }
    if (const json::Array* words = schema.find_array("enum")) {
      for (const json::Value& word : *words) {
        lines_.insert(pattern + ": enum " + *word.string());
      }
    }
    for (const char* both : {"allOf", "anyOf"}) {
      if (const json::Array* parts = schema.find_array(both)) {
        for (const json::Value& part : *parts) {
          walk(part, file, pattern, depth + 1);
        }
      }
    }
    if (const json::Object* members = schema.find_object("properties")) {
      for (const auto& [name, member] : *members) {
        walk(member, file, pattern + "/" + name, depth + 1);
      }
    }
    if (const json::Object* members = schema.find_object("patternProperties")) {
      walk(members->front().second, file, pattern + "/*", depth + 1);
    }
    for (const char* each : {"items", "additionalProperties"}) {
      const json::Value* element = schema.find(each);
      if (element != nullptr && element->object() != nullptr) {
        walk(*element, file, pattern + "/*", depth + 1);
      }
    }
  }

  std::string where_;
  std::map<std::string, json::Value> files_;
  std::set<std::string> lines_;
};

bool is_of_other_platform(const std::string& line) {
  return std::ranges::any_of(
      std::vector<std::string>{"/windows", "/solaris", "/zos", "/vm", "/linux/resources/pids/"},
      [&](const std::string& start) { return line.starts_with(start + "/"); });
}

// Where ours differs on purpose: what the official schema leaves open and the text does not.
const std::set<std::string>& ours_only() {
  static const std::set<std::string> lines = {
      // The text's lists of words.
      "/linux/resources/devices/*/type: enum a",
      "/linux/resources/devices/*/type: enum b",
      "/linux/resources/devices/*/type: enum c",
      "/linux/devices/*/type: enum b",
      "/linux/devices/*/type: enum c",
      "/linux/devices/*/type: enum p",
      "/linux/devices/*/type: enum u",
      "/linux/rootfsPropagation: enum ",
      // Writable by a caller who has none.
      "/linux/rootfsPropagation: enum rprivate",
      "/linux/rootfsPropagation: enum rshared",
      "/linux/rootfsPropagation: enum rslave",
      "/linux/rootfsPropagation: enum runbindable",
      // As the parser has it: a clock of an unknown name has offsets as well.
      "/linux/timeOffsets/*: object",
  };
  return lines;
}

TEST_F(Fixtures, OurSchemaHasTheMembersTypesAndWordsOfTheOfficialOne) {
  Facts official(folder() + "/schema");
  official.read("config-schema.json");
  Facts ours("");
  ours.read_text(schema::text(schema::Which::config, "1.3.0"));
  ASSERT_GT(official.lines().size(), 200u);
  for (const std::string& line : official.lines()) {
    EXPECT_TRUE(ours.has(line) || is_of_other_platform(line)) << "missing in ours: " << line;
  }
  for (const std::string& line : ours.lines()) {
    EXPECT_TRUE(official.has(line) || ours_only().contains(line)) << "only in ours: " << line;
  }
}

TEST_F(Fixtures, OurStateAndFeaturesSchemasHaveTheOfficialMembers) {
  for (const auto& [which, file] : {std::pair(schema::Which::state, "state-schema.json"),
                                    std::pair(schema::Which::features, "features-schema.json")}) {
    Facts official(folder() + "/schema");
    official.read(file);
    Facts ours("");
    ours.read_text(schema::text(which, "1.3.0"));
    ASSERT_GT(official.lines().size(), 5u);
    for (const std::string& line : official.lines()) {
      // The text allows a runtime's own status values, and rules know the words of features.
      EXPECT_TRUE(ours.has(line) || line.find(": enum ") != std::string::npos)
          << file << ": " << line;
    }
  }
}

TEST(Schema, OfAnOlderReleaseLacksWhatCameLater) {
  const std::string old = schema::text(schema::Which::config, "1.0.0");
  const std::string now = schema::text(schema::Which::config, "1.3.0");
  for (const char* word : {"\"domainname\"", "\"timeOffsets\"", "\"umask\"", "\"memoryPolicy\"",
                           "\"time\"", "\"SCMP_ACT_LOG\""}) {
    EXPECT_EQ(old.find(word), std::string::npos) << word;
    EXPECT_NE(now.find(word), std::string::npos) << word;
  }
  EXPECT_EQ(now.find("\"enableCMT\""), std::string::npos);
  EXPECT_NE(schema::text(schema::Which::config, "1.2.1").find("\"enableCMT\""), std::string::npos);
  EXPECT_EQ(now.find("\"x-"), std::string::npos);
  EXPECT_EQ(schema::release_of("1.0"), "1.0.2");
  EXPECT_EQ(schema::release_of("1.2.1"), "1.2.1");
  EXPECT_EQ(schema::release_of("1.4"), std::nullopt);
  EXPECT_EQ(schema::release_of(""), std::nullopt);
  for (const auto which : {schema::Which::process, schema::Which::resources, schema::Which::state,
                           schema::Which::features}) {
    EXPECT_TRUE(json::parse(schema::text(which, "1.3.0")));
  }
}

// The schema alone, beside the rules: 64-bit numbers are exact enough not to be wrong.
TEST(Schema, TakesNumbersOfTheWholeRange) {
  const auto problems = [](std::string_view bytes) {
    json::Document document;
    json::DocumentBuilder builder(document, 100);
    EXPECT_TRUE(json::read(bytes, {}, builder));
    std::string out;
    for (const schema::Problem& problem : schema::check(schema::Which::resources, document)) {
      out += problem.pointer + ": " + problem.message + "\n";
    }
    return out;
  };
  EXPECT_EQ(problems(R"({"cpu": {"shares": 18446744073709551615}})"), "");
  EXPECT_EQ(problems(R"({"memory": {"limit": 9223372036854775807, "swappiness": null}})"), "");
  EXPECT_EQ(problems(R"({"cpu": {"shares": 1.5}})"),
            "/cpu/shares: against the schema: value type not permitted by 'type' constraint\n");
  EXPECT_EQ(problems(R"({"cpu": {"shares": -1}})").substr(0, 12), "/cpu/shares:");
  EXPECT_EQ(problems(R"({"hugepageLimits": [{"limit": 1}, 5]})"),
            "/hugepageLimits/0/pageSize: against the schema: missing required property "
            "'pageSize'\n/hugepageLimits/1: against the schema: value type not permitted by "
            "'type' constraint\n");
}

}  // namespace
}  // namespace plimsoll::validate
