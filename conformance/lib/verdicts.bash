# Verdicts: one line per judged requirement in $VERDICTS, fields separated by tabs:
# id, verdict, what was checked, expected, seen, test, reason. The entry program makes the results from these lines.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154  # the files of lib share their variables

# The requirements that the running test claims: by its tags, or by the table that it hands to the driver.
# Processes are dear: what the shell can do itself, it does.
claimed() {
  local file name ids
  CLAIMED=' '
  while IFS=$'\t' read -r file name ids; do
    [[ $file != "${BATS_TEST_FILENAME##*/}" || $name != "$BATS_TEST_DESCRIPTION" ]] || CLAIMED=" $ids "
  done <"$PLAN"
}
DIFFERENCE='' # what the last condition expected and saw

one_field() { # TEXT: escaped as jq's @tsv does
  local text=${1:0:2000}
  text=${text//\\/\\\\}
  text=${text//$'\t'/\\t}
  text=${text//$'\n'/\\n}
  printf '%s' "${text//$'\r'/\\r}"
}
# verdict ID VERDICT WHAT EXPECTED SEEN [REASON]
verdict() {
  printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$(one_field "$3")" "$(one_field "$4")" "$(one_field "$5")" \
    "$TEST_NAME" "$(one_field "${6:-}")" >>"$VERDICTS"
  JUDGED+="$1 "
  case $2 in fail | error) FAILED=1 ;; esac
}
# differs EXPECTED SEEN: what a condition says when it does not hold.
differs() {
  DIFFERENCE=$(one_field "$1")$'\t'$(one_field "$2")
  return 1
}

# check ID[,ID...] WHAT CONDITION...: judges these requirements by one condition, and goes on whatever comes out.
check() {
  local ids=$1 what=$2 id outcome=pass expected='' seen=''
  shift 2
  DIFFERENCE=''
  if ! "$@"; then
    outcome=fail
    IFS=$'\t' read -r expected seen <<<"${DIFFERENCE:-${*@Q}}"
  fi
  for id in ${ids//,/ }; do
    claims "$id"
    verdict "$id" "$outcome" "$what" "${expected//\\n/$'\n'}" "${seen//\\n/$'\n'}"
  done
  return 0
}

claims() { [[ $CLAIMED == *" $1 "* ]] || harness_error "the test judges '$1', which it does not claim"; }

# judge [FILE] <<TABLE: lines "ID   EXPRESSION   =>   TEST". EXPRESSION picks from FILE, by default $T/report.json, TEST judges
# what it picked; both are jq, run once for the whole table. $HOST is what the probe reports outside.
judge() {
  local line id select test judged='' program='' file=${1:-$T/report.json} host=$WORK/host.json
  [[ -s $host ]] || "$PROBE" report list:/ fs:/proc >"$host"
  while IFS= read -r line; do
    read -r id select <<<"$line"
    [[ -n $id ]] || continue
    claims "$id"
    JUDGED+="$id "
    judged+="$id "
    test=${select##*=> }
    select=${select%=>*}
    json_string "$select=> $test"
    line=$JSON
    json_string "$test"
    program+="${program:+,}judged(\"$id\"; ($select); ($test); $line; $JSON)"
  done
  line=$(jq -r --arg test "$TEST_NAME" --argjson HOST "$(<"$host")" "$JUDGED_DEFINITION $program" "$file" 2>"$T/jq.err") || {
    jq . "$file" >/dev/null 2>&1 && harness_error "judge: $(cat "$T/jq.err")"
    for id in $judged; do verdict "$id" fail "a JSON document" "JSON" "$(head -c 500 "$file")"; done
    return 0
  }
  printf '%s\n' "$line" >>"$VERDICTS"
  [[ $line != *$'\tfail\t'* ]] || FAILED=1
}
# An expression that fails, or that gives nothing, is seen as such and fails the test.
JUDGED_DEFINITION='def mount_at($at): [.mounts[] | select(.point == $at)] | last;
  def flags: .options | split(","); def super: .super | split(",");
  def shown($w): flags | index($w) != null; def lacks($w): flags | index($w) == null;
  def judged($id; pick; hold; $what; $expected):
  (try ([pick] | if length == 1 then .[0] else {"values": .} end) catch "error: \(.)") as $seen
  | (try ([$seen | hold] | length > 0 and all(. != false and . != null)) catch false) as $pass
  | [$id, (if $pass then "pass" else "fail" end), ($what | gsub(" +"; " ")), $expected, ($seen | tojson | .[:1500]), $test, ""] | @tsv;'

# -- conditions --

# What a file holds, for a check: one that is missing is what the check says of it, not the test's end.
text_of() { cat "$1" 2>&1 || true; }
equal() { [[ $1 == "$2" ]] || differs "$2" "$1"; } # SEEN EXPECTED
exists() { [[ -e $1 || -L $1 ]] || differs "$1 exists" "it does not"; }
absent() { [[ ! -e $1 && ! -L $1 ]] || differs "$1 does not exist" "it does"; }
contains() { [[ $1 == *"$2"* ]] || differs "'$2' is in it" "$1"; } # TEXT PART
gone() { [[ ! -d /proc/$1 ]] || grep -q '^State:.Z' "/proc/$1/status" || differs "process $1 has ended" "it runs"; }
alive() { [[ -d /proc/$1 ]] && ! gone "$1" || differs "process $1 runs" "it does not"; }
state_holds() { # JQ-ARGUMENTS... over $T/state.json
  jq -e "$@" "$T/state.json" >/dev/null 2>&1 || differs "${*: -1}" "$(jq -c . "$T/state.json" 2>&1)"
}
holds() { # JQ-ARGUMENTS... over $T/report.json
  jq -e "$@" "$T/report.json" >/dev/null 2>&1 || differs "${*: -1}" "$(jq -c . "$T/report.json" 2>&1 | head -c 1500)"
}

# -- ends of a test --

step_failed() { # WHY
  printf '%s' "$1" >"$T/step"
  printf '# step failed: %s\n' "$1" | tee -a "$T/commands" >&2
  return 1
}
# or_inconclusive OPERATION...: a step that a runtime may refuse for another reason than what the test is about.
or_inconclusive() {
  operate "$@"
  [[ $status -eq 0 ]] || {
    printf '%s ended with status %s: %s' "$1" "$status" "$stderr" >"$T/unclear"
    return 1
  }
}
harness_error() {
  printf '%s' "$1" >"$T/harness"
  echo "harness error: $1" >&2
  exit 1
}
# skip_test REASON: a word for machines before the colon (host, kernel, root, feature, adapter), then what is missing.
skip_test() {
  printf '%s' "$1" >"$T/skip"
  skip "$1"
}
# skip_ids REASON ID...: only these.
skip_ids() {
  local reason=$1 id
  shift
  for id in "$@"; do verdict "$id" skip "not tried" "" "" "$reason"; done
}
# What the test claims and has not judged: skipped with the test, failed with its step, or an error of the suite.
close_unjudged() {
  local id what=error reason="the test ended before it judged this"
  if [[ -s $T/harness ]]; then
    reason=$(cat "$T/harness")
  elif [[ -s $T/skip ]]; then
    what=skip reason=$(cat "$T/skip")
  elif [[ -s $T/unclear ]]; then
    what=inconclusive reason=$(cat "$T/unclear")
  elif [[ -s $T/step ]]; then
    what=fail reason=$(cat "$T/step")
  fi
  for id in $CLAIMED; do
    if [[ $JUDGED != *" $id "* ]]; then
      verdict "$id" "$what" "the steps up to the check" "they succeed" "$reason" "$reason"
    fi
  done
}
# The commands and the changed configurations of a test in which something failed.
keep_details() {
  local file name
  [[ -n $FAILED ]] || return 0
  name=$(printf '%s' "$TEST_NAME" | tr -c 'A-Za-z0-9.\n' '-')
  {
    jq -Rsn --arg test "$TEST_NAME" --rawfile commands "$T/commands" '{test: $test, commands: $commands}'
    for file in "$T"/config-*; do
      [[ ! -f $file ]] || diff -U2 --label base --label "${file##*/config-}" <(jq -S . "$WORK/template/config.json") <(jq -S . "$file" 2>&1) |
        jq -Rs '{config_difference: .}' || true
    done
  } | jq -s '(map(select(.test)) | .[0]) + {config_difference: (map(.config_difference // empty) | join("\n") | .[:8000])}' \
    >"$DETAILS/$name.json"
}
# What stands of the test's containers: lines "cgroup: PATH", "state: PATH", "mount: PATH".
leftovers() {
  local path mounts
  shopt -s nullglob
  for path in "$CGROUP_ROOT"/*"$ID"*/ "$CGROUP_ROOT"/*/*"$ID"*/ "$CGROUP_ROOT"/*/*/*"$ID"*/; do echo "cgroup: ${path%/}"; done
  for path in "$STATE"/*"$ID"*; do echo "state: $path"; done
  shopt -u nullglob
  mounts=$(</proc/self/mountinfo)
  while [[ $mounts =~ \ ($T/[^ ]*)\  ]]; do
    echo "mount: ${BASH_REMATCH[1]}"
    mounts=${mounts//" ${BASH_REMATCH[1]} "/ }
  done
}
# What the runtime has left behind, or killed, after all its containers were deleted is a failure of its own.
note_leftovers() {
  local _ left pid state
  for pid in $DECOYS; do
    state=''
    read -r _ _ state _ 2>/dev/null <"/proc/$pid/stat" || true
    if [[ ${state:-Z} == Z && ! -e $WORK/dead-$pid ]]; then
      : >"$WORK/dead-$pid"
      verdict suite.leftovers fail "no process but the container's is killed" "process $pid runs" "it has been killed"
    fi
  done
  for _ in 1 2 3 4 5 6 7 8; do
    left=$(leftovers)
    [[ -n $left ]] || return 0
    sleep 0.05 # the kernel removes what belongs to a dead process a little later, and tells nobody
  done
  verdict suite.leftovers fail "nothing is left after the last delete" "nothing" "$left"
}
