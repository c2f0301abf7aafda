// The schemas as text: what a later release added is left out. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "validator/json/json.h"
#include "validator/schema/schema.h"
#include "validator/schema/sources.h"

namespace plimsoll::schema {
namespace {

constexpr auto kReleases = std::to_array<std::string_view>(
    {"1.0.0", "1.0.1", "1.0.2", "1.1.0", "1.2.0", "1.2.1", "1.3.0"});

// Releases are compared as text: their numbers have one digit each.
bool is_newer(std::string_view a, std::string_view b) { return a > b; }

// Members that are for us and not for readers of a schema.
constexpr std::string_view kPrivate = "x-";

// A schema node of that release; nullopt where the release does not have it.
std::optional<json::Value> of_release(const json::Value& value, std::string_view release);

json::Value array_of_release(const json::Array& array, std::string_view release) {
  json::Array out;
  for (const json::Value& element : array) {
    if (auto kept = of_release(element, release)) {
      out.push_back(std::move(*kept));
    }
  }
  return json::Value(std::move(out));
}

// The names that the release lists: of an enum without the newer words, of `required` with those
// that were dropped later.
json::Value names_of_release(const json::Value& schema, std::string_view name,
                             const json::Array& names, std::string_view release) {
  json::Array out;
  const json::Value* newer = name == "enum" ? schema.find("x-since-values") : nullptr;
  for (const json::Value& entry : names) {
    const std::string* since = newer != nullptr && entry.string() != nullptr
                                   ? newer->find_string(*entry.string())
                                   : nullptr;
    if (since == nullptr || !is_newer(*since, release)) {
      out.push_back(entry);
    }
  }
  return json::Value(std::move(out));
}

// The members that only that release required.
json::Array dropped_later(const json::Object& last_releases, std::string_view release) {
  json::Array out;
  for (const auto& [needed, last] : last_releases) {
    if (!is_newer(release, *last.string())) {
      out.emplace_back(needed);
    }
  }
  return out;
}

std::optional<json::Value> of_release(const json::Value& value, std::string_view release) {
  if (const json::Array* array = value.array()) {
    return array_of_release(*array, release);
  }
  const json::Object* object = value.object();
  if (object == nullptr) {
    return value;
  }
  const std::string* since = value.find_string("x-since");
  const std::string* until = value.find_string("x-until");
  if ((since != nullptr && is_newer(*since, release)) ||
      (until != nullptr && is_newer(release, *until))) {
    return std::nullopt;
  }
  json::Object out;
  for (const auto& [name, member] : *object) {
    if (name == "x-required-until") {
      json::Array required = dropped_later(*member.object(), release);
      if (!required.empty()) {
        out.emplace_back("required", json::Value(std::move(required)));
      }
    } else if (name.starts_with(kPrivate)) {
      continue;
    } else if (name == "enum" && member.array() != nullptr) {
      out.emplace_back(name, names_of_release(value, name, *member.array(), release));
    } else if (auto kept = of_release(member, release)) {
      out.emplace_back(name, std::move(*kept));
    }
  }
  return json::Value(std::move(out));
}

}  // namespace

std::optional<std::string_view> release_of(std::string_view version) {
  std::optional<std::string_view> found;
  for (const std::string_view release : kReleases) {
    if (release == version ||
        (version.size() == 3 && release.starts_with(version) && release[version.size()] == '.')) {
      found = release;
    }
  }
  return found;
}

std::string text(Which which, std::string_view release) {
  const auto tree = json::parse(source(which));
  const std::optional<json::Value> kept = tree ? of_release(*tree, release) : std::nullopt;
  std::string out;
  if (!kept) {
    return out;
  }
  json::Writer writer(out, 2);
  const std::string_view part = definition_of(which);
  if (part.empty()) {
    writer.value(*kept);
  } else {
    writer.begin_object();
    writer.member("$schema", "http://json-schema.org/draft-07/schema#");
    writer.member("$ref", std::string(part));
    writer.member("definitions", *kept->find("definitions"));
    writer.end_object();
  }
  return out + "\n";
}

}  // namespace plimsoll::schema
