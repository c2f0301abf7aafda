# Cgroup v2 with all controllers: limits set and read back, update, statistics, events, freezer, cgroup.kill, delegation,
# and the device filter, enforced.
# SPDX-License-Identifier: Apache-2.0
load lib/helpers
load machine

disk() { lsblk -dno MAJ:MIN /dev/vda | tr -d ' '; }

@test "the machine has every controller that the suite is about" {
  for controller in cpuset cpu io memory hugetlb pids misc; do
    contains "$(cat "$CGROUP_ROOT/cgroup.controllers")" "$controller"
  done
}

@test "memory, cpu, cpuset, pids and hugetlb limits are in the cgroup" {
  config '.linux.resources += {memory: {limit: 67108864, reservation: 33554432, swap: 100663296},
    cpu: {shares: 1024, quota: 20000, period: 50000, cpus: "0", mems: "0"}, pids: {limit: 50},
    hugepageLimits: [{pageSize: "2MB", limit: 4194304}]}'
  must_sleep
  equal "$(cgroup_file memory.max)" 67108864
  equal "$(cgroup_file memory.low)" 33554432
  [[ ! -e $CGROUP_ROOT$(cgroup_of)/memory.swap.max ]] || equal "$(cgroup_file memory.swap.max)" 33554432
  # Debian's versions convert shares linearly still.
  equal "$(cgroup_file cpu.weight)" "$(is_ours && echo 100 || echo 39)"
  equal "$(cgroup_file cpu.max)" "20000 50000"
  equal "$(cgroup_file cpuset.cpus)" 0
  equal "$(cgroup_file cpuset.mems)" 0
  equal "$(cgroup_file pids.max)" 50
  equal "$(cgroup_file hugetlb.2MB.max)" 4194304
}

@test "io weight and throttles of a disk" {
  config --arg disk "$(disk)" '($disk | split(":") | map(tonumber)) as [$major, $minor]
    | .linux.resources.blockIO = {weight: 100,
      throttleReadBpsDevice: [{major: $major, minor: $minor, rate: 1048576}],
      throttleWriteIOPSDevice: [{major: $major, minor: $minor, rate: 500}]}'
  must_sleep
  contains "$(cgroup_file io.max)" "rbps=1048576"
  contains "$(cgroup_file io.max)" "wiops=500"
  if [[ -e $CGROUP_ROOT$(cgroup_of)/io.bfq.weight ]]; then
    contains "$(cgroup_file io.bfq.weight)" 100
  else
    contains "$(cgroup_file io.weight)" 910
  fi
}

@test "unified writes any file" {
  config '.linux.resources.unified = {"memory.high": "50331648", "pids.max": "33", "cpu.max": "30000 100000", "misc.max": "res_a 0"}
    | .linux.resources.unified |= del(.["misc.max"])'
  must_sleep
  equal "$(cgroup_file memory.high)" 50331648
  equal "$(cgroup_file pids.max)" 33
  equal "$(cgroup_file cpu.max)" "30000 100000"
}

@test "update changes limits, and keeps the other half of a pair" {
  config '.linux.resources += {memory: {limit: 67108864}, cpu: {quota: 20000, period: 50000}, pids: {limit: 50}}'
  must_sleep
  must rt update --memory 33554432 --pids-limit 20 --cpu-quota 40000 "$ID"
  equal "$(cgroup_file memory.max)" 33554432
  equal "$(cgroup_file pids.max)" 20
  not_on crun "it sets the period back to 100000"
  equal "$(cgroup_file cpu.max)" "40000 50000"
}

@test "checkBeforeUpdate refuses a limit below what is used" {
  not_on runc "1.1.5 does not know the member"
  config '.linux.resources.memory = {limit: 67108864}'
  must_sleep
  echo '{"memory": {"limit": 4096, "checkBeforeUpdate": true}}' >"$BUNDLE/limits"
  capture rt update --resources "$BUNDLE/limits" "$ID"
  refused "memory limit"
  equal "$(cgroup_file memory.max)" 67108864
}

@test "statistics have memory, pids, cpu, and the pressure where the kernel tells it" {
  not_on crun "it has no events"
  config '.linux.resources.memory = {limit: 67108864}'
  must_sleep
  must rt events --stats "$ID"
  jq -e '.data.memory.usage.limit == 67108864 and .data.memory.usage.usage > 0 and .data.pids.current == 1
    and .data.cpu.usage.total > 0' <<<"$stdout" >/dev/null || fail "$stdout"
  not_on runc "1.1.5 does not tell the pressure"
  if cgroup_file memory.pressure >/dev/null 2>&1; then
    jq -e '.data.memory.psi.some.avg10 != null' <<<"$stdout" >/dev/null || fail "no pressure: $stdout"
  fi
}

@test "a process that takes too much memory is killed, and events says so" {
  not_on crun "it has no events"
  config '.linux.resources.memory = {limit: 20971520, swap: 20971520}'
  # The kernel chooses the process with the most memory: the shell that waits for it lives on.
  shell 'while [ ! -e /go ]; do sleep 0.1; done; dd if=/dev/zero of=/dev/null bs=64M count=1; sleep 1000'
  must_create
  must rt start "$ID"
  rt events --interval 1s "$ID" >"$BUNDLE/events" 2>/dev/null 3>&- &
  sleep 2
  touch "$ROOTFS/go"
  wait_for grep -q '"oom"' "$BUNDLE/events"
  matches "$(cgroup_file memory.events)" "oom_kill [1-9]"
}

@test "pause freezes the cgroup, resume thaws it" {
  shell 'i=0; while true; do i=$((i+1)); echo $i >/count; done'
  must_create
  must rt start "$ID"
  wait_for test -s "$ROOTFS/count"
  must rt pause "$ID"
  equal "$(cgroup_file cgroup.freeze)" 1
  equal "$(status_of)" paused
  before=$(cat "$ROOTFS/count")
  sleep 0.5
  equal "$(cat "$ROOTFS/count")" "$before"
  must rt resume "$ID"
  equal "$(cgroup_file cgroup.freeze)" 0
  equal "$(status_of)" running
}

@test "delete --force ends every process of a paused container" {
  shell 'for i in 1 2 3 4 5; do sleep 1000 & done; wait'
  must_create
  must rt start "$ID"
  wait_for processes_at_least 6
  pids=$(rt ps --format json "$ID" | jq '.[]')
  must rt pause "$ID"
  must rt delete --force "$ID"
  for pid in $pids; do wait_for is_gone "$pid"; done
  equal "$(cgroup_dirs | grep -F "$TAG/$ID" || true)" ""
}

@test "kill reaches every process of a container without a pid namespace" {
  ours_only "Debian's versions signal init only, unless told --all"
  without_namespace pid
  shell 'for i in 1 2 3; do sleep 1000 & done; wait'
  must_create
  must rt start "$ID"
  wait_for processes_at_least 4
  pids=$(rt ps --format json "$ID" | jq '.[]')
  must rt kill "$ID" KILL
  for pid in $pids; do wait_for is_gone "$pid"; done
}

@test "the device filter: an allowed node opens, a denied one does not" {
  config '.linux.devices = [{path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 438},
      {path: "/dev/allowed", type: "c", major: 10, minor: 200, fileMode: 438}]
    | .linux.resources.devices = [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 10, minor: 200, access: "rw"}]'
  shell 'for f in /dev/fuse /dev/allowed /dev/null; do if (: <$f) 2>/dev/null; then echo $f opens; else echo $f denied; fi; done'
  must_run
  contains "$stdout" "/dev/fuse denied"
  contains "$stdout" "/dev/allowed opens"
  contains "$stdout" "/dev/null opens"
}

@test "the device filter: reading is not writing, and mknod is neither" {
  config '.linux.devices = [{path: "/dev/control", type: "c", major: 10, minor: 237, fileMode: 438}]
    | .linux.resources.devices = [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 10, minor: 237, access: "r"}]
    | .process.capabilities[] += ["CAP_MKNOD"]'
  shell '(: </dev/control) && echo reads; (: >/dev/control) && echo writes
    mknod /dev/fuse c 10 229 && echo made; (: </dev/fuse) && echo opens; true'
  must_run
  equal "$stdout" $'reads\nmade'
  equal "$(grep -c "Operation not permitted" <<<"$stderr")" 2
}

@test "the container's root owns a delegated cgroup, and can divide it" {
  not_on runc "1.1.5 changes the owner with the systemd driver only"
  add_user_namespace
  config '.linux.namespaces += [{type: "cgroup"}] | .mounts |= map(if .type == "cgroup" then .options = ["rw"] else . end)'
  shell 'cd /sys/fs/cgroup && mkdir leaf && echo $$ >leaf/cgroup.procs && echo +pids >cgroup.subtree_control &&
    echo 7 >leaf/pids.max && cat leaf/pids.max && cat /proc/self/cgroup'
  must_run
  contains "$stdout" 7
  contains "$stdout" "0::/leaf"
}

@test "exec joins a container that keeps its processes in a leaf, and a threaded one" {
  config '.linux.namespaces += [{type: "cgroup"}] | .mounts |= map(if .type == "cgroup" then .options = ["rw"] else . end)'
  shell 'cd /sys/fs/cgroup && mkdir leaf threads && echo $$ >leaf/cgroup.procs && echo +memory >cgroup.subtree_control; sleep 300'
  must_create
  must rt start "$ID"
  wait_for grep -q memory "$CGROUP_ROOT/$TAG/$ID/cgroup.subtree_control"
  must rt exec "$ID" cat /proc/self/cgroup
  contains "$stdout" "leaf"
  mkdir "$CGROUP_ROOT/$TAG/$ID/leaf/t"
  echo threaded >"$CGROUP_ROOT/$TAG/$ID/leaf/t/cgroup.type"
  must rt exec "$ID" true
  must rt delete --force "$ID"
  equal "$(cgroup_dirs | grep -F "$TAG/$ID" || true)" ""
}

@test "nothing is left behind" {
  nothing_left
}
