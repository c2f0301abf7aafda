// Names of the operations.
// SPDX-License-Identifier: Apache-2.0
#include "bench/measure/operation.h"

#include <array>
#include <stdexcept>
#include <string>

namespace plimsoll::bench {
namespace {
constexpr std::array<std::string_view, kOperations> kNames{
    "run", "create", "start", "state", "exec", "pause", "kill", "delete", "list"};
}

std::string_view operation_name(Operation operation) {
  return kNames.at(static_cast<std::size_t>(operation));
}

Operation operation_of(std::string_view name) {
  std::string known;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames.at(i) == name) {
      return static_cast<Operation>(i);
    }
    known += " " + std::string(kNames.at(i));
  }
  throw std::runtime_error("no operation '" + std::string(name) + "':" + known);
}

bool in_lifecycle(Operation operation) {
  return operation != Operation::run && operation != Operation::list;
}

}  // namespace plimsoll::bench
