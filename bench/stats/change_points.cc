// Where the level of a history changes.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <random>

#include "bench/stats/stats.h"

namespace plimsoll::bench {
namespace {

// A level of fewer points than this is an outlier, not a level.
constexpr std::size_t kShortest = 5;
constexpr std::size_t kOrderings = 4000;
// A longer history is looked at in pieces of this many points: the newest matter.
constexpr std::size_t kWindow = 400;

struct Split {
  std::size_t place = 0;
  double score = 0;
};

// The split whose left side's sum of scores is farthest from chance.
Split best_split(std::span<const double> scores) {
  const auto n = static_cast<double>(scores.size());
  const double squares =
      std::inner_product(scores.begin(), scores.end(), scores.begin(), 0.0) / (n * (n - 1));
  Split best;
  double sum = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    sum += scores[i];
    const std::size_t left = i + 1;
    if (left < kShortest || scores.size() - left < kShortest || squares <= 0) {
      continue;
    }
    const auto m = static_cast<double>(left);
    // The scores add up to 0, so that is what chance expects.
    const double score = std::abs(sum) / std::sqrt(m * (n - m) * squares);
    if (score > best.score) {
      best = {.place = left, .score = score};
    }
  }
  return best;
}

// What a value says by its rank alone: the normal value of the same rank. Unlike ranks, these still
// grow where one side lies wholly above the other, and unlike the values, they do not care how far
// off an outlier is.
double normal_score(double rank, std::size_t n) {
  return -normal_quantile(rank / static_cast<double>(n + 1));
}

// The score that `alpha` of the random orderings of n values exceed. It depends on n alone.
double critical_score(std::size_t n, double alpha) {
  static std::map<std::pair<std::size_t, double>, double> known;
  const auto [entry, fresh] = known.try_emplace({n, alpha}, 0);
  if (fresh) {
    std::mt19937_64 random(n);
    std::vector<double> scores;
    for (std::size_t rank = 1; rank <= n; ++rank) {
      scores.push_back(normal_score(static_cast<double>(rank), n));
    }
    std::vector<double> highest(kOrderings);
    for (double& one : highest) {
      std::ranges::shuffle(scores, random);
      one = best_split(scores).score;
    }
    entry->second = quantile(highest, 1 - alpha);
  }
  return entry->second;
}

std::vector<double> normal_scores(std::span<const double> values) {
  std::vector<double> ordered(values.begin(), values.end());
  std::ranges::sort(ordered);
  std::vector<double> scores;
  scores.reserve(values.size());
  for (const double value : values) {
    const auto [low, high] = std::ranges::equal_range(ordered, value);
    const auto twice = static_cast<double>((low - ordered.begin()) + (high - ordered.begin()) + 1);
    scores.push_back(normal_score(twice / 2, values.size()));
  }
  return scores;
}

void segment(std::span<const double> series, std::size_t offset, double smallest_effect,
             double alpha, std::vector<std::size_t>& found) {
  if (series.size() < 2 * kShortest) {
    return;
  }
  const Split split = best_split(normal_scores(series));
  if (split.place == 0 || split.score <= critical_score(series.size(), alpha)) {
    return;
  }
  const auto left = series.first(split.place);
  const auto right = series.subspan(split.place);
  const double before = median(left);
  if (before > 0 && std::abs(median(right) / before - 1) < smallest_effect) {
    return;
  }
  segment(left, offset, smallest_effect, alpha, found);
  found.push_back(offset + split.place);
  segment(right, offset + split.place, smallest_effect, alpha, found);
}

}  // namespace

std::vector<std::size_t> change_points(std::span<const double> series, double smallest_effect,
                                       double alpha) {
  std::vector<std::size_t> found;
  const std::size_t begin = series.size() > kWindow ? series.size() - kWindow : 0;
  segment(series.subspan(begin), begin, smallest_effect, alpha, found);
  return found;
}

}  // namespace plimsoll::bench
