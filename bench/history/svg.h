// Charts as SVG text. Colours are the page's classes, so that they follow its light or dark mode.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bench/history/history.h"

namespace plimsoll::bench {

// With &, <, > and quotes as entities: fit for text and attributes.
std::string escaped(std::string_view text);

// Line, intervals, change points, a title on each point. Names of values are for people ("3.1 x
// floor").
std::string trend_chart(const Trend& trend);
// A line without axes for a table's cell.
std::string sparkline(const Trend& trend);
// Every sample of each series as a point, median and its interval, one row for each subject, on one
// scale from 0. All series must be of the same bundle and operation.
std::string strip_chart(const std::vector<const Series*>& series);

}  // namespace plimsoll::bench
