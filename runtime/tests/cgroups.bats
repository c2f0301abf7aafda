# Cgroups with the cgroupfs driver: place, limits read back, pause, ps, removal; v1 and hybrid, and a v2-only view.
# SPDX-License-Identifier: Apache-2.0
load lib/helpers

@test "the cgroup is the config's and holds the program" {
  must_sleep
  pid=$(pid_of)
  contains "$(cat "/proc/$pid/cgroup")" "/$TAG/$ID"
  contains "$(cgroup_value pids cgroup.procs cgroup.procs)" "$pid"
}

@test "delete removes the cgroup" {
  must_sleep
  must rt delete --force "$ID"
  equal "$(cgroup_dirs | grep -F "$TAG/$ID" || true)" ""
}

@test "without cgroupsPath the id names the cgroup" {
  config 'del(.linux.cgroupsPath)'
  args /bin/cat /proc/self/cgroup
  must_run
  contains "$stdout" "/$ID"
}

@test "a relative cgroupsPath is taken" {
  config --arg path "$TAG/$ID" '.linux.cgroupsPath = $path'
  args /bin/cat /proc/self/cgroup
  must_run
  contains "$stdout" "$TAG/$ID"
}

@test "a cgroupsPath cannot climb out" {
  config --arg path "/../../../$TAG/$ID" '.linux.cgroupsPath = $path'
  args /bin/cat /proc/self/cgroup
  run_container
  if [[ $status -eq 0 ]]; then contains "$stdout" ":/$TAG/$ID"; else refused ""; fi
}

@test "memory limit and reservation" {
  need_v1 memory
  config '.linux.resources.memory = {limit: 67108864, reservation: 33554432}'
  must_sleep
  equal "$(cgroup_value memory memory.limit_in_bytes memory.max)" 67108864
  equal "$(cgroup_value memory memory.soft_limit_in_bytes memory.low)" 33554432
}

@test "memory limit -1 is no limit" {
  need_v1 memory
  config '.linux.resources.memory = {limit: -1}'
  must_sleep
  [[ $(cgroup_value memory memory.limit_in_bytes memory.max) -gt 1000000000000 ]]
}

@test "cpu shares, quota and period" {
  need_v1 cpu
  config '.linux.resources.cpu = {shares: 512, quota: 20000, period: 50000}'
  must_sleep
  equal "$(cgroup_value cpu cpu.shares)" 512
  equal "$(cgroup_value cpu cpu.cfs_quota_us)" 20000
  equal "$(cgroup_value cpu cpu.cfs_period_us)" 50000
}

@test "cpuset" {
  need_v1 cpuset
  config '.linux.resources.cpu = {cpus: "0", mems: "0"}'
  must_sleep
  equal "$(cgroup_value cpuset cpuset.cpus cpuset.cpus)" 0
  equal "$(cgroup_value cpuset cpuset.mems cpuset.mems)" 0
}

@test "a cpuset that does not exist is an error that leaves nothing" {
  need_v1 cpuset
  config '.linux.resources.cpu = {cpus: "9999"}'
  create_container
  refused "cpuset"
  nothing_left
}

@test "pids limit, and its effect" {
  need_v1 pids
  config '.linux.resources.pids = {limit: 17}'
  must_sleep
  equal "$(cgroup_value pids pids.max pids.max)" 17
  capture rt exec "$ID" /bin/sh -c 'for i in $(seq 40); do sleep 5 & done; wait'
  [[ $(cgroup_value pids pids.events pids.events) != "max 0" ]]
}

@test "an unlimited number of pids" {
  need_v1 pids
  config '.linux.resources.pids = {limit: -1}'
  must_sleep
  equal "$(cgroup_value pids pids.max pids.max)" max
}

@test "a program over its memory limit is ended" {
  need_v1 memory
  config '.linux.resources.memory = {limit: 16777216, swap: 16777216}'
  shell 'dd if=/dev/zero of=/dev/null bs=64M count=1'
  run_container
  [[ $status -ne 0 ]]
}

@test "a limit too small for the program is told, and leaves nothing" {
  need_v1 memory
  config '.linux.resources.memory = {limit: 4096}'
  create_container
  if [[ $status -eq 0 ]]; then
    capture rt start "$ID"
  else
    refused ""
  fi
  rt delete --force "$ID"
  nothing_left
}

# By the v1 freezer, or by the v2 hierarchy, which a hybrid has too.
is_frozen() {
  grep -qs FROZEN "$CGROUP_ROOT/freezer/$TAG/$ID/freezer.state" ||
    grep -qs "frozen 1" "$CGROUP_ROOT/$TAG/$ID/cgroup.events" "$CGROUP_ROOT/unified/$TAG/$ID/cgroup.events"
}
@test "pause and resume" {
  must_sleep
  must rt pause "$ID"
  equal "$(status_of)" paused
  is_frozen
  must rt resume "$ID"
  equal "$(status_of)" running
  ! is_frozen
}

@test "pause of a paused and resume of a running container are errors" {
  must_sleep
  capture rt resume "$ID"
  refused "container not paused"
  must rt pause "$ID"
  capture rt pause "$ID"
  refused "container not running"
}

@test "a paused container can be deleted by force" {
  must_sleep
  must rt pause "$ID"
  must rt delete --force "$ID"
  capture rt state "$ID"
  refused "does not exist"
}

@test "ps as table and as JSON" {
  without_namespace pid
  shell 'sleep 301 & exec sleep 302'
  must_create
  must rt start "$ID"
  wait_for processes_at_least 2
  must rt ps "$ID"
  contains "$stdout" PID
  contains "$stdout" "sleep 301"
  contains "$stdout" "sleep 302"
  [[ $stdout != *"$RUNTIME"* ]]
  must rt ps --format json "$ID"
  jq -e 'type == "array" and length == 2 and all(type == "number")' <<<"$stdout" >/dev/null || fail "$stdout"
  contains "$stdout" "$(pid_of)"
}

@test "ps passes options to ps" {
  must_sleep
  must rt ps "$ID" -o pid,comm
  contains "$stdout" sleep
  [[ $stdout != *UID* ]]
}

@test "ps of a stopped container is empty" {
  must_run --detach
  wait_status stopped
  capture rt ps --format json "$ID"
  [[ $status -ne 0 || $stdout == null || $stdout == "[]" ]]
}

@test "a cgroup that holds processes is refused" {
  need_v1 pids
  mkdir -p "$CGROUP_ROOT/pids/$TAG/$ID"
  sleep 60 3>&- &
  other=$!
  echo $other >"$CGROUP_ROOT/pids/$TAG/$ID/cgroup.procs"
  create_container
  alive=0
  kill -0 $other && alive=1
  kill $other
  wait $other || true
  rmdir "$CGROUP_ROOT/pids/$TAG/$ID" 2>/dev/null || true
  [[ $alive -eq 1 ]] # whoever was there is not ended by our clean-up
  # runc 1.1.5 refuses only in some of the hierarchies.
  if is_ours; then refused "not empty"; fi
}

@test "a frozen cgroup is refused" {
  need_v1 freezer
  mkdir -p "$CGROUP_ROOT/freezer/$TAG/$ID"
  echo FROZEN >"$CGROUP_ROOT/freezer/$TAG/$ID/freezer.state"
  create_container
  result=$status
  echo THAWED >"$CGROUP_ROOT/freezer/$TAG/$ID/freezer.state" || true
  rmdir "$CGROUP_ROOT/freezer/$TAG/$ID" || true
  [[ $result -ne 0 ]]
  refused "frozen"
}

@test "names that become files cannot climb" { # GHSA-5g49-rx9x-qfc6
  before=$(cat $CGROUP_ROOT/memory/memory.swappiness 2>/dev/null || true)
  config '.linux.resources.hugepageLimits = [{pageSize: "../../x", limit: 1}]'
  run_container
  refused ""
  config 'del(.linux.resources.hugepageLimits) | .linux.resources.unified = {"../cpu.max": "1"}'
  run_container
  [[ $status -ne 0 ]]
  equal "$(cat $CGROUP_ROOT/memory/memory.swappiness 2>/dev/null || true)" "$before"
}

@test "exec joins the container's cgroup" {
  must_sleep
  must rt exec "$ID" /bin/cat /proc/self/cgroup
  contains "$stdout" "/$TAG/$ID"
}

@test "exec cannot leave the container's cgroup" {
  must_sleep
  if ! rt exec --help | grep -q -- --cgroup; then skip "$RUNTIME_NAME has no exec --cgroup"; fi
  capture rt exec --cgroup ../.. "$ID" true
  refused ""
}

@test "a child cgroup that the container made is removed" {
  need_v1 pids
  must_sleep
  mkdir -p "$CGROUP_ROOT/pids/$TAG/$ID/child/deeper"
  must rt delete --force "$ID"
  [[ ! -e $CGROUP_ROOT/pids/$TAG/$ID ]]
}

@test "pure v1" {
  [[ -d $CGROUP_ROOT/unified ]] || skip "this machine is not hybrid"
  args /bin/sh -c 'cat /proc/self/cgroup; ls /sys/fs/cgroup'
  capture unshare -m bash -c "umount $CGROUP_ROOT/unified; exec timeout 20 '$RUNTIME' --root '$STATE' run --bundle '$BUNDLE' '$ID'"
  equal "$status: $stderr" "0: "
  contains "$stdout" "pids:/$TAG/$ID"
}

@test "pure v2, with the controllers that this kernel gives it" {
  without_mount /sys/fs/cgroup
  config '.linux.resources = {} | .mounts += [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro"]}]'
  args /bin/sh -c 'cat /proc/self/cgroup; ls /sys/fs/cgroup'
  capture unshare -m bash -c "umount -l $CGROUP_ROOT; mount -t cgroup2 none $CGROUP_ROOT; exec timeout 20 '$RUNTIME' --root '$STATE' run --bundle '$BUNDLE' '$ID'"
  # runc 1.1.5 cannot do without a device program, which this machine's privileges may not allow.
  if ! is_ours && [[ $status -ne 0 ]]; then skip "$RUNTIME_NAME differs: $stderr"; fi
  equal "$status: $stderr" "0: "
  contains "$stdout" "0::/$TAG/$ID"
  contains "$stdout" cgroup.procs
}

# on_v2 COMMAND...: in a view with cgroup v2 alone.
on_v2() { unshare -m bash -c "umount -l $CGROUP_ROOT; mount -t cgroup2 none $CGROUP_ROOT; exec timeout 20 \"\$@\"" _ "$@"; }

@test "pure v2: the device filter is in force for devices, mounts and the program" {
  without_mount /sys/fs/cgroup
  config '.linux.resources = {devices: [{allow: false, access: "rwm"}]} | .linux.devices = [{path: "/dev/other", type: "c", major: 1, minor: 11}]'
  args /bin/sh -c '[ -c /dev/other ] && cat /dev/null && cat /dev/other 2>&1'
  # Late, as on a busy machine.
  local late=()
  if type -P strace >/dev/null; then late=(strace -D -f -qq -o /dev/null -e trace=bpf -e inject=bpf:delay_enter=200000); fi
  capture on_v2 "${late[@]}" "$RUNTIME" --root "$STATE" run --bundle "$BUNDLE" "$ID"
  if ! is_ours && [[ $status -ne 1 ]]; then skip "$RUNTIME_NAME differs: $stderr"; fi
  equal "$status: $stderr" "1: "
  contains "$stdout" "'/dev/other': Operation not permitted"
  # A block device that no rule allows: its file system is not even looked at, whatever its name is like.
  mknod "$BUNDLE/disk" b 7 250
  config '.mounts += [{destination: "/mnt", type: "ext4", source: "disk"}]'
  local source
  for source in "$BUNDLE/disk" disk ./disk; do
    config --arg source "$source" '.mounts[-1].source = $source'
    capture on_v2 "${late[@]}" "$RUNTIME" --root "$STATE" run --bundle "$BUNDLE" "$ID"
    [[ $status -ne 0 ]] || fail "mounted"
    contains "$stderr" "/mnt"
    if is_ours || [[ $source == /* ]]; then contains "${stderr,,}" "operation not permitted"; fi
    on_v2 "$RUNTIME" --root "$STATE" delete --force "$ID" || true
  done
}

@test "pure v2: a device filter that the kernel refuses, and a runtime that is killed meanwhile" {
  ours_only "loads its filter at another time"
  type -P strace >/dev/null || skip "strace is not installed"
  without_mount /sys/fs/cgroup
  config '.linux.resources = {devices: [{allow: false, access: "rwm"}]}'
  args /bin/true
  for number in 1 2; do
    capture on_v2 strace -D -f -qq -o /dev/null -e trace=bpf -e "inject=bpf:error=ENOMEM:when=$number+" "$RUNTIME" --root "$STATE" run --bundle "$BUNDLE" "$ID"
    [[ $status -ne 0 ]] || fail "runs without a filter"
    contains "$stderr" "cgroup: device rules: bpf BPF_PROG_"
    contains "${stderr,,}" "cannot allocate memory"
    [[ ! -e $STATE/$ID ]] || fail "left: $(ls -A "$STATE/$ID")"
    capture on_v2 strace -D -f -qq -o /dev/null -e trace=bpf -e "inject=bpf:signal=KILL:when=$number" "$RUNTIME" --root "$STATE" run --bundle "$BUNDLE" "$ID"
    on_v2 "$RUNTIME" --root "$STATE" delete --force "$ID"
    [[ ! -e $STATE/$ID ]] || fail "left after a kill: $(ls -A "$STATE/$ID")"
  done
}

@test "nothing is left behind" {
  nothing_left
}
