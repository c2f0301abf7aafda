# A table of lines and branches of each file, from llvm-cov's summary. SPDX-License-Identifier: Apache-2.0
def percent: (. * 10 | round) as $tenths | "\($tenths / 10 | floor).\($tenths % 10) %";
def row($name): "| \($name) | \(.lines.count) | \(.lines.percent | percent) | \(.branches.count) | \(.branches.percent | percent) |";
"| file | lines | covered | branches | covered |", "|---|---|---|---|---|",
(.data[0].files | sort_by(.filename)[] | .filename as $name | .summary | row($name | ltrimstr($root))),
(.data[0].totals | row("all")),
(if (.data[0].files | length) != $wanted then "\($wanted - (.data[0].files | length)) files of fuzz/parsers.list have no code in any target" else empty end)
