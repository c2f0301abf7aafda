// What the specification demands of the documents that a runtime writes: the state of a container
// (runtime.md#state) and the features of the runtime (features.md). Pure, and not part of the
// runtime. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "validator/rules/rules.h"
#include "validator/spec/documents.h"

namespace plimsoll::documents {

struct Info {
  std::string_view id;
  rules::Level level;
  std::string_view right;
};

// In the order of the rules, whatever their levels.
rules::Report check_state(const spec::State& state);
rules::Report check_features(const spec::Features& features);
std::vector<Info> state_rules();
std::vector<Info> features_rules();

}  // namespace plimsoll::documents
