// The report: one HTML page that needs nothing but itself. No script and no network; charts are
// SVG. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "bench/history/history.h"

namespace plimsoll::bench {

// Trends of the history, and the runtimes of `sessions` (newest results) side by side. Either may
// be empty, not both.
std::string html_report(const std::vector<Point>& history, const std::vector<Results>& sessions);

}  // namespace plimsoll::bench
