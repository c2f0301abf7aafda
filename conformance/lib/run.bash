# `run`: the self-test, then each file of tests in namespaces of its own, several at a time.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154  # the files of lib share their variables

runtimes=() names=() runtime_args=() adapters=() only=()
level=may spec='' jobs=$(nproc) out=conformance-results
export TIMEOUT=20

parse_run() {
  local last
  while [[ $# -gt 0 ]]; do
    [[ $# -gt 1 ]] || die "run: '$1' needs a value or is unknown"
    last=$((${#runtimes[@]} - 1))
    case $1 in
      --runtime) runtimes+=("$(realpath "$(command -v "$2" || die "no program '$2'")")") names+=('') runtime_args+=('') adapters+=('') ;;
      --name) names[last]=$2 ;;
      --runtime-args) runtime_args[last]=$2 ;;
      --adapter) adapters[last]=$2 ;;
      --level) level=$2 ;;
      --only) only+=("$2") ;;
      --spec) spec=$2 ;;
      --jobs) jobs=$2 ;;
      --timeout) TIMEOUT=$2 ;;
      --out) out=$2 ;;
      *) die "run: unknown option '$1'" ;;
    esac
    shift 2
  done
  [[ ${#runtimes[@]} -gt 0 ]] || die "run: which --runtime?"
  levels_from "$level" >/dev/null
}

# The driver and the probe: beside this program, in a build folder of the source tree, or built now.
find_programs() {
  local folder
  for folder in "${PLIMSOLL_CONFORMANCE_BIN:-}" "$HERE" "$(dirname "$0")" "$HERE/../build/release/bin" "$HERE/../build/dev/bin"; do
    if [[ -n $folder && -x $folder/conformance-probe && -x $folder/conformance-driver ]]; then
      export PROBE_SOURCE=$folder/conformance-probe DRIVER=$folder/conformance-driver
      return
    fi
  done
  echo "building the probe and the driver"
  export PROBE_SOURCE=$scratch/conformance-probe DRIVER=$scratch/conformance-driver
  ${CXX:-g++} -std=c++23 -O1 -static -D_GNU_SOURCE -I"$HERE/.." "$HERE"/probe/*.cc -o "$PROBE_SOURCE"
  ${CXX:-g++} -std=c++23 -O1 -I"$HERE/.." "$HERE"/driver/*.cc -o "$DRIVER"
}

# A process of its own session that outlives even SIGKILL of this program: it removes what namespaces do not take with them.
start_watchdog() {
  mkfifo "$scratch/alive"
  setsid bash -c '
    scratch=$1 tag=$2
    read -r <"$scratch/alive" || true
    for try in 1 2 3 4 5 6 7 8 9 10; do
      left=$(find /sys/fs/cgroup -depth -type d -name "*$tag*" 2>/dev/null)
      [[ -n $left ]] || break
      while read -r folder; do
        find "$folder" -depth -type d -exec rmdir {} + 2>/dev/null
      done <<<"$left"
      [[ $try -eq 1 ]] || sleep 0.2
    done
    rm -rf --one-file-system "$scratch"
  ' watchdog "$scratch" "$TAG" </dev/null >/dev/null 2>&1 &
  watchdog=$!
  exec {alive}>"$scratch/alive"
}

# isolated COMMAND...: in namespaces that die with the caller, even by SIGKILL.
isolated() {
  exec {alive}>&-
  exec setpriv --pdeathsig KILL unshare --mount --pid --net --uts --ipc --fork --kill-child=KILL --mount-proc \
    --propagation private "$@"
}

run_unit() { # FILE TEST-NAMES-REGEX
  local base=${1##*/} start=$EPOCHREALTIME
  base=${base%.bats}
  export WORK=$scratch/work/$base VERDICTS=$results/verdicts/$base DETAILS=$results/details TEST_TIMES=$results/test-times VIEW=native
  mkdir -p "$WORK"
  : >"$VERDICTS"
  ! grep -q '^# view: v2' "$1" || VIEW=v2
  (isolated "$LIB/unit" "$1" -f "$2") >"$results/logs/$base.tap" 2>&1 </dev/null || true
  awk -v a="$start" -v b="$EPOCHREALTIME" -v f="$base" 'BEGIN { printf "%s\t%.1f\n", f, b - a }' >>"$results/times"
}

# The files of the plan, those with most tests first.
run_units() {
  local file names running=0
  export -f run_unit isolated
  export scratch results alive
  while read -r file; do
    names=$(awk -F'\t' -v file="$file" '$1 == file { print $2 }' "$results/selected" | sed 's/[][\.*^$()+?{}|/]/\\&/g' | paste -sd'|')
    if [[ $running -ge $jobs ]]; then
      wait -n || true
      running=$((running - 1))
    fi
    # A shell of its own that dies with this one: a subshell would outlive it, and its unit with it.
    setpriv --pdeathsig KILL bash -c 'set -euo pipefail; exec {alive}>&-; run_unit "$@"' - "$HERE/tests/$file" "^($names)\$" &
    running=$((running + 1))
  done < <(cut -f1 "$results/selected" | sort | uniq -c | sort -rn | awk '{ print $2 }')
  wait_units
}
wait_units() {
  local job
  for job in $(jobs -rp); do
    [[ $job == "$watchdog" ]] || wait "$job" || true
  done
}

judge_runtime() { # INDEX
  local start=$SECONDS
  export RUNTIME=${runtimes[$1]} RUNTIME_ARGS=${runtime_args[$1]}
  local name=${names[$1]:-$(basename "$RUNTIME")} adapter=${adapters[$1]}
  [[ -n $adapter ]] || adapter=$(basename "$RUNTIME" | grep -oE '^(runc|crun|youki|runsc|kata|plimsoll)' || echo runc)
  export ADAPTER=$HERE/adapters/$adapter.conf
  [[ -r $ADAPTER ]] || die "no adapter '$adapter'"
  results=$out/$name
  rm -rf "$results"
  mkdir -p "$results"/{verdicts,details,logs}
  results=$(realpath "$results")
  export PLAN=$results/plan FEATURES=$results/features.json
  export WANTED=$results/wanted
  if [[ -n ${MUTANTS:-} ]]; then
    # A batch of mutants/run: the tests are chosen there, and what they find is judged there.
    cp "${MUTANTS%/*}"/{plan,selected,wanted,selftest.json} "$results"
  else
    make_plan "$PLAN"
    wanted_ids "$level" "${only[@]}" >"$WANTED"
    select_plan "$PLAN" <"$WANTED" >"$results/selected"
    [[ -s $results/selected ]] || die "no test proves '${only[*]}'"
    export WORK=$scratch/work/selftest VIEW=native
    mkdir -p "$WORK"
    (isolated "$LIB/unit" selftest "$results/selftest.json") >"$results/logs/selftest" 2>&1 </dev/null || true
  fi
  [[ -s $results/selftest.json ]] || jq -n --rawfile log "$results/logs/selftest" '{usable: false, reason: "the self-test did not end: \($log)"}' >"$results/selftest.json"
  jq '.features // empty' "$results/selftest.json" >"$FEATURES"
  SPEC_VERSION=$(jq -r '.config_version // ""' "$results/selftest.json")
  export SPEC_VERSION
  if jq -e .usable "$results/selftest.json" >/dev/null; then
    run_units
  fi
  if [[ -n ${MUTANTS:-} ]]; then
    cat "$results"/verdicts/* >"$results/verdicts.tsv"
    return
  fi
  make_results "$name" $((SECONDS - start))
  print_summary "$results/results.json"
}

verb_run() {
  local index worst=0
  parse_run "$@"
  [[ $EUID -eq 0 ]] || die "run: root is needed to make containers"
  mkdir -p "$out"
  scratch=$(mktemp -d "${TMPDIR:-/tmp}/pconf.XXXXXXXX")
  chmod 755 "$scratch"
  TAG=pc$(basename "$scratch" | cut -d. -f2)
  find_programs
  start_watchdog
  # What the caller's supervisor gave this shell is no business of the containers.
  unset NOTIFY_SOCKET LISTEN_FDS LISTEN_PID LISTEN_FDNAMES
  local run_tag=$TAG
  for index in "${!runtimes[@]}"; do
    # What one runtime leaves behind is not the next one's.
    export TAG=$run_tag-$index
    rm -rf --one-file-system "$scratch/work"
    mkdir "$scratch/work"
    judge_runtime "$index"
  done
  [[ -n ${MUTANTS:-} ]] || make_report "$out" "$out"/*/results.json
  exec {alive}>&-
  wait "$watchdog" || true
  [[ -z ${MUTANTS:-} ]] || return 0
  for index in "${!runtimes[@]}"; do
    result_status "$out/${names[$index]:-$(basename "${runtimes[$index]}")}/results.json" || worst=$(($? > worst ? $? : worst))
  done
  return "$worst"
}
