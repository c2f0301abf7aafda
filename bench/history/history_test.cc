// The history file, its trends, and the page made of them.
// SPDX-License-Identifier: Apache-2.0
#include "bench/history/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/history/report.h"
#include "bench/history/svg.h"
#include "bench/results/example_test.h"

namespace plimsoll::bench {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<Point> steps(const std::vector<double>& floors) {
  std::vector<Point> points;
  for (const double floor : floors) {
    Point point = points_of(example_results()).front();
    point.to_floor = floor;
    point.commit = "c" + std::to_string(points.size());
    points.push_back(point);
  }
  return points;
}

TEST(HistoryTest, GoldenLine) {
  const std::vector<Point> points = points_of(example_results());
  ASSERT_EQ(points.size(), 2U);  // neither the A/A run nor the floor
  const std::string line = point_line(points[0]);
  EXPECT_EQ(
      line,
      R"({"time":"2026-01-02T03:04:05Z","commit":"abc123","machine":"0123456789ab","subject":"ours",)"
      R"("bundle":"minimal","op":"run","us":[8000.0,7960.0,8040.0],"floor":[2.0,0.0],)"
      R"("counts":[100.0,400.0,110.0],"noise":0.0,"n":21})"
      "\n");
  EXPECT_EQ(point_line(parse_history(line).at(0)), line);
}

TEST(HistoryTest, ABadLineIsNamed) {
  const std::string good = point_line(points_of(example_results())[0]);
  try {
    parse_history(good + "{}\n");
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("history, line 2"));
  }
}

TEST(HistoryTest, MachinesNeverShareATrend) {
  std::vector<Point> points = steps({2, 2});
  points[1].machine = "another";
  EXPECT_EQ(trends_of(points).size(), 2U);
}

TEST(HistoryTest, NoiseIsLearnedFromTheSameBenchmarkOnly) {
  std::vector<Point> points = steps({2, 2, 2});
  points[0].noise = 0.02;
  points[1].noise = 0.04;
  points[2].noise = 0.5;
  points[2].bundle = "podman";
  EXPECT_NEAR(learned_noise(points, "0123456789ab", "minimal", "run"), 0.039, 1e-9);
  EXPECT_EQ(learned_noise(points, "elsewhere", "minimal", "run"), 0);
}

TEST(ReportTest, NamesTheChangeAndItsCommit) {
  std::vector<double> floors(12, 2.0);
  floors.insert(floors.end(), 12, 2.2);
  const std::string page = html_report(steps(floors), {});
  EXPECT_THAT(page, HasSubstr("+10.0 % c12"));
  EXPECT_THAT(page, HasSubstr("class=\"step worse\""));
  EXPECT_THAT(html_report(steps(std::vector<double>(24, 2.0)), {}), Not(HasSubstr("class=\"step")));
}

TEST(ReportTest, IsWholeByItself) {
  const std::string page = html_report(steps({2, 2, 2}), {example_results()});
  for (const char* outside : {"http:", "https:", "<script", "<link", "url(", "<img", "@import"}) {
    EXPECT_THAT(page, Not(HasSubstr(outside)));
  }
  EXPECT_THAT(page, HasSubstr("prefers-color-scheme:dark"));
  EXPECT_THAT(page, HasSubstr("width=device-width"));
  EXPECT_THAT(page, HasSubstr("other"));
}

TEST(ReportTest, NamesCannotBreakOut) {
  std::vector<Point> points = steps({2, 2});
  for (Point& point : points) {
    point.subject = "<script>alert('x')</script>";
    point.commit = "\"><b>";
  }
  const std::string page = html_report(points, {});
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("\"><b>")));
  EXPECT_EQ(escaped("<a b=\"c\">'&"), "&lt;a b=&quot;c&quot;&gt;&#39;&amp;");
}

TEST(ReportTest, NothingToReportIsAnError) {
  EXPECT_THROW(html_report({}, {}), std::runtime_error);
}

}  // namespace
}  // namespace plimsoll::bench
