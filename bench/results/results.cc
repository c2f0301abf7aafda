// Access to the measured series.
// SPDX-License-Identifier: Apache-2.0
#include "bench/results/results.h"

#include <numeric>
#include <stdexcept>

namespace plimsoll::bench {
namespace {
constexpr std::array<std::string_view, 4> kRoleNames{"baseline", "runtime", "again", "floor"};
}

std::vector<double> Series::values(double Usage::* member) const {
  std::vector<double> values;
  values.reserve(samples.size());
  for (const Usage& sample : samples) {
    values.push_back(sample.*member);
  }
  return values;
}

double Series::system_call_count() const {
  return std::accumulate(system_calls.begin(), system_calls.end(), 0.0,
                         [](double sum, const auto& call) { return sum + call.second; });
}

std::string_view role_name(Role role) { return kRoleNames.at(static_cast<std::size_t>(role)); }

Role role_of(std::string_view name) {
  for (std::size_t i = 0; i < kRoleNames.size(); ++i) {
    if (kRoleNames.at(i) == name) {
      return static_cast<Role>(i);
    }
  }
  throw std::runtime_error("no role '" + std::string(name) + "'");
}

const Series* find_series(const Results& results, const std::string& bundle,
                          const std::string& operation, Role role) {
  for (const Series& series : results.series) {
    if (series.bundle == bundle && series.operation == operation && series.role == role) {
      return &series;
    }
  }
  return nullptr;
}

}  // namespace plimsoll::bench
