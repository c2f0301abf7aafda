# What each test of the suite starts from: a bundle of its own, the runtime's operations, and `check` and `judge`, which
# write one verdict per requirement id. The environment comes from lib/unit.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash

: "${RUNTIME:?}" "${ADAPTER:?}" "${PROBE:?}" "${DRIVER:?}" "${WORK:?}" "${TAG:?}" "${PLAN:?}" "${VERDICTS:?}" "${DETAILS:?}"
CGROUP_ROOT=/sys/fs/cgroup
HERE=${BASH_SOURCE[0]%/*}

# shellcheck source=conformance/lib/runtime.bash
source "$HERE/runtime.bash"
# shellcheck source=conformance/lib/verdicts.bash
source "$HERE/verdicts.bash"
# shellcheck source=conformance/lib/host.bash
source "$HERE/host.bash"
# The helpers are not traced by bats: that costs more than they do.
if declare -F bats_add_debug_exclude_path >/dev/null; then bats_add_debug_exclude_path "$HERE"; fi

setup() {
  BEGUN=${EPOCHREALTIME/[.,]/}
  T=$WORK/$BATS_TEST_NUMBER # everything of this test
  mkdir "$T" "$T/state"
  STATE=$T/state/root # of the runtime; it makes this folder itself
  local file=${BATS_TEST_FILENAME##*/}
  ID=$TAG-${file%.bats}-$BATS_TEST_NUMBER # several files run at once
  NONCE=$ID-$RANDOM$RANDOM
  TEST_NAME=${BATS_TEST_FILENAME##*/}:$BATS_TEST_DESCRIPTION
  mutant_test
  : >"$T/commands"
  JUDGED=' ' FAILED=''
  claimed
  new_bundle main
  if declare -F setup_test >/dev/null; then setup_test; fi
}

# mutants/shim has another fault in each test: it must know which one runs, and `features` is asked of it, too.
MUTANT_ENVIRONMENT=()
mutant_test() {
  [[ -n ${MUTANTS:-} ]] || return 0
  export TEST_NAME
  MUTANT_ENVIRONMENT=(MUTANTS="$MUTANTS" TEST_NAME="$TEST_NAME" GOOD_RUNTIME="$GOOD_RUNTIME")
  if [[ $BATS_TEST_FILENAME == */features.bats && -n ${TEMPLATE[features]:-} ]]; then
    operate features
    printf '%s' "$stdout" >"$T/features.json"
    FEATURES=$T/features.json
  fi
}

teardown() {
  if declare -F teardown_test >/dev/null; then teardown_test; fi
  close_unjudged
  remove_containers
  end_background
  note_leftovers
  keep_details
  rm -rf --one-file-system "$T"
  printf '%s\t%s\n' "$TEST_NAME" "$((${EPOCHREALTIME/[.,]/} - BEGUN))" >>"$TEST_TIMES"
}

# -- bundles --

# new_bundle NAME: sets BUNDLE and ROOTFS: the base configuration and a root file system with nothing but the probe.
new_bundle() {
  BUNDLE=$T/$1
  ROOTFS=$BUNDLE/rootfs
  cp -a "$WORK/template" "$BUNDLE"
  EDITS=".linux.cgroupsPath = \"/$TAG/$ID\""
}

# config FILTER: changes the bundle's configuration by a jq filter. jq costs more than a container, so the changes wait for
# the next `create`.
config() { EDITS+="${EDITS:+ | }$1"; }
# write_config: the waiting changes, now. jq 1.6 cannot hold integers above 2^53: @N@ stands for the number N.
write_config() {
  [[ -n $EDITS ]] || return 0
  jq "$EDITS" "$BUNDLE/config.json" >"$BUNDLE/config.new" 2>"$T/jq.err" || harness_error "config: $(cat "$T/jq.err")"
  sed 's/"@\([-0-9]*\)@"/\1/g' "$BUNDLE/config.new" >"$BUNDLE/config.json"
  EDITS=''
}
# json_string TEXT: sets JSON.
json_string() {
  JSON=${1//\\/\\\\}
  JSON=${JSON//\"/\\\"}
  JSON=${JSON//$'\n'/\\n}
  JSON=\"${JSON//$'\t'/\\t}\"
}
json_strings() { # TEXT...: sets JSON to an array
  local word list=''
  for word in "$@"; do
    json_string "$word"
    list+=${list:+,}$JSON
  done
  JSON="[$list]"
}
# args WORD...: the program of the container.
args() {
  json_strings "$@"
  config ".process.args = $JSON"
}
add_mount() { # DESTINATION TYPE SOURCE OPTION,OPTION
  local options=() at source
  IFS=, read -r -a options <<<"${4:-}"
  json_string "$1"
  at=$JSON
  json_string "$3"
  source=$JSON
  json_strings "${options[@]}"
  config ".mounts += [{destination: $at, source: $source, options: $JSON ${2:+, type: \"$2\"}}]"
}
user_namespace() {
  config '.linux.namespaces += [{type: "user"}, {type: "network"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
    | .linux.gidMappings = [{containerID: 0, hostID: 200000, size: 65536}]'
  chown -h -R 100000:200000 "$ROOTFS"/{tmp,data,etc,dev} "$ROOTFS"
}
# hooks KIND WORD...: one hook of that kind, played by the probe, that writes a record to $T/hooks (startContainer hooks:
# to /tmp/hooks of the container).
hook() {
  local kind=$1 file=$T/hooks program=$PROBE
  [[ $kind != startContainer ]] || file=/tmp/hooks program=/bin/probe
  shift
  json_strings probe hook "$file" "$kind" "$@"
  config ".hooks.$kind += [{path: \"$program\", args: $JSON}]"
}
# All records of hooks and of a program that paused, in order of time, as one array in $T/report.json.
hook_records() {
  cat "$T/hooks" "$ROOTFS/tmp/hooks" "$ROOTFS/tmp/program" 2>/dev/null |
    jq -s 'sort_by(.time) | map(if .state then .state = (.state | try fromjson catch .) else . end)' >"$T/report.json"
}
# look_at PID NAME: a record of what /proc says of this process now, as a hook outside would see it.
look_at() { "$PROBE" hook "$T/hooks" "$2" <<<"{\"pid\": $1}"; }

# -- scenarios --

# run_probe [QUESTION...]: create, start, wait, delete; the program reports into $T/report.json. A step that fails ends
# the test: the ids that it has not judged by then fail.
run_probe() {
  args /bin/probe report "nonce=$NONCE" "$@"
  run_program
  reported
}
# reported: the program's output is a report of this run: the judge's $T/report.json.
reported() {
  [[ $(<"$T/$ID.out") == *"\"nonce\":\"$NONCE\"}" ]] ||
    step_failed "the program's report is missing or not of this run: $(head -c 300 "$T/$ID.out")"
  mv "$T/$ID.out" "$T/report.json"
}
run_program() {
  step create
  step start
  await_end
  step delete
}
# A container whose program waits for a signal.
paused() {
  args /bin/probe pause "$@"
  step create
  step start
  await_text "$T/$ID.out" started
}
# shellcheck disable=SC2120
await_end() { # [ID]: the container's program has ended
  local pid
  pid=$(member pid "${1:-$ID}")
  [[ ! $pid =~ ^[1-9][0-9]*$ ]] || "$PROBE" await "$pid" 10 ||
    step_failed "the container's program is still there after 10 s"
}
await_text() { # FILE TEXT
  "$PROBE" await-line "$1" "$2" 10 || step_failed "'$2' has not come within 10 s"
}
# background COMMAND...: runs beside the test and ends with it; its output goes to $T/background. Sets BACKGROUND.
background() {
  "$@" </dev/null >"$T/background" 2>&1 3>&- &
  BACKGROUND=$!
  JOBS+=("$BACKGROUND")
}
JOBS=()
end_background() {
  local job
  for job in "${JOBS[@]}"; do kill -KILL "$job" 2>/dev/null || true; done
  [[ ${#JOBS[@]} -eq 0 ]] || wait "${JOBS[@]}" 2>/dev/null || true
  JOBS=()
}
# finish: ends a paused container and deletes it.
finish() {
  local pid
  pid=$(member pid)
  step kill "$ID" KILL
  "$PROBE" await "$pid" 10 || step_failed "the container has survived SIGKILL"
  step delete
}

# table NAME: each case of tables/NAME.json, by the driver.
table() {
  write_config
  T=$T ID=$ID TEST_NAME=$TEST_NAME "$DRIVER" "$HERE/../tables/$1.json" || harness_error "the driver failed on table $1"
  JUDGED+="${CLAIMED# }"
  ! grep -qP "\tfail\t.*\Q$TEST_NAME\E\t" "$VERDICTS" || FAILED=1
}
