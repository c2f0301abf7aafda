// Quantiles and the interval of a median.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "bench/stats/stats.h"

namespace plimsoll::bench {
namespace {

std::vector<double> sorted(std::span<const double> values) {
  std::vector<double> copy(values.begin(), values.end());
  std::ranges::sort(copy);
  return copy;
}

double at_fraction(const std::vector<double>& ordered, double fraction) {
  const double place = fraction * static_cast<double>(ordered.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, ordered.size() - 1);
  return std::lerp(ordered[below], ordered[above], place - static_cast<double>(below));
}

// The largest k such that fewer than k of n coin throws come up heads with probability at most
// `tail`; 0 when even "none" is likelier.
std::size_t binomial_rank(std::size_t n, double tail) {
  double term = std::pow(0.5, static_cast<double>(n));
  double sum = 0;
  std::size_t rank = 0;
  while (rank < n / 2 && sum + term <= tail) {
    sum += term;
    term *= static_cast<double>(n - rank) / static_cast<double>(rank + 1);
    ++rank;
  }
  return rank;
}

}  // namespace

double quantile(std::span<const double> values, double fraction) {
  return values.empty() ? 0 : at_fraction(sorted(values), fraction);
}

double median(std::span<const double> values) { return quantile(values, 0.5); }

double median_deviation(std::span<const double> values) {
  const double middle = median(values);
  std::vector<double> distances;
  distances.reserve(values.size());
  for (const double value : values) {
    distances.push_back(std::abs(value - middle));
  }
  return median(distances);
}

double relative_spread(std::span<const double> values) {
  const double middle = median(values);
  // 1.4826: the median deviation of a normal distribution is its standard deviation over this.
  return middle == 0 ? 0 : 1.4826 * median_deviation(values) / middle;
}

Interval median_interval(std::span<const double> values, double confidence) {
  if (values.empty()) {
    return {};
  }
  const std::vector<double> ordered = sorted(values);
  const std::size_t rank = binomial_rank(ordered.size(), (1 - confidence) / 2);
  const std::size_t low = rank == 0 ? 0 : rank - 1;
  return {.estimate = at_fraction(ordered, 0.5),
          .low = ordered[low],
          .high = ordered[ordered.size() - 1 - low]};
}

}  // namespace plimsoll::bench
