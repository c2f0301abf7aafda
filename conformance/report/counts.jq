# What a run's list of requirements amounts to. SPDX-License-Identifier: Apache-2.0

# The rules of documents bind their author: a runtime that takes a wrong document breaks none of its own.
def group: if .binds == "author" then "author" elif (.level | test("^(MUST|MUST NOT|REQUIRED)$")) then "must"
  elif (.level | test("SHOULD|RECOMMENDED")) then "should" elif .level == "implicit" then "implicit" else "may" end;

def counts: map(select(.verdict != "untested"))
  | group_by(group)
  | map({key: (.[0] | group),
     value: (. as $g | ["pass", "fail", "skip", "inconclusive", "not-applicable", "error"]
       | map({key: ., value: (. as $v | $g | map(select(.verdict == $v)) | length)}) | from_entries)}) | from_entries;

def compliance:
  if any(.[]; .verdict == "fail" and .binds != "author" and (.level | test("^(MUST|MUST NOT|REQUIRED|SHALL)$"))) then "non-compliant"
  elif any(.[]; .verdict == "error") then "error" else "compliant" end;
