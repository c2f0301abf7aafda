// The schemas' texts as they are built in. Private to this module. SPDX-License-Identifier:
// Apache-2.0
#pragma once

#include <string_view>

#include "validator/schema/schema.h"

namespace plimsoll::embedded {
extern const std::string_view kSchemaConfig;
extern const std::string_view kSchemaState;
extern const std::string_view kSchemaFeatures;
}  // namespace plimsoll::embedded

namespace plimsoll::schema {

// The document that holds the schema.
inline std::string_view source(Which which) {
  switch (which) {
    case Which::state:
      return embedded::kSchemaState;
    case Which::features:
      return embedded::kSchemaFeatures;
    case Which::config:
    case Which::process:
    case Which::resources:
      break;
  }
  return embedded::kSchemaConfig;
}

// Where in it a part of config.json is; "" is the whole.
inline std::string_view definition_of(Which which) {
  if (which == Which::process) {
    return "#/definitions/process";
  }
  return which == Which::resources ? "#/definitions/resources" : "";
}

}  // namespace plimsoll::schema
