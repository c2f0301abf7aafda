// Looks up the members that versions added. SPDX-License-Identifier: Apache-2.0
#include "validator/report/versions.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "validator/catalog/catalog.h"
#include "validator/json/document.h"
#include "validator/rules/version.h"

namespace plimsoll::validate {
namespace {

// Calls `use` with the pointer and number of each value that the pattern's tokens lead to.
template <typename Use>
void match(const json::Document& document, json::NodeId id, std::span<const std::string> tokens,
           const std::string& pointer, Use& use) {
  if (tokens.empty()) {
    use(pointer, id);
    return;
  }
  const json::Document::Node& node = document.node(id);
  if (node.kind != json::Kind::object && node.kind != json::Kind::array) {
    return;
  }
  std::size_t index = 0;
  for (json::NodeId child = document.first_child(id); child != node.next;
       child = document.node(child).next, ++index) {
    const std::string name =
        node.kind == json::Kind::array ? std::to_string(index) : std::string(document.name(child));
    if (tokens.front() == "*" || tokens.front() == name) {
      std::string next = pointer;
      json::append_pointer_token(next, name);
      match(document, child, tokens.subspan(1), next, use);
    }
  }
}

// The pattern as seen from the top of such a document, or false.
bool relative(std::string_view& pattern, spec::DocumentKind kind) {
  std::string_view prefix;
  if (kind == spec::DocumentKind::process) {
    prefix = "/process/";
  } else if (kind == spec::DocumentKind::resources) {
    prefix = "/linux/resources/";
  } else {
    return kind == spec::DocumentKind::config;
  }
  if (!pattern.starts_with(prefix)) {
    return false;
  }
  pattern.remove_prefix(prefix.size() - 1);
  return true;
}

}  // namespace

std::vector<Newer> newer_than(const json::Document& document, spec::DocumentKind kind,
                              std::string_view release) {
  std::vector<Newer> found;
  const rules::Version declared = rules::parse_version(release);
  if (!declared.valid || declared.major != "1") {
    return found;
  }
  const auto is_newer = [&](std::string_view since) {
    return rules::is_older(declared, rules::parse_version(since));
  };
  for (const catalog::Member& member : catalog::config_members()) {
    std::string_view pattern = member.pattern;
    if (!is_newer(member.since) || !relative(pattern, kind)) {
      continue;
    }
    auto use = [&](const std::string& pointer, json::NodeId id) {
      if (document.node(id).kind != json::Kind::null) {
        found.push_back({.pointer = pointer, .since = member.since});
      }
    };
    match(document, 0, json::pointer_tokens(pattern), "", use);
  }
  for (const catalog::NewValue& value : catalog::new_values()) {
    std::string_view pattern = value.pattern;
    if (!is_newer(value.since) || !relative(pattern, kind)) {
      continue;
    }
    auto use = [&](const std::string& pointer, json::NodeId id) {
      if (document.string(id) == value.value) {
        found.push_back({.pointer = pointer, .since = value.since});
      }
    };
    match(document, 0, json::pointer_tokens(pattern), "", use);
  }
  return found;
}

}  // namespace plimsoll::validate
