# The comparison as Markdown: a sum for each runtime, and each clause that one of them does not keep. SPDX-License-Identifier: Apache-2.0
def cell: gsub("\\|"; "\\|") | gsub("\n"; " ");
def shown: if . == "pass" then "pass" elif . == "fail" then "**fail**" elif . == "not-applicable" then "n/a" else . end;
.runtimes as $runs
| "# Conformance of \([$runs[].runtime.name] | join(", "))", "",
  "Made by `plimsoll-conformance report`; suite \($runs[0].suite), \($runs[0].kernel), \($runs[0].time[:10]). `n/a`: newer than the specification that the runtime knows.", "",
  "| | \([$runs[].runtime.name] | join(" | ")) |", "|---|\($runs | map("---|") | join(""))",
  "| version | \([$runs[].runtime.version | cell] | join(" | ")) |",
  "| judged by specification | \([$runs[].spec_version // "-"] | join(" | ")) |",
  "| verdict | \([$runs[].verdict] | join(" | ")) |",
  (["must", "should", "may", "implicit", "author"][] as $group
   | "| \($group): pass, fail, skip, n/a | \([$runs[] | (.counts[$group] // {}) | "\(.pass // 0), \((.fail // 0) + (.error // 0)), \((.skip // 0) + (.inconclusive // 0)), \(.["not-applicable"] // 0)"] | join(" | ")) |"),
  "| tests that left something behind | \([$runs[].left_behind | length | tostring] | join(" | ")) |",
  "| seconds | \([$runs[].seconds | tostring] | join(" | ")) |", "",
  "| clause | level | \([$runs[].runtime.name] | join(" | ")) |", "|---|---|\($runs | map("---|") | join(""))",
  ([$runs[].requirements | map({key: .id, value: .}) | from_entries] as $by
   | $runs[0].requirements[] | . as $one
   | [$by[][$one.id].verdict // "untested"] as $verdicts
   | select($verdicts | any(. == "fail" or . == "error"))
   | "| [\($one.id)](\($one.link)): \($one.paraphrase | cell) | \(if $one.binds == "author" then "author " else "" end)\($one.level) | \([$verdicts[] | shown] | join(" | ")) |")
