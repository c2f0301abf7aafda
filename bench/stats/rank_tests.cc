// Wilcoxon's and Mann and Whitney's tests, the estimates that belong to them, and Holm's
// correction. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "bench/stats/stats.h"

namespace plimsoll::bench {
namespace {

// Up to here the distribution of the signed-rank statistic is counted out.
constexpr std::size_t kExactPairs = 60;

double normal_tail(double z) { return std::erfc(z / std::sqrt(2.0)) / 2; }

// Ranks from 1, equal values share the mean of theirs. `ties` gets the sum of t^3 - t.
std::vector<double> ranks_of(std::span<const double> values, double& ties) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {}, [&](std::size_t i) { return values[i]; });
  std::vector<double> ranks(values.size());
  ties = 0;
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin + 1;
    while (end < order.size() && values[order[end]] == values[order[begin]]) {
      ++end;
    }
    const double rank = static_cast<double>(begin + 1 + end) / 2;
    for (std::size_t i = begin; i < end; ++i) {
      ranks[order[i]] = rank;
    }
    const auto size = static_cast<double>(end - begin);
    ties += size * size * size - size;
    begin = end;
  }
  return ranks;
}

// counts[w]: the share of all sign choices of ranks 1..n whose positive ranks sum to w.
std::vector<double> signed_rank_shares(std::size_t n) {
  std::vector<double> shares(n * (n + 1) / 2 + 1, 0);
  shares[0] = 1;
  std::size_t top = 0;
  for (std::size_t rank = 1; rank <= n; ++rank) {
    top += rank;
    for (std::size_t sum = top + 1; sum-- > 0;) {
      shares[sum] = (shares[sum] + (sum >= rank ? shares[sum - rank] : 0)) / 2;
    }
  }
  return shares;
}

// How many of the ordered Walsh averages lie below the interval, on each side.
std::size_t signed_rank_cut(std::size_t n, double tail) {
  if (n <= kExactPairs) {
    const std::vector<double> shares = signed_rank_shares(n);
    double sum = 0;
    std::size_t cut = 0;
    while (cut < shares.size() / 2 && sum + shares[cut] <= tail) {
      sum += shares[cut++];
    }
    return cut;
  }
  const auto size = static_cast<double>(n);
  const double mean = size * (size + 1) / 4;
  const double deviation = std::sqrt(size * (size + 1) * (2 * size + 1) / 24);
  return static_cast<std::size_t>(std::max(0.0, mean - normal_quantile(tail) * deviation));
}

// exp of the median of `values`, and of those that `cut` values lie beyond.
Interval exponentials(std::vector<double>& values, std::size_t cut) {
  if (values.empty()) {
    return {};
  }
  std::ranges::sort(values);
  const std::size_t low = std::min(cut == 0 ? 0 : cut - 1, (values.size() - 1) / 2);
  return {.estimate = std::exp(median(values)),
          .low = std::exp(values[low]),
          .high = std::exp(values[values.size() - 1 - low])};
}

std::vector<double> log_ratios(std::span<const double> a, std::span<const double> b) {
  if (a.size() != b.size()) {
    throw std::invalid_argument("pairs need two samples of the same size");
  }
  std::vector<double> ratios;
  ratios.reserve(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] > 0 && b[i] > 0) {
      ratios.push_back(std::log(b[i] / a[i]));
    }
  }
  return ratios;
}

std::vector<double> logarithms(std::span<const double> values) {
  std::vector<double> logs;
  logs.reserve(values.size());
  for (const double value : values) {
    if (value > 0) {
      logs.push_back(std::log(value));
    }
  }
  return logs;
}

}  // namespace

double normal_quantile(double tail) {
  // By halving: the standard library has no inverse of erfc.
  double low = -10;
  double high = 10;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (normal_tail(middle) > tail ? low : high) = middle;
  }
  return low;
}

Interval pair_ratio(std::span<const double> a, std::span<const double> b, double confidence) {
  const std::vector<double> ratios = log_ratios(a, b);
  std::vector<double> averages;
  averages.reserve(ratios.size() * (ratios.size() + 1) / 2);
  for (std::size_t i = 0; i < ratios.size(); ++i) {
    for (std::size_t j = i; j < ratios.size(); ++j) {
      averages.push_back((ratios[i] + ratios[j]) / 2);
    }
  }
  return exponentials(averages, signed_rank_cut(ratios.size(), (1 - confidence) / 2));
}

double pair_p_value(std::span<const double> a, std::span<const double> b) {
  std::vector<double> ratios = log_ratios(a, b);
  std::erase(ratios, 0.0);
  if (ratios.empty()) {
    return 1;
  }
  std::vector<double> sizes;
  sizes.reserve(ratios.size());
  for (const double ratio : ratios) {
    sizes.push_back(std::abs(ratio));
  }
  double ties = 0;
  const std::vector<double> ranks = ranks_of(sizes, ties);
  double positive = 0;
  double negative = 0;
  for (std::size_t i = 0; i < ratios.size(); ++i) {
    (ratios[i] > 0 ? positive : negative) += ranks[i];
  }
  const double smaller = std::min(positive, negative);
  if (ratios.size() <= kExactPairs && ties == 0) {
    const std::vector<double> shares = signed_rank_shares(ratios.size());
    const auto end = shares.begin() + static_cast<std::ptrdiff_t>(smaller) + 1;
    return std::min(1.0, 2 * std::accumulate(shares.begin(), end, 0.0));
  }
  const auto size = static_cast<double>(ratios.size());
  const double mean = size * (size + 1) / 4;
  const double variance = size * (size + 1) * (2 * size + 1) / 24 - ties / 48;
  return std::min(1.0, 2 * normal_tail((mean - smaller - 0.5) / std::sqrt(variance)));
}

Interval sample_ratio(std::span<const double> before, std::span<const double> after,
                      double confidence) {
  const std::vector<double> old_logs = logarithms(before);
  const std::vector<double> new_logs = logarithms(after);
  std::vector<double> shifts;
  shifts.reserve(old_logs.size() * new_logs.size());
  for (const double from : old_logs) {
    for (const double to : new_logs) {
      shifts.push_back(to - from);
    }
  }
  const auto m = static_cast<double>(old_logs.size());
  const auto n = static_cast<double>(new_logs.size());
  const double cut =
      m * n / 2 - normal_quantile((1 - confidence) / 2) * std::sqrt(m * n * (m + n + 1) / 12);
  return exponentials(shifts, static_cast<std::size_t>(std::max(0.0, cut)));
}

double sample_p_value(std::span<const double> before, std::span<const double> after) {
  if (before.empty() || after.empty()) {
    return 1;
  }
  std::vector<double> all(before.begin(), before.end());
  all.insert(all.end(), after.begin(), after.end());
  double ties = 0;
  const std::vector<double> ranks = ranks_of(all, ties);
  const auto m = static_cast<double>(before.size());
  const auto n = static_cast<double>(after.size());
  const double sum = std::accumulate(
      ranks.begin(), ranks.begin() + static_cast<std::ptrdiff_t>(before.size()), 0.0);
  const double statistic = sum - m * (m + 1) / 2;
  const double variance = m * n / 12 * ((m + n + 1) - ties / ((m + n) * (m + n - 1)));
  if (variance <= 0) {
    return 1;  // all values are equal
  }
  const double distance = std::max(0.0, std::abs(statistic - m * n / 2) - 0.5);
  return std::min(1.0, 2 * normal_tail(distance / std::sqrt(variance)));
}

std::vector<double> holm(std::span<const double> p_values) {
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {}, [&](std::size_t i) { return p_values[i]; });
  std::vector<double> corrected(p_values.size());
  double highest = 0;
  for (std::size_t place = 0; place < order.size(); ++place) {
    const double p = p_values[order[place]] * static_cast<double>(order.size() - place);
    highest = std::max(highest, std::min(1.0, p));
    corrected[order[place]] = highest;
  }
  return corrected;
}

Verdict judge(const Evidence& evidence, double smallest_effect, double alpha) {
  const Interval& ratio = evidence.ratio;
  const double limit = 1 + smallest_effect;
  if (evidence.p_value < alpha && ratio.low > 1 && ratio.estimate > limit) {
    return Verdict::worse;
  }
  if (evidence.p_value < alpha && ratio.high < 1 && ratio.estimate < 1 / limit) {
    return Verdict::better;
  }
  if (ratio.low > 1 / limit && ratio.high < limit) {
    return Verdict::same;
  }
  return Verdict::undecided;
}

unsigned samples_needed(double spread, double effect) {
  const double step = std::log1p(effect);
  if (step <= 0 || spread <= 0) {
    return 1;
  }
  // Two-sided, power 0.9; rank tests need 3 / pi of the samples more than the t-test.
  const double z = normal_quantile(kAlpha / 2) + normal_quantile(0.1);
  return static_cast<unsigned>(std::ceil(2 * std::pow(z * spread / step, 2) * std::acos(-1.0) / 3));
}

}  // namespace plimsoll::bench
