// Reads the tables of cases. SPDX-License-Identifier: Apache-2.0
#include "conformance/driver/cases.h"

#include <utility>

#include "conformance/driver/runtime.h"

namespace plimsoll::conformance {
namespace {

Edit read_edit(const Document& row, const char* set, const char* remove) {
  Edit edit;
  if (row.contains(set)) {
    edit.set = row[set];
  }
  if (row.contains(remove)) {
    edit.remove = row[remove].get<std::vector<std::string>>();
  }
  return edit;
}

Expect read_expect(const std::string& word, std::string& error) {
  if (word == "refuse") {
    return Expect::refuse;
  }
  if (word == "refuse-by-start") {
    return Expect::refuse_by_start;
  }
  if (word != "accept") {
    error = "unknown expectation '" + word + "'";
  }
  return Expect::accept;
}

Case read_case(const Document& row, std::string& error) {
  Case result;
  result.ids = row.at("ids").get<std::vector<std::string>>();
  result.name = row.at("name").get<std::string>();
  result.with = read_edit(row, "with", "without");
  result.broken = read_edit(row, "set", "remove");
  result.from = row.value("from", "");
  result.to = row.value("to", "");
  result.since = row.value("since", "");
  result.expect = read_expect(row.value("expect", "refuse"), error);
  return result;
}

}  // namespace

void apply(const Edit& edit, Document& document) {
  for (const auto& [pointer, value] : edit.set.items()) {
    document[Document::json_pointer(pointer)] = value;
  }
  for (const std::string& text : edit.remove) {
    const Document::json_pointer pointer(text);
    if (!document.contains(pointer)) {
      continue;
    }
    Document& parent = document[pointer.parent_pointer()];
    if (parent.is_array()) {
      parent.erase(std::stoul(pointer.back()));
    } else {
      parent.erase(pointer.back());
    }
  }
}

std::vector<Case> read_cases(const std::string& path, std::string& error) {
  std::vector<Case> cases;
  try {
    const Document table = Document::parse(read_text(path));
    for (const Document& row : table.at("cases")) {
      const Case one = read_case(row, error);
      if (!row.contains("values")) {
        cases.push_back(one);
        continue;
      }
      for (const Document& value : row["values"]) {
        Case copy = one;
        copy.name += " " + value.dump(-1, ' ', false, Document::error_handler_t::replace);
        for (auto& [pointer, member] : copy.broken.set.items()) {
          if (member == "@") {
            member = value;
          }
        }
        cases.push_back(std::move(copy));
      }
    }
  } catch (const Document::exception& problem) {
    error = path + ": " + problem.what();
  }
  return cases;
}

}  // namespace plimsoll::conformance
