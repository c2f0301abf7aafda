# JUnit XML: one test case per requirement, its level as the class. SPDX-License-Identifier: Apache-2.0
def xml: tostring | gsub("[\u0000-\u0008\u000b\u000c\u000e-\u001f]"; "?") | @html;
(.requirements | map(select(.verdict != "untested"))) as $list
| "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
  "<testsuite name=\"\(.runtime.name | xml)\" tests=\"\($list | length)\" failures=\"\($list | map(select(.verdict == "fail")) | length)\" errors=\"\($list | map(select(.verdict == "error")) | length)\" skipped=\"\($list | map(select(.verdict == "skip" or .verdict == "not-applicable" or .verdict == "inconclusive")) | length)\" time=\"\(.seconds)\" timestamp=\"\(.time)\">",
  ($list[] | "  <testcase classname=\"\(.level | xml)\" name=\"\(.id | xml)\">",
    (if .verdict == "fail" or .verdict == "error" then
      "    <\(if .verdict == "fail" then "failure" else "error" end) message=\"\(.paraphrase | xml)\">\([.checks[] | select(.verdict == "fail" or .verdict == "error") | "\(.test)\n\(.what)\nexpected: \(.expected)\nseen: \(.seen)"] | join("\n\n") | xml)</\(if .verdict == "fail" then "failure" else "error" end)>"
     elif .verdict != "pass" then "    <skipped message=\"\(.reason // ([.checks[].reason // empty] | unique | join("; ")) | xml)\"/>" else empty end),
    "  </testcase>"),
  "</testsuite>"
