// A document against its schema, through valijson. SPDX-License-Identifier: Apache-2.0
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <exception>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "validator/json/document.h"
#include "validator/schema/adapter.h"
#include "validator/schema/schema.h"
#include "validator/schema/sources.h"

namespace plimsoll::schema {
namespace {

// Of a document: null is the same as absent.
class NullIsAbsent final : public Filter {
 public:
  bool hides(const json::Document& document, json::NodeId /*object*/,
             json::NodeId member) const override {
    return document.node(member).kind == json::Kind::null;
  }
};

// Of a schema: what the library is not to see, because rules do it better, and the members that the
// document has not: most of a schema need not be looked at for most documents.
class OfUse final : public Filter {
 public:
  explicit OfUse(const json::Document& document) {
    for (json::NodeId id = 0; id < document.size(); ++id) {
      if (document.node(id).has_name) {
        names_.push_back(document.name(id));
      }
    }
    std::ranges::sort(names_);
  }

  bool hides(const json::Document& schema, json::NodeId object,
             json::NodeId member) const override {
    const std::string_view name = schema.name(member);
    if (schema.node(object).has_name && schema.name(object) == "properties") {
      return !std::ranges::binary_search(names_, name);
    }
    if (name.starts_with("x-") || name == "description" || name == "title" || name == "pattern" ||
        name == "propertyNames") {
      return true;
    }
    constexpr double kExact = 9007199254740992.0;  // 2^53
    double bound = 0;
    return (name == "minimum" || name == "maximum") &&
           ValueView(Node{&schema, member, nullptr}).getDouble(bound) && std::fabs(bound) > kExact;
  }

 private:
  std::vector<std::string_view> names_;
};

// "<root>", "[name]", "[0]" as a JSON pointer.
std::string pointer_of(const std::vector<std::string>& context) {
  std::string pointer;
  for (std::size_t i = 1; i < context.size(); ++i) {
    std::string_view part = context[i];
    if (part.starts_with('[') && part.ends_with(']')) {
      part = part.substr(1, part.size() - 2);
    }
    if (part.size() >= 2 && part.starts_with('"') && part.ends_with('"')) {
      part = part.substr(1, part.size() - 2);
    }
    json::append_pointer_token(pointer, part);
  }
  return pointer;
}

// The library's words, without those that only say that something deeper is wrong.
bool is_repeat(std::string_view text) {
  return text.starts_with("Failed to validate against schema associated with property name") ||
         text.starts_with("Failed to validate item") ||
         text.starts_with("Failed to validate against additional properties schema") ||
         text.starts_with("Failed to validate against schema") ||
         text.starts_with("Failed to validate against child schema");
}

std::string message_of(std::string_view text) {
  std::string message(text);
  if (message.ends_with('.')) {
    message.pop_back();
  }
  if (!message.empty() && message[0] >= 'A' && message[0] <= 'Z') {
    message[0] = static_cast<char>(message[0] + 32);
  }
  return "against the schema: " + message;
}

// "Missing required property 'cwd'." is about the member, as the rules' finding is.
void name_missing(std::string_view text, std::string& pointer) {
  constexpr std::string_view kMissing = "Missing required property '";
  if (text.starts_with(kMissing)) {
    text.remove_prefix(kMissing.size());
    json::append_pointer_token(pointer, text.substr(0, text.rfind('\'')));
  }
}

json::Document read_schema(Which which) {
  constexpr std::size_t kMaxValues = 100'000;
  json::Document schema;
  json::DocumentBuilder builder(schema, kMaxValues);
  // A part of config.json is a reference into its schema; references are looked up from the top.
  const std::string part = definition_of(which).empty() ? "" : text(which, "1.3.0");
  if (!json::read(part.empty() ? source(which) : std::string_view(part), {}, builder)) {
    throw std::runtime_error("the built-in schema");  // ban-ok: caught in check()
  }
  return schema;
}

// Read once: many documents of one kind are the rule.
const json::Document& schema_document(Which which) {
  static std::map<Which, json::Document> known;
  const auto found = known.find(which);
  return found != known.end() ? found->second
                              : known.emplace(which, read_schema(which)).first->second;
}

std::vector<Problem> run(Which which, const json::Document& document) {
  const json::Document& source = schema_document(which);
  const OfUse of_use(document);
  const NullIsAbsent null_is_absent;
  valijson::Schema schema;
  valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
  parser.populateSchema(Adapter(Node{&source, 0, &of_use}), schema);
  valijson::Validator validator;
  valijson::ValidationResults results;
  std::vector<Problem> problems;
  if (validator.validate(schema, Adapter(Node{&document, 0, &null_is_absent}), &results)) {
    return problems;
  }
  for (const auto& error : results) {
    constexpr std::size_t kMost = 200;
    if (problems.size() == kMost) {
      break;
    }
    if (is_repeat(error.description)) {
      continue;
    }
    Problem problem{.pointer = pointer_of(error.context), .message = message_of(error.description)};
    name_missing(error.description, problem.pointer);
    if (std::ranges::find(problems, problem.pointer, &Problem::pointer) == problems.end()) {
      problems.push_back(std::move(problem));
    }
  }
  return problems;
}

}  // namespace

std::vector<Problem> check(Which which, const json::Document& document) {
  try {  // ban-ok: valijson throws
    return run(which, document);
  } catch (const std::exception& error) {  // ban-ok: valijson throws
    return {{.pointer = "", .message = std::string("against the schema: ") + error.what()}};
  }
}

}  // namespace plimsoll::schema
