// A process of the runtime is a table of named steps, run top to bottom. The name goes into the
// error. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "runtime/base/result.h"

namespace plimsoll::launch {

template <typename Context>
struct Step {
  std::string_view name;
  Result<> (*run)(Context&);  // does nothing when the plan asks for nothing
};

template <typename Context>
Result<> run_steps(std::span<const Step<Context>> steps, Context& context) {
  for (const Step<Context>& step : steps) {
    TRY_DOING(step.name, step.run(context));
  }
  return {};
}

}  // namespace plimsoll::launch
