// Which rules that is, and when. SPDX-License-Identifier: Apache-2.0
#include "validator/report/leniency.h"

#include <optional>
#include <string_view>

#include "validator/json/document.h"
#include "validator/report/consequences.h"

namespace plimsoll::validate {
namespace {

bool has(const json::Document& document, std::string_view name) {
  return !document.empty() && document.find(0, name).has_value();
}

}  // namespace

bool is_foreign(const json::Document& document) {
  return !has(document, "linux") && (has(document, "freebsd") || has(document, "zos") ||
                                     has(document, "windows") || has(document, "solaris"));
}

bool is_for_create_only(std::string_view rule, const json::Document& document) {
  if (rule == "config.ociVersion.compat") {
    const std::optional<json::NodeId> version =
        document.empty() ? std::nullopt : document.find(0, "ociVersion");
    return version && document.string(*version).starts_with("0.");
  }
  const bool whole = has(document, "process") && !is_foreign(document);
  return !whole && asks_for_namespace(rule);
}

}  // namespace plimsoll::validate
