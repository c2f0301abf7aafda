// conformance-driver: tries a table of configurations on the runtime under test, each in a
// container of its own, and writes one verdict line per case and requirement. The suite's tests
// start it (lib/suite.bash, `table`).
//
//   conformance-driver TABLE.json [SELECT]       only cases whose name holds SELECT
//
// CASES may name a file with the names of the cases to try, one a line; CASE tells the runtime,
// which may be mutants/shim, which one is being tried.
//
// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <utility>

#include "conformance/driver/cases.h"
#include "conformance/driver/runtime.h"

namespace plimsoll::conformance {
namespace {

constexpr const char* kNoContainer = "runtime.op.create.unappliable.no-container";
constexpr const char* kStateUnchanged = "runtime.errors.state-unchanged";

struct Judgement {
  std::string verdict;
  std::string expected;
  std::string seen;
};

// As jq's @tsv escapes.
std::string field(const std::string& text) {
  std::string result;
  for (const char c : text.substr(0, 2000)) {
    switch (c) {
      case '\\':
        result += "\\\\";
        break;
      case '\t':
        result += "\\t";
        break;
      case '\n':
        result += "\\n";
        break;
      case '\r':
        result += "\\r";
        break;
      case '\0':
        break;
      default:
        result += c;
    }
  }
  return result;
}

class Table {
 public:
  Table(std::string folder, std::string id, std::string test)
      : runtime_(std::move(folder)), id_(std::move(id)), test_(std::move(test)) {
    base_ = Document::parse(read_text(runtime_.bundle() + "/config.json"));
  }

  void run(const Case& one);
  void close();

 private:
  std::string next_id() { return id_ + "-" + std::to_string(++count_); }
  Outcome create(const Document& document, const Case* edit, const std::string& id);
  Judgement judge(const Case& one);
  bool control_holds(const Case& one, std::string& why);
  void look_for_leftovers(const Case& one, const std::string& id);
  void write(const std::string& id, const Judgement& judgement, const std::string& what,
             const std::string& since = "");

  Runtime runtime_;
  std::string id_;
  std::string test_;
  Document base_;
  int count_ = 0;
  std::map<std::string, std::string> controls_;  // valid form -> why it is refused, or nothing
  std::string leftovers_;
  std::string containers_;
};

Outcome Table::create(const Document& document, const Case* edit, const std::string& id) {
  Document own = document;
  if (own.is_object() && own.contains("linux") && own["linux"].is_object() &&
      own["linux"].value("cgroupsPath", Document("")) == base_["linux"]["cgroupsPath"]) {
    own["linux"]["cgroupsPath"] = "/" + environment("TAG") + "/" + id;
  }
  std::string text = own.dump(2, ' ', false, Document::error_handler_t::ignore);
  if (edit != nullptr && !edit->from.empty()) {
    const std::size_t at = text.find(edit->from);
    if (at != std::string::npos) {
      text.replace(at, edit->from.size(), edit->to);
    }
  }
  std::ofstream(runtime_.bundle() + "/config.json", std::ios::binary) << text;
  return runtime_.operate("create", id);
}

// Only what is refused for its fault shows that the fault is seen: without it the runtime must take
// the configuration.
bool Table::control_holds(const Case& one, std::string& why) {
  Document document = base_;
  apply(one.with, document);
  const std::string key = document.dump(-1, ' ', false, Document::error_handler_t::ignore);
  const auto [entry, fresh] = controls_.try_emplace(key);
  if (fresh) {
    const std::string id = next_id();
    const Outcome outcome = create(document, nullptr, id);
    if (outcome.status != 0) {
      entry->second = "the valid form is refused: " + outcome.error;
    } else {
      runtime_.discard(id);
    }
  }
  why = entry->second;
  return why.empty();
}

bool holds_name(const std::string& folder, const std::string& part, int depth) {
  DIR* dir = opendir(folder.c_str());
  bool found = false;
  while (dir != nullptr && !found) {
    const dirent* entry = readdir(dir);
    if (entry == nullptr) {
      break;
    }
    const std::string name = entry->d_name;
    if (name == "." || name == ".." || entry->d_type != DT_DIR) {
      continue;
    }
    found = name.find(part) != std::string::npos ||
            (depth > 0 && holds_name(folder + "/" + name, part, depth - 1));
  }
  if (dir != nullptr) {
    closedir(dir);
  }
  return found;
}

void Table::look_for_leftovers(const Case& one, const std::string& id) {
  if (runtime_.operate("state", id).status == 0) {
    containers_ += one.name + "; ";
    runtime_.discard(id);
    return;
  }
  // An id ends a folder's name or is followed by no digit: "x-1" is not part of "x-12".
  if (holds_name(runtime_.state_root(), id, 0) || holds_name("/sys/fs/cgroup", id, 4)) {
    leftovers_ += one.name + "; ";
  }
}

Judgement Table::judge(const Case& one) {
  Judgement result;
  std::string why;
  if (!control_holds(one, why)) {
    return {.verdict = one.expect == Expect::accept ? "fail" : "inconclusive",
            .expected = "the valid form is accepted",
            .seen = why};
  }
  Document document = base_;
  apply(one.with, document);
  apply(one.broken, document);
  const std::string id = next_id();
  setenv("CASE", one.name.c_str(), 1);
  Outcome outcome = create(document, &one, id);
  const bool created = outcome.status == 0;
  if (created && one.expect == Expect::refuse_by_start) {
    outcome = runtime_.operate("start", id);
  }
  result.seen = outcome.status == 0
                    ? "accepted"
                    : "status " + std::to_string(outcome.status) + ": " + outcome.error;
  result.expected = one.expect == Expect::accept            ? "create succeeds"
                    : one.expect == Expect::refuse_by_start ? "create or start fails"
                                                            : "create fails";
  const bool refused = outcome.status != 0 && outcome.status != 124 && outcome.status < 128;
  result.verdict = (one.expect == Expect::accept ? outcome.status == 0 : refused) ? "pass" : "fail";
  if (created) {
    runtime_.discard(id);
  } else {
    look_for_leftovers(one, id);
  }
  unsetenv("CASE");
  return result;
}

// The last field is what results.jq reads: a runtime of an older specification need not know the
// member.
void Table::write(const std::string& id, const Judgement& judgement, const std::string& what,
                  const std::string& since) {
  std::FILE* file = std::fopen(environment("VERDICTS").c_str(), "ae");
  if (file == nullptr) {
    return;
  }
  std::fprintf(file, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", id.c_str(), judgement.verdict.c_str(),
               field(what).c_str(), field(judgement.expected).c_str(),
               field(judgement.seen).c_str(), field(test_).c_str(),
               since.empty() ? "" : ("since " + since).c_str());
  std::fclose(file);
}

void Table::run(const Case& one) {
  const Judgement judgement = judge(one);
  std::string what = one.name + ":";
  if (!one.broken.set.empty()) {
    what += " set " + one.broken.set.dump(-1, ' ', false, Document::error_handler_t::replace);
  }
  for (const std::string& pointer : one.broken.remove) {
    what += " without " + pointer;
  }
  if (!one.from.empty()) {
    what += " text " + one.to;
  }
  for (const std::string& id : one.ids) {
    write(id, judgement, what, one.since);
  }
}

// Two clauses hold for every refusal: it leaves no container, and nothing else.
void Table::close() {
  write(kNoContainer,
        {.verdict = containers_.empty() ? "pass" : "fail",
         .expected = "no such container",
         .seen = containers_},
        "a refused create leaves no container");
  write(
      kStateUnchanged,
      {.verdict = leftovers_.empty() ? "pass" : "fail", .expected = "nothing", .seen = leftovers_},
      "a refused create leaves no state folder and no cgroup");
}

bool is_listed(const std::string& line, const std::string& list) {
  return ("\n" + list).find("\n" + line + "\n") != std::string::npos;
}

// Ids that the run asks for, one a line; all of them without such a file.
bool is_wanted(const Case& one, const std::string& wanted) {
  return wanted.empty() || std::any_of(one.ids.begin(), one.ids.end(), [&](const std::string& id) {
           return is_listed(id, wanted);
         });
}

int run_table(const std::string& path, const std::string& select) {
  std::string error;
  const std::vector<Case> cases = read_cases(path, error);
  if (!error.empty() || cases.empty()) {
    std::fprintf(stderr, "conformance-driver: %s\n", error.empty() ? "no cases" : error.c_str());
    return 2;
  }
  Table table(environment("T"), environment("ID"), environment("TEST_NAME"));
  const std::string wanted = read_text(environment("WANTED"));
  const std::string names = read_text(environment("CASES"));
  for (const Case& one : cases) {
    if (one.name.find(select) != std::string::npos && is_wanted(one, wanted) &&
        (names.empty() || is_listed(one.name, names))) {
      table.run(one);
    }
  }
  table.close();
  return 0;
}

}  // namespace
}  // namespace plimsoll::conformance

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: conformance-driver TABLE.json [SELECT]\n");
    return 2;
  }
  return plimsoll::conformance::run_table(argv[1], argc > 2 ? argv[2] : "");
}
