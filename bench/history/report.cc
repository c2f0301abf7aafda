// The report page.
// SPDX-License-Identifier: Apache-2.0
#include "bench/history/report.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "bench/format/numbers.h"
#include "bench/format/table.h"
#include "bench/history/svg.h"

namespace plimsoll::bench {
namespace {

constexpr const char* kStyle = R"(
:root{--ink:#1b2430;--soft:#5b6776;--paper:#fbfcfd;--card:#fff;--rule:#dde3ea;--main:#0b6e8a;--band:#0b6e8a26;--bad:#b3261e;--good:#1c7a3d;--busy:#a86a00}
@media (prefers-color-scheme:dark){:root{--ink:#e6ebf1;--soft:#9aa7b6;--paper:#12171d;--card:#1a2129;--rule:#2c3641;--main:#5cc3e0;--band:#5cc3e026;--bad:#ff8a80;--good:#7fd89a;--busy:#f0b95a}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:74rem;margin:auto;padding:1rem}
h1{font-size:1.5rem;margin:.5rem 0}h2{font-size:1.15rem;margin:2rem 0 .5rem}h3{font-size:1rem;margin:1.25rem 0 .25rem}
p{margin:.35rem 0;color:var(--soft)}
section.chart,.scroll{background:var(--card);border:1px solid var(--rule);border-radius:.5rem;padding:.75rem;margin:.75rem 0;overflow-x:auto}
section.chart h3{margin-top:0}
table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums;width:100%}
th,td{padding:.3rem .6rem;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap}
th:first-child,td:first-child,th:last-child,td:last-child{text-align:left}
tr:last-child td{border-bottom:0}
a{color:var(--main)}a:focus-visible{outline:2px solid var(--main);outline-offset:2px}
svg{display:block;width:100%;height:auto;min-width:40rem}td svg{min-width:0;width:7.5rem}
svg text{fill:var(--soft);font:12px system-ui,sans-serif}
.grid{stroke:var(--rule)}.trend{fill:none;stroke:var(--main);stroke-width:1.8}.band{fill:var(--band)}
.point{fill:var(--main)}.point.busy{fill:var(--busy)}.sample{fill:var(--main);opacity:.35}
.median{stroke:var(--ink);stroke-width:2}.interval{stroke:var(--ink);stroke-width:5;opacity:.55}
.step{stroke-width:1.5;stroke-dasharray:5 4}.step.worse{stroke:var(--bad)}.step.better{stroke:var(--good)}
.worse{color:var(--bad)}.better{color:var(--good)}.busy{color:var(--busy)}
@media (max-width:40rem){main{padding:.5rem}body{font-size:15px}th,td{padding:.3rem .4rem}}
@media print{section.chart{break-inside:avoid}}
)";

std::string tag(std::string_view name, const std::string& inner) {
  return "<" + std::string(name) + ">" + inner + "</" + std::string(name) + ">";
}

std::string cell(const std::string& text, std::string_view kind = "") {
  return kind.empty() ? tag("td", escaped(text))
                      : "<td class=\"" + std::string(kind) + "\">" + escaped(text) + "</td>";
}

std::string anchor(const Trend& trend) {
  std::string name;
  for (const char c :
       trend.machine + "-" + trend.subject + "-" + trend.bundle + "-" + trend.operation) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    name += plain ? c : '-';
  }
  return name;
}

// The newest level against the one before it: 0.05 is 5 % slower; 0 without a change point.
double last_step(const Trend& trend) {
  const std::vector<std::size_t> changes = trend.changes();
  if (changes.empty()) {
    return 0;
  }
  std::vector<double> values;
  for (const Interval& value : trend.values()) {
    values.push_back(value.estimate);
  }
  const auto at = [&](std::size_t index) {
    return values.begin() + static_cast<std::ptrdiff_t>(index);
  };
  const std::size_t before = changes.size() > 1 ? changes[changes.size() - 2] : 0;
  const std::vector<double> old_level(at(before), at(changes.back()));
  const std::vector<double> new_level(at(changes.back()), values.end());
  return median(new_level) / median(old_level) - 1;
}

std::string step_text(double step) {
  return step == 0 ? "steady" : (step > 0 ? "+" : "\u2212") + fixed(std::abs(step) * 100, 1) + " %";
}

std::string overview(std::vector<Trend> trends) {
  std::ranges::sort(trends, std::greater<>(),
                    [](const Trend& trend) { return std::abs(last_step(trend)); });
  std::string rows;
  for (const Trend& trend : trends) {
    const Point& last = trend.points.back();
    const double step = last_step(trend);
    rows += "<tr><td><a href=\"#" + anchor(trend) + "\">" +
            escaped(trend.subject + " " + trend.bundle + " " + trend.operation) + "</a></td>" +
            tag("td", sparkline(trend)) + cell(duration_text(last.wall_ns.estimate)) +
            cell(last.to_floor > 0 ? fixed(last.to_floor, 2) : "-") + cell(fixed(last.faults, 0)) +
            cell(fixed(last.rss_kb, 0)) + cell(last.calls > 0 ? fixed(last.calls, 0) : "-") +
            cell(step_text(step), step > 0   ? "worse"
                                  : step < 0 ? "better"
                                             : "") +
            "</tr>\n";
  }
  return "<div class=\"scroll\" "
         "tabindex=\"0\"><table><thead><tr><th>benchmark</th><th>trend</th><th>now</th><th>x "
         "floor</th><th>faults</th><th>kB</th><th>calls</th><th>last "
         "change</th></tr></thead><tbody>\n" +
         rows + "</tbody></table></div>\n";
}

std::string uri_encoded(const std::string& text) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == ',' || c == '-';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += digits[byte >> 4U];
      out += digits[byte & 15U];
    }
  }
  return out;
}

std::string csv_link(const std::vector<Point>& history) {
  std::string csv =
      "time,commit,machine,subject,bundle,operation,median_ns,low_ns,high_ns,to_floor,faults,kb,"
      "calls,rounds\n";
  for (const Point& point : history) {
    csv += point.time + "," + point.commit + "," + point.machine + "," + point.subject + "," +
           point.bundle + "," + point.operation;
    for (const double value : {point.wall_ns.estimate, point.wall_ns.low, point.wall_ns.high}) {
      csv += "," + fixed(value, 0);
    }
    csv += "," + fixed(point.to_floor, 4) + "," + fixed(point.faults, 0) + "," +
           fixed(point.rss_kb, 0) + "," + fixed(point.calls, 0) + "," +
           std::to_string(point.rounds) + "\n";
  }
  return "<p><a download=\"plimsoll-bench.csv\" href=\"data:text/csv;charset=utf-8," +
         uri_encoded(csv) + "\">All points as CSV</a></p>\n";
}

std::string history_part(const std::vector<Point>& history) {
  std::string out;
  std::vector<std::string> machines;
  for (const Point& point : history) {
    if (std::ranges::find(machines, point.machine) == machines.end()) {
      machines.push_back(point.machine);
    }
  }
  const std::vector<Trend> all = trends_of(history);
  for (const std::string& machine : machines) {
    std::vector<Trend> trends;
    std::ranges::copy_if(all, std::back_inserter(trends),
                         [&](const Trend& trend) { return trend.machine == machine; });
    out += tag("h2", "Trends on machine " + escaped(machine)) + "\n" + overview(trends);
    for (const Trend& trend : trends) {
      out += "<section class=\"chart\" id=\"" + anchor(trend) + "\" tabindex=\"0\">" +
             tag("h3", escaped(trend.subject + " " + trend.bundle + " " + trend.operation)) +
             trend_chart(trend) + "</section>\n";
    }
  }
  return out + (history.empty() ? "" : csv_link(history));
}

std::string html_table(const Table& table) {
  std::string head;
  for (const std::string& text : table.header) {
    head += tag("th", escaped(text));
  }
  std::string body;
  for (const Cells& row : table.rows) {
    std::string cells;
    for (const std::string& text : row) {
      cells +=
          cell(text, &text == &row.back() && (text == "worse" || text == "better") ? text : "");
    }
    body += tag("tr", cells) + "\n";
  }
  return "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>" + head +
         "</tr></thead><tbody>\n" + body + "</tbody></table></div>\n";
}

std::string session_part(const Results& results) {
  std::string out = tag("h2", "Runtimes side by side, " + escaped(results.time)) + "\n" +
                    tag("p", escaped(machine_line(results))) + "\n";
  const Summary summary = summarize(results);
  for (const Table& table : tables(results, summary)) {
    std::vector<const Series*> series;
    for (const Row& row : summary.rows) {
      if (row.bundle + ": " + row.operation == table.title) {
        series.push_back(row.series);
      }
    }
    const bool busy = table.note.contains("BUSY");
    out += "<section class=\"chart\">" + tag("h3", escaped(table.title)) +
           (busy ? "<p class=\"busy\">" : "<p>") + escaped(table.note) + "</p>" +
           strip_chart(series) + "</section>\n" + html_table(table);
  }
  return out;
}

}  // namespace

std::string html_report(const std::vector<Point>& history, const std::vector<Results>& sessions) {
  if (history.empty() && sessions.empty()) {
    throw std::runtime_error("nothing to report: the history is empty and no session is given");
  }
  std::string body = tag("h1", "Container runtime start-up") +
                     tag("p",
                         "Wall time of whole commands. Points carry their figures as tooltips; "
                         "bands and bars are 95 % intervals; "
                         "dashed lines are changes of level. \u201cx floor\u201d is the multiple "
                         "of a program that does only the kernel work.") +
                     "\n";
  for (const Results& results : sessions) {
    body += session_part(results);
  }
  body += history_part(history);
  return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
         "content=\"width=device-width,initial-scale=1\"><meta name=\"color-scheme\" "
         "content=\"light dark\">"
         "<title>Container runtime start-up</title><style>" +
         std::string(kStyle) + "</style></head><body><main>\n" + body + "</main></body></html>\n";
}

}  // namespace plimsoll::bench
