// `update`: changes the limits of a container that exists. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "runtime/container/verbs.h"
#include "validator/spec/spec.h"

namespace plimsoll::container {

struct UpdateOptions {
  std::string id;
  spec::Resources resources;    // what is to change; all else stays as it is
  std::string l3_cache_schema;  // Intel RDT, or empty
  std::string mem_bw_schema;
};

Result<> update(const Globals& globals, const UpdateOptions& options);

}  // namespace plimsoll::container
