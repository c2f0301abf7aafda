# Results of one runtime that were made in parts (by --only) become one; of what stands in several the last counts.
# SPDX-License-Identifier: Apache-2.0
include "counts";
($order | split("\n")[1:] | map(select(. != "")) | map(split("\t")[0])) as $ids
| (reduce range($ids | length) as $at ({}; .[$ids[$at]] = $at)) as $place
| [.[] | . + {same: [.runtime.name, .runtime.version, .spec_version, .kernel, .suite]}] as $all
| (reduce $all[].same as $same ([]; if any(.[]; . == $same) then . else . + [$same] end)) as $each
| [$each[] as $same | [$all[] | select(.same == $same)] as $parts
   | if ($parts | length) == 1 or any($parts[]; .verdict == "unusable") then $parts[-1]
     else
       (reduce $parts[].requirements[] as $one ({};
         if $one.verdict == "untested" and .[$one.id] then . else .[$one.id] = $one end) | [.[]] | sort_by($place[.id])) as $list
       | $parts[-1] + {requirements: $list, counts: ($list | counts), verdict: ($list | compliance), seconds: ([$parts[].seconds] | add),
           left_behind: ([$parts[].left_behind[]] | unique),
           details: (reduce $parts[].details as $some ({}; . + $some)),
           files: ([$parts[].files[]] | group_by(.file) | map({file: .[0].file, seconds: ([.[].seconds] | add)}))}
     end
   | del(.same)]
