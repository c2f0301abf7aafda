# A failure anywhere in create leaves no process, cgroup, mount or folder, and says in one line what was tried and why not.
# SPDX-License-Identifier: Apache-2.0
load lib/helpers

# failing NAME PART...: create fails, its line holds every PART, nothing is left, and the same id works afterwards.
failing() {
  local name=$1
  shift
  create_container
  refused "$@" || fail "in case: $name"
  nothing_left || fail "in case: $name"
  [[ ! -e $STATE/$ID ]] || fail "in case $name: the container's folder is left"
  capture rt state "$ID"
  refused "does not exist"
}

@test "config: not JSON, not an object, empty, cut short, missing" {
  for text in '' 'null' '[]' 'nonsense' '{"ociVersion": "1.0.2"' '{"ociVersion": 5}'; do
    printf '%s' "$text" >"$BUNDLE/config.json"
    failing "$text"
  done
  rm "$BUNDLE/config.json"
  failing missing "config.json"
}

@test "config: what the peers take in silence" { # the table of hostile configs
  ours_only "takes trailing bytes, duplicate keys, invalid UTF-8 and unknown majors"
  original=$(cat "$BUNDLE/config.json")
  failing_text() { printf '%s' "$2" >"$BUNDLE/config.json"; failing "$1"; }
  failing_text trailing "$original x"
  failing_text comma "${original%\}},}"
  failing_text comment "/* c */ $original"
  failing_text bom $'\xef\xbb\xbf'"$original"
  failing_text utf8 "${original/\"box\"/\"b$'\xff'x\"}"
  failing_text nul "${original/\"box\"/\"b\\u0000x\"}"
  failing_text major "${original/1.0.2/9.9.9}"
  failing_text version "${original/1.0.2/new}"
}

@test "a deep and a huge config are refused quickly" {
  ours_only "takes seconds and hundreds of megabytes"
  { printf '{"annotations": '; printf '[%.0s' $(seq 100000); } >"$BUNDLE/config.json"
  RT_TIMEOUT=2 failing deep
  head -c 40000000 /dev/zero | tr '\0' ' ' >"$BUNDLE/config.json"
  RT_TIMEOUT=2 failing huge
}

@test "each stage of create that can fail, cleans up" {
  original=$(cat "$BUNDLE/config.json")
  while IFS='|' read -r name filter parts; do
    printf '%s' "$original" >"$BUNDLE/config.json"
    config "$filter"
    # shellcheck disable=SC2086
    failing "$name" $parts
  done <<'CASES'
no root|.root.path = "nowhere"|nowhere
root is a file|.root.path = "config.json"|config.json
program|.process.args = ["/no/such"]|/no/such
user|.process.user.uid = -5|
cwd is a file|.process.cwd = "/etc/passwd"|/etc/passwd
mount type|.mounts += [{destination: "/data", type: "nosuchfs", source: "x"}]|/data device
mount option|.mounts += [{destination: "/data", type: "tmpfs", source: "x", options: ["nosuch=1"]}]|/data argument
bind source|.mounts += [{destination: "/data", type: "bind", source: "/no/such", options: ["bind"]}]|/no/such
destination below a file|.mounts += [{destination: "/etc/passwd/sub", type: "tmpfs", source: "x"}]|/etc/passwd/sub directory
namespace path|.linux.namespaces |= map(if .type == "network" then . + {path: "/no/such"} else . end)|/no/such
namespace type|.linux.namespaces += [{type: "moon"}]|moon
sysctl|.linux.sysctl = {"kernel.shmmni": "words"}|kernel
rlimit|.process.rlimits = [{type: "RLIMIT_MOON", soft: 1, hard: 1}]|RLIMIT_MOON
seccomp|.linux.seccomp = {defaultAction: "SCMP_ACT_MOON"}|
hook|.hooks.createRuntime = [{path: "/bin/false"}]|hook
hook in the container|.hooks.createContainer = [{path: "/bin/false"}]|hook
hostname|.linux.namespaces |= map(select(.type != "uts"))|uts
apparmor|.process.apparmorProfile = "no-such-profile"|apparmor
device|.linux.devices = [{path: "/dev/x", type: "z", major: 1, minor: 1}]|
propagation|.linux.rootfsPropagation = "sideways"|sideways
no mount namespace|.linux.namespaces |= map(select(.type != "mount"))|
CASES
}

@test "the line names stage, step, call, object and reason" {
  ours_only "has its own form"
  add_mount /data nosuchfs source
  create_container
  refused "/data" "no such device"
  matches "$stderr" '^[a-z][^:]*: .*: .*[a-z]$'
}

@test "the container's init failing is told whole, not as a broken pipe" {
  args /etc/passwd
  create_container
  refused "/etc/passwd" "permission denied"
  [[ ${stderr,,} != *"broken pipe"* && ${stderr,,} != *eof* ]]
}

@test "a pid file that cannot be written fails create and leaves nothing" {
  create_container --pid-file "$BUNDLE/no/such/folder/pid"
  refused "no/such/folder"
  nothing_left
}

@test "a state root that is full or read-only" {
  capture unshare -m bash -c "mkdir -p '$BUNDLE/full'; mount -t tmpfs -o size=4k,nr_inodes=2 full '$BUNDLE/full'
    timeout 20 '$RUNTIME' --root '$BUNDLE/full/root' create --bundle '$BUNDLE' '$ID' >/dev/null"
  refused "no space left"
  capture unshare -m bash -c "mkdir -p '$BUNDLE/fixed'; mount -t tmpfs -o ro fixed '$BUNDLE/fixed'
    timeout 20 '$RUNTIME' --root '$BUNDLE/fixed/root' create --bundle '$BUNDLE' '$ID' >/dev/null"
  refused "read-only file system"
  nothing_left
}

@test "few descriptors" { # R3
  for limit in 16 20 32; do
    capture prlimit --nofile=$limit:1024 timeout 20 "$RUNTIME" --root "$STATE" run --bundle "$BUNDLE" "$ID"
    [[ $status -eq 0 ]] || refused ""
    nothing_left
  done
}

@test "12 creates with one id: exactly one wins" { # R6
  args /bin/sleep 300
  for i in $(seq 12); do
    { rt create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>"$BUNDLE/race.$i"; echo $? >"$BUNDLE/race.$i.status"; } &
  done
  wait
  equal "$(cat "$BUNDLE"/race.*.status | grep -cx 0)" 1
  must rt delete --force "$ID"
  nothing_left
}

@test "a runtime that is killed in create can be cleaned up after" { # R1
  # runc leaves cgroups here now and then.
  for i in $(seq 20); do
    "$RUNTIME" --root "$STATE" create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 3>&- &
    runtime=$!
    sleep "0.0$((i % 5))$((i * 7 % 10))"
    kill -KILL $runtime 2>/dev/null || true
    wait $runtime 2>/dev/null || true
    rt delete --force "$ID" >/dev/null 2>&1 </dev/null || true
  done
  if is_ours; then nothing_left; else remove_cgroups; fi
}

@test "nothing is left behind" {
  nothing_left
}
