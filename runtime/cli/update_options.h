// `update`'s options -> linux.resources. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/base/result.h"
#include "runtime/cli/parse_arguments.h"
#include "validator/spec/spec.h"

namespace plimsoll::cli {

// Of the options but --resources, which replaces them all.
Result<spec::Resources> resources_of(const Arguments& arguments);

}  // namespace plimsoll::cli
