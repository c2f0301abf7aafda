// One row per rule about a document. Private to this module. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "validator/documents/documents.h"
#include "validator/rules/rule.h"

namespace plimsoll::documents {

using rules::cat;
using rules::Findings;
using rules::Level;

template <typename Document>
struct Row {
  Info info;
  void (*check)(const Document& document, Findings& found);
};

template <typename Document>
rules::Report run(std::span<const Row<Document>> rows, const Document& document) {
  rules::Report report;
  Findings found(report, "");
  for (const Row<Document>& row : rows) {
    found.begin(row.info.id, row.info.level, false);
    row.check(document, found);
  }
  return report;
}

template <typename Document>
std::vector<Info> infos(std::span<const Row<Document>> rows) {
  std::vector<Info> out;
  for (const Row<Document>& row : rows) {
    out.push_back(row.info);
  }
  return out;
}

}  // namespace plimsoll::documents
