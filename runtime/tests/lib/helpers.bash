# What every suite here starts from: a bundle of its own per test, the runtime under test as `rt`, and words to say what
# must hold. A suite knows the runtime only as $RUNTIME; `RUNTIME=/usr/sbin/runc` judges the suite itself.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash

: "${RUNTIME:?the path of the runtime under test}"
: "${PROBE:?the path of the probe program; runtime/tests/run builds it}"
RUNTIME_NAME=$(basename "$RUNTIME")
CGROUP_ROOT=/sys/fs/cgroup

setup_file() {
  export WORK TAG STATE
  WORK=$(mktemp -d "${TMPDIR:-/tmp}/plimsoll-test.XXXXXXXX")
  chmod 711 "$WORK"
  TAG=$(basename "$WORK")
  STATE=$WORK/state/of/runtime # deep, so that a path that climbs out of it is noticed
  mkdir -p "$WORK/state/of" "$WORK/bundles"
  make_template "$WORK/template"
  if declare -F setup_suite_file >/dev/null; then setup_suite_file; fi
}

teardown_file() {
  remove_cgroups
  rm -rf --one-file-system "$WORK"
}

setup() {
  ID=$TAG-$BATS_TEST_NUMBER
  new_bundle main
  if declare -F setup_test >/dev/null; then setup_test; fi
}

teardown() {
  local dir
  if declare -F teardown_test >/dev/null; then teardown_test; fi
  for dir in "$STATE"/*/; do
    [[ -d $dir ]] || continue
    rt delete --force "$(basename "$dir")" </dev/null >/dev/null 2>&1 || true
  done
}

# -- bundles --

make_template() {
  local root=$1 applet
  mkdir -p "$root"/{bin,dev,etc,proc,sys,tmp,root,home,var,run,data}
  cp "$(command -v busybox)" "$root/bin/busybox"
  cp "$PROBE" "$root/bin/probe"
  for applet in sh cat echo ls id true false sleep test touch mkdir rm mknod mount umount stat kill ps env head wc \
    readlink dd chmod chown seq grep hostname pwd date tty stty ln ulimit od trap nproc find sed; do
    ln -s busybox "$root/bin/$applet"
  done
  printf 'root:x:0:0:root:/root:/bin/sh\nsailor:x:1000:1000::/home:/bin/sh\n' >"$root/etc/passwd"
  printf 'root:x:0:\nsailor:x:1000:\n' >"$root/etc/group"
  chmod 1777 "$root/tmp"
}

# new_bundle NAME: sets BUNDLE and ROOTFS. The files are hard links into one template: replace them, never write to them.
new_bundle() {
  BUNDLE=$WORK/bundles/$BATS_TEST_NUMBER-$1
  ROOTFS=$BUNDLE/rootfs
  mkdir -p "$BUNDLE"
  cp -al "$WORK/template" "$ROOTFS"
  jq --arg cgroup "/$TAG/$ID" '.linux.cgroupsPath = $cgroup' "$BATS_TEST_DIRNAME/lib/config.json" >"$BUNDLE/config.json"
}

# config JQ-ARGUMENTS...: edits the bundle's config.json.
config() {
  jq "$@" "$BUNDLE/config.json" >"$BUNDLE/config.new"
  mv "$BUNDLE/config.new" "$BUNDLE/config.json"
}
args() {
  jq '.process.args = $ARGS.positional' "$BUNDLE/config.json" --args -- "$@" >"$BUNDLE/config.new"
  mv "$BUNDLE/config.new" "$BUNDLE/config.json"
}
shell() { args /bin/sh -c "$1"; }
without_mount() { config --arg at "$1" '.mounts |= map(select(.destination != $at))'; }
add_mount() { # DESTINATION TYPE SOURCE OPTION,OPTION
  config --arg at "$1" --arg type "$2" --arg source "$3" --arg options "${4:-}" \
    '.mounts += [{destination: $at, source: $source, options: ($options | split(",") | map(select(. != "")))}
      + (if $type == "" then {} else {type: $type} end)]'
}
without_namespace() { config --arg type "$1" '.linux.namespaces |= map(select(.type != $type))'; }
add_user_namespace() { # maps ids 0-65535 to HOST...
  local host=${1:-100000}
  config --argjson host "$host" '.linux.namespaces += [{type: "user"}]
    | .linux.uidMappings = [{containerID: 0, hostID: $host, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
  chown "$host:$host" "$ROOTFS"
}

# -- the runtime --

# Nothing here may take long: a runtime that hangs is a failure with status 124.
rt() { timeout --foreground -k 2 "${RT_TIMEOUT:-20}" "$RUNTIME" --root "$STATE" "$@" 3>&-; }

# capture COMMAND...: runs it without input; sets status, stdout and stderr. A container keeps the files of its `create`
# or `run`, container.out and container.err.
capture() {
  local name=${CAPTURE:-command}
  status=0
  "$@" </dev/null >"$BUNDLE/$name.out" 2>"$BUNDLE/$name.err" || status=$?
  stdout=$(tr -d '\0' <"$BUNDLE/$name.out")
  stderr=$(tr -d '\0' <"$BUNDLE/$name.err")
}
run_container() { CAPTURE=container capture rt run --bundle "$BUNDLE" "$@" "$ID"; }
create_container() { CAPTURE=container capture rt create --bundle "$BUNDLE" "$@" "$ID"; }
must() {
  capture "$@"
  [[ $status -eq 0 ]] || fail "'$*' ended with $status: $stderr $stdout"
}
must_run() {
  run_container "$@"
  [[ $status -eq 0 ]] || fail "run ended with $status: $stderr"
}
must_create() {
  create_container "$@"
  [[ $status -eq 0 ]] || fail "create ended with $status: $stderr"
}
# A container that sleeps.
must_sleep() {
  args /bin/sleep 300
  must_create "$@"
  must rt start "$ID"
}
# probe_run [PATH...]: runs the probe as the container's process; `check` then looks at its report.
probe_run() {
  args /bin/probe report "$@"
  must_run
  cp "$BUNDLE/container.out" "$BUNDLE/report.json"
}
probe_exec() { # EXEC-OPTIONS... of a running container
  must rt exec "$@" "$ID" /bin/probe report
  cp "$BUNDLE/command.out" "$BUNDLE/report.json"
}
status_of() { rt state "${1:-$ID}" | jq -r .status; }
pid_of() { rt state "${1:-$ID}" | jq -r .pid; }
wait_status() { # STATUS [ID]
  local try
  for try in $(seq 100); do
    [[ $(status_of "${2:-$ID}") != "$1" ]] || return 0
    sleep 0.05
  done
  fail "status is $(status_of "${2:-$ID}") after 5 s, not $1"
}
output() { tr -d '\0' <"$BUNDLE/container.out"; } # what the container has written so far
process_count() { rt ps --format json "$ID" | jq 'length // 0'; }
processes_at_least() { [[ $(process_count) -ge $1 ]]; }
is_gone() { [[ ! -d /proc/$1 ]] || grep -q "^State:.Z" "/proc/$1/status"; } # PID
wait_for() { # COMMAND...: until it succeeds, at most 5 s
  local try
  for try in $(seq 100); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.05
  done
  fail "still not true after 5 s: $*"
}

# -- what must hold --

fail() {
  printf '%s\n' "$@" >&2
  return 1
}
check() { # JQ-FILTER over the report
  jq -e "$@" "$BUNDLE/report.json" >/dev/null ||
    fail "not true: ${*: -1}" "$(jq -c 'del(.dev, .rlimits, .mounts)' "$BUNDLE/report.json")" \
      "$(jq -c '{dev: (.dev | keys), paths}' "$BUNDLE/report.json")"
}
check_mount() { # DESTINATION JQ-FILTER over its last mountinfo entry
  jq -e --arg at "$1" "[.mounts[] | select(.point == \$at)] | last | $2" "$BUNDLE/report.json" >/dev/null ||
    fail "mount at $1: not true: $2" "$(jq -r '.mounts[] | "\(.point) \(.type) \(.options) \(.propagation) \(.super)"' "$BUNDLE/report.json")"
}
equal() { # ACTUAL EXPECTED
  [[ $1 == "$2" ]] || fail "is:     '$1'" "not:    '$2'"
}
contains() { # TEXT PART
  [[ $1 == *"$2"* ]] || fail "'$2' is not in: $1"
}
matches() { # TEXT REGEX
  [[ $1 =~ $2 ]] || fail "does not match '$2': $1"
}
# After a failed command: the status, and one line on stderr that holds every PART.
refused() {
  local part
  [[ $status -ne 0 ]] || fail "succeeded, but must be refused: $stdout"
  [[ $status -ne 124 && $status -ne 137 ]] || fail "hung until it was killed"
  for part in "$@"; do
    [[ ${stderr,,} == *"${part,,}"* ]] || fail "'$part' is not in: $stderr"
  done
  if is_ours; then
    [[ $stderr != *$'\n'* ]] || fail "more than one line: $stderr"
    [[ $stderr != *[a-z]. ]] || fail "ends with a full stop: $stderr"
  fi
}

# isolated FUNCTION...: calls it in a mount namespace of its own; what it mounts is gone afterwards.
isolated() {
  local function=$1 self
  self=$(declare -p WORK TAG STATE BUNDLE ROOTFS ID RUNTIME RUNTIME_NAME PROBE CGROUP_ROOT BATS_TEST_DIRNAME BATS_TEST_NUMBER)
  unshare -m bash -euo pipefail -c "$self; $(declare -f); ${*@Q}"
}

# -- peers --

is_ours() { [[ ! $RUNTIME_NAME =~ ^(runc|crun|youki)$ ]]; }
# ours_only REASON: what a peer does otherwise, and why we do not follow it.
ours_only() { is_ours || skip "$RUNTIME_NAME differs: $1"; }

# -- cgroups (v1, hybrid and v2) --

cgroup_v2() { [[ $(stat -f -c %T $CGROUP_ROOT) == cgroup2fs ]]; }
cgroup_dirs() { find $CGROUP_ROOT -maxdepth 12 -type d -path "*$TAG*" 2>/dev/null || true; }
# cgroup_value CONTROLLER FILE-ON-V1 [FILE-ON-V2]: of the test's container.
cgroup_value() {
  if cgroup_v2; then
    cat "$CGROUP_ROOT/$TAG/$ID/$3"
  else
    cat "$CGROUP_ROOT/$1/$TAG/$ID/$2"
  fi
}
need_v1() { # CONTROLLER
  [[ -d $CGROUP_ROOT/$1 ]] || skip "this machine has no v1 controller '$1'"
}
remove_cgroups() {
  local dir
  cgroup_dirs | sort -r | while read -r dir; do rmdir "$dir" 2>/dev/null || true; done
}

# -- nothing left behind --

leftovers() {
  local file own
  findmnt -rno TARGET | grep -F "$WORK" | sed 's/^/mount: /' || true
  # The folder /$TAG itself is shared by the file's tests.
  cgroup_dirs | grep "$TAG/" | sed 's/^/cgroup: /' || true
  own=$(readlink /proc/self/ns/mnt)
  for file in $(grep -lsF "$TAG" /proc/[0-9]*/mountinfo); do
    if [[ $(readlink "${file%mountinfo}ns/mnt") != "$own" ]]; then
      echo "process: ${file%mountinfo} $(tr '\0' ' ' <"${file%mountinfo}cmdline")"
    fi
  done
  find "$STATE" -mindepth 1 -maxdepth 1 ! -name '.*' ! -name '@*' 2>/dev/null | sed 's/^/state: /' || true
}
nothing_left() {
  local left try
  for try in $(seq 40); do # the kernel removes what belongs to a dead process a little later
    left=$(leftovers 2>/dev/null)
    [[ -n $left ]] || return 0
    sleep 0.05
  done
  fail "left behind:" "$left"
}
