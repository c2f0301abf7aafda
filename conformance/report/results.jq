# Joins the verdict lines of one runtime with the list of requirements. SPDX-License-Identifier: Apache-2.0
include "counts";
def table($text): $text | split("\n") | map(select(length > 0) | split("\t"));
def unescape: gsub("\\\\n"; "\n") | gsub("\\\\t"; "\t") | gsub("\\\\\\\\"; "\\");
def number: split(".") | map(tonumber? // 0);
def older($a; $b): ($a | number) < ($b | number);
# The worst of an id's checks is its verdict; a check that was skipped says nothing when another one was not.
def worst: map(.verdict)
  | if index("fail") then "fail" elif index("error") then "error" elif index("inconclusive") then "inconclusive"
    elif index("pass") then "pass" elif index("skip") then "skip" else "untested" end;

$selftest[0] as $selftest
| (if $spec != "" then $spec else $selftest.spec_known // null end) as $known
| (table($verdicts) | map({id: .[0], verdict: .[1], what: (.[2] // "" | unescape), expected: (.[3] // "" | unescape),
    seen: (.[4] // "" | unescape), test: .[5], reason: (.[6] // "" | unescape)}
    | if .reason == "" then del(.reason) else . end)) as $all
# A case of a table is as new as the newest of its clauses: a member that a runtime does not know yet is ignored by it.
| (table($requirements) | map({key: .[0], value: .[4]}) | from_entries) as $since
| (reduce ($all[] | select(.test | test("^(tables|types|extensions)[.]bats:"))) as $check ({};
    ($check.reason // "" | ltrimstr("since ")) as $said | ([$since[$check.id] // "", $said] | max_by(number)) as $new
    | .[$check.test + $check.what] |= ([. // "", $new] | max_by(number)))) as $newest
| ($all | map(($newest[.test + .what] // "") as $new
    | if $new != "" and $known != null and older($known; $new) and (older($known; $since[.id] // "") | not)
      then . + {verdict: "skip", reason: "feature: new in \($new); the runtime knows \($known)"}
      elif (.reason // "") | startswith("since ") then del(.reason) else . end)) as $checks
| (reduce $checks[] as $check ({}; .[$check.id] += [$check | del(.id)])) as $by_id
| (reduce table($untestable)[] as $row ({}; .[$row[0]] = $row[1])) as $why_not
| ($wanted | split("\n") | map({key: ., value: true}) | from_entries) as $wanted
| (table($requirements)[1:]
   | map(select($wanted[.[0]]))
   | map({id: .[0], level: .[1], binds: .[2], since: .[4], paraphrase: .[6],
          link: "https://github.com/opencontainers/runtime-spec/blob/v1.3.0/\(.[5])"}
         + ($by_id[.[0]] as $mine | if $mine then {verdict: ($mine | worst), checks: $mine}
            else {verdict: "untested"} + (if $why_not[.[0]] then {reason: $why_not[.[0]]} else {} end) end))
   | map(if .verdict != "untested" and $known != null and older($known; .since)
         then . + {observed: .verdict, verdict: "not-applicable", reason: "new in \(.since); the runtime knows \($known)"} else . end)
  ) as $list
| ($checks | map(select(.id == "suite.leftovers"))) as $left
| {schema: "plimsoll-conformance/1", suite: $suite, time: $time, kernel: $kernel, seconds: $seconds, level: $level,
   spec_version: $known, config_version: $selftest.config_version,
   runtime: {name: $name, path: $path, version: $version},
   verdict: (if $selftest.usable then $list | compliance else "unusable" end)}
+ (if $selftest.usable then {} else {reason: $selftest.reason, commands: $selftest.commands} end)
+ {counts: ($list | counts),
   requirements: $list,
   left_behind: ($left | map({test, seen})),
   details: ($details[0] | map({key: .test, value: del(.test)}) | from_entries),
   files: (table($times) | map({file: .[0], seconds: (.[1] | tonumber)}))}
