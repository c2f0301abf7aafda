# TAP 14: one line per requirement, its checks as a subtest. SPDX-License-Identifier: Apache-2.0
def text: gsub("[\n\r]"; " ") | gsub("#"; "\\#");
def yaml: tojson;
.requirements | map(select(.verdict != "untested")) as $list
| "TAP version 14", "1..\($list | length)",
  ($list | to_entries[] | .key as $n | .value
   | (.checks | to_entries[]
      | if .key == 0 then "# Subtest: \($list[$n].id)" else empty end,
        "    \(if .value.verdict == "fail" or .value.verdict == "error" then "not ok" else "ok" end) \(.key + 1) - \(.value.what | text)"
        + (if .value.verdict == "skip" then " # SKIP \(.value.reason // "" | text)" else "" end),
        (if .value.verdict == "fail" or .value.verdict == "error" then
          "      ---", "      test: \(.value.test | yaml)", "      expected: \(.value.expected | yaml)", "      seen: \(.value.seen | yaml)", "      ..." else empty end)),
     "    1..\(.checks | length)",
     (if .verdict == "fail" or .verdict == "error" then "not ok" else "ok" end)
     + " \($n + 1) - \(.id) (\(.level)): \(.paraphrase | text)"
     + (if .verdict == "skip" then " # SKIP \([.checks[].reason // empty] | unique | join("; ") | text)"
        elif .verdict == "not-applicable" then " # SKIP \(.reason | text)"
        elif .verdict == "inconclusive" then " # SKIP inconclusive" else "" end))
