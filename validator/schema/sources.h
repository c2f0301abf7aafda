// The schemas' texts as they are built in. Private to this module. SPDX-License-Identifier:
// Apache-2.0
#pragma once

#include <string_view>

#include "validator/schema/schema.h"

namespace plimsoll::embedded {
extern const std::string_view schema_config;
extern const std::string_view schema_state;
extern const std::string_view schema_features;
}  // namespace plimsoll::embedded

namespace plimsoll::schema {

// The document that holds the schema.
inline std::string_view source(Which which) {
  switch (which) {
    case Which::state:
      return embedded::schema_state;
    case Which::features:
      return embedded::schema_features;
    case Which::config:
    case Which::process:
    case Which::resources:
      break;
  }
  return embedded::schema_config;
}

// Where in it a part of config.json is; "" is the whole.
inline std::string_view definition_of(Which which) {
  if (which == Which::process) {
    return "#/definitions/process";
  }
  return which == Which::resources ? "#/definitions/resources" : "";
}

}  // namespace plimsoll::schema
