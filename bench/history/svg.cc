// Charts as SVG text.
// SPDX-License-Identifier: Apache-2.0
#include "bench/history/svg.h"

#include <algorithm>
#include <cmath>

#include "bench/format/numbers.h"

namespace plimsoll::bench {
namespace {

std::string number(double value) { return fixed(value, 1); }

struct Scale {
  double from, to;    // values
  double start, end;  // places
  double operator()(double value) const {
    return to == from ? start : start + (value - from) / (to - from) * (end - start);
  }
};

// A round step that gives about five marks.
double step_of(double range) {
  const double rough = range / 5;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (rough <= factor * power) {
      return factor * power;
    }
  }
  return 10 * power;
}

std::string value_text(const Trend& trend, double value) {
  return trend.by_floor() ? fixed(value, 2) + " x floor" : duration_text(value);
}

std::string line(double x1, double y1, double x2, double y2, std::string_view kind) {
  return "<line class=\"" + std::string(kind) + "\" x1=\"" + number(x1) + "\" y1=\"" + number(y1) +
         "\" x2=\"" + number(x2) + "\" y2=\"" + number(y2) + "\"/>";
}

std::string label(double x, double y, std::string_view anchor, const std::string& text) {
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" +
         std::string(anchor) + "\">" + escaped(text) + "</text>";
}

std::string circle(double x, double y, double r, std::string_view kind, const std::string& title) {
  std::string out = "<circle class=\"" + std::string(kind) + "\" cx=\"" + number(x) + "\" cy=\"" +
                    number(y) + "\" r=\"" + number(r) + "\"";
  return out + (title.empty() ? "/>" : "><title>" + escaped(title) + "</title></circle>");
}

std::string open_svg(double width, double height, const std::string& title) {
  return "<svg viewBox=\"0 0 " + fixed(width, 0) + " " + fixed(height, 0) +
         "\" role=\"img\"><title>" + escaped(title) + "</title>";
}

struct Range {
  double low, high;
};

Range range_of(const std::vector<Interval>& values) {
  Range range{values.front().estimate, values.front().estimate};
  for (const Interval& value : values) {
    range.low = std::min({range.low, value.low, value.estimate});
    range.high = std::max({range.high, value.high, value.estimate});
  }
  // A flat line stays in the middle and noise does not fill the chart.
  const double air = std::max((range.high - range.low) * 0.1, range.high * 0.03);
  return {range.low - air, range.high + air};
}

std::string band(const std::vector<Interval>& values, const Scale& x, const Scale& y) {
  std::string there;
  std::string back;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::string place = number(x(static_cast<double>(i))) + ",";
    there += place + number(y(values[i].high)) + " ";
    back = place + number(y(values[i].low)) + " " + back;
  }
  return "<polygon class=\"band\" points=\"" + there + back + "\"/>";
}

std::string path(const std::vector<Interval>& values, const Scale& x, const Scale& y) {
  std::string points;
  for (std::size_t i = 0; i < values.size(); ++i) {
    points += number(x(static_cast<double>(i))) + "," + number(y(values[i].estimate)) + " ";
  }
  return "<polyline class=\"trend\" points=\"" + points + "\"/>";
}

std::string point_title(const Trend& trend, std::size_t index, const Interval& value) {
  const Point& point = trend.points[index];
  return point.time + (point.commit.empty() ? "" : " " + point.commit) + ": " +
         value_text(trend, value.estimate) + " (" + value_text(trend, value.low) + " to " +
         value_text(trend, value.high) + "), " + duration_text(point.wall_ns.estimate) + ", " +
         std::to_string(point.rounds) + " rounds" + (point.busy ? ", machine busy" : "");
}

double level(const std::vector<Interval>& values, std::size_t from, std::size_t to) {
  std::vector<double> part;
  for (std::size_t i = from; i < to; ++i) {
    part.push_back(values[i].estimate);
  }
  return median(part);
}

// A dashed line before each new level, with the step in percent.
std::string change_marks(const Trend& trend, const std::vector<Interval>& values, const Scale& x,
                         double top, double bottom) {
  std::vector<std::size_t> ends = trend.changes();
  std::string out;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const std::size_t next = i + 1 < ends.size() ? ends[i + 1] : values.size();
    const double change = level(values, ends[i], next) / level(values, begin, ends[i]) - 1;
    const double place = x(static_cast<double>(ends[i]) - 0.5);
    out += line(place, top, place, bottom, change > 0 ? "step worse" : "step better");
    out += label(place + 4, top + 10, "start",
                 (change > 0 ? "+" : "\u2212") + fixed(std::abs(change) * 100, 1) + " % " +
                     trend.points[ends[i]].commit);
    begin = ends[i];
  }
  return out;
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string trend_chart(const Trend& trend) {
  constexpr double kWidth = 760, kHeight = 240, kLeft = 92, kRight = 12, kTop = 14, kBottom = 26;
  const std::vector<Interval> values = trend.values();
  const Range range = range_of(values);
  const Scale x{0, static_cast<double>(std::max<std::size_t>(values.size() - 1, 1)), kLeft + 8,
                kWidth - kRight - 8};
  const Scale y{range.low, range.high, kHeight - kBottom, kTop};
  std::string out =
      open_svg(kWidth, kHeight, trend.subject + " " + trend.bundle + " " + trend.operation);
  const double step = step_of(range.high - range.low);
  for (double mark = std::ceil(range.low / step) * step; mark <= range.high; mark += step) {
    out += line(kLeft, y(mark), kWidth - kRight, y(mark), "grid");
    out += label(kLeft - 6, y(mark) + 4, "end", value_text(trend, mark));
  }
  out += band(values, x, y) + path(values, x, y) +
         change_marks(trend, values, x, kTop, kHeight - kBottom);
  for (std::size_t i = 0; i < values.size(); ++i) {
    out += circle(x(static_cast<double>(i)), y(values[i].estimate), 3,
                  trend.points[i].busy ? "point busy" : "point", point_title(trend, i, values[i]));
  }
  out += label(kLeft, kHeight - 6, "start", trend.points.front().time);
  out += label(kWidth - kRight, kHeight - 6, "end", trend.points.back().time);
  return out + "</svg>\n";
}

std::string sparkline(const Trend& trend) {
  constexpr double kWidth = 120, kHeight = 28;
  const std::vector<Interval> values = trend.values();
  const Range range = range_of(values);
  const Scale x{0, static_cast<double>(std::max<std::size_t>(values.size() - 1, 1)), 3, kWidth - 3};
  const Scale y{range.low, range.high, kHeight - 3, 3};
  std::string out = open_svg(kWidth, kHeight, "trend");
  out += path(values, x, y);
  out += circle(x(static_cast<double>(values.size() - 1)), y(values.back().estimate), 2.5, "point",
                "");
  return out + "</svg>";
}

std::string strip_chart(const std::vector<const Series*>& series) {
  constexpr double kWidth = 760, kLeft = 150, kRight = 150, kRow = 38, kFoot = 24;
  const double height = kRow * static_cast<double>(series.size()) + kFoot;
  double highest = 0;
  for (const Series* one : series) {
    highest = std::max(highest, quantile(one->values(&Usage::wall_ns), 0.99));
  }
  const Scale x{0, highest * 1.05, kLeft, kWidth - kRight};
  std::string out =
      open_svg(kWidth, height, series.front()->bundle + " " + series.front()->operation);
  const double step = step_of(highest);
  for (double mark = 0; mark <= highest; mark += step) {
    out += line(x(mark), 0, x(mark), height - kFoot, "grid");
    out += label(x(mark), height - 8, "middle", mark == 0 ? "0" : duration_text(mark));
  }
  for (std::size_t row = 0; row < series.size(); ++row) {
    const Series& one = *series[row];
    const double middle = kRow * (static_cast<double>(row) + 0.5);
    const std::vector<double> values = one.values(&Usage::wall_ns);
    for (std::size_t i = 0; i < values.size(); ++i) {
      // Spread by the sample's number, not by chance: the page is the same for the same results.
      // Beyond the 99th percentile of the slowest lies the edge.
      const double offset = (static_cast<double>(i * 7 % 11) - 5) * 1.6;
      out += circle(x(std::min(values[i], highest * 1.04)), middle + offset, 1.6, "sample", "");
    }
    const Interval center = median_interval(values);
    out += line(x(center.low), middle, x(center.high), middle, "interval");
    out += line(x(center.estimate), middle - 12, x(center.estimate), middle + 12, "median");
    out += label(kLeft - 8, middle + 4, "end",
                 one.subject + (one.role == Role::again ? " again" : ""));
    out += label(kWidth - kRight + 8, middle + 4, "start", duration_text(center.estimate));
  }
  return out + "</svg>\n";
}

}  // namespace plimsoll::bench
