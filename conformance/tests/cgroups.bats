# config-linux.md, "Control groups": where the container goes, and each limit as the kernel shows it. On cgroup v1 and v2.
# SPDX-License-Identifier: Apache-2.0
load ../lib/suite.bash

# limited FILTER: a container that waits, with these resources.
limited() {
  config ".linux.resources = $1"
  paused
}
shows() { # CONTROLLER V1-FILE V2-FILE EXPECTED [EXPECTED-ON-V2]
  local want=$4
  if cgroup_v2; then want=${5-$4}; fi
  equal "$(cgroup_value "$1" "$2" "$3")" "$want"
}

# bats test_tags=req:linux:cgroupsPath:absolute-from-mount, req:linux:cgroupsPath:consistent, req:linux:cgroupsPath:created, req:linux:cgroupsPath:optional
@test "an absolute cgroups path starts at the mount of the hierarchy" {
  paused
  local pid line
  pid=$(member pid)
  line=$(grep -E ':pids:|^0::' "/proc/$pid/cgroup" | head -1)
  check linux.cgroupsPath.absolute-from-mount,linux.cgroupsPath.optional,linux.cgroupsPath.created "the process is there" equal "${line##*:}" "/$TAG/$ID"
  finish
  step create
  step start
  await_text "$T/$ID.out" started
  pid=$(member pid)
  check linux.cgroupsPath.consistent "the same value leads to the same place" equal "$(grep -E ':pids:|^0::' "/proc/$pid/cgroup" | head -1)" "$line"
  finish
  check linux.cgroupsPath.created "the group is gone with the container" absent "$(cgroup_dir pids)"
}

# bats test_tags=req:linux:cgroupsPath:invalid:error, req:linux:cgroupsPath:relative-anywhere
@test "a relative cgroups path keeps its words, and none leads outside" {
  config ".linux.cgroupsPath = \"$TAG-relative/$ID\""
  operate create
  if [[ $status -eq 0 ]]; then
    check linux.cgroupsPath.relative-anywhere "the path ends with the words" contains "$(grep -E ':pids:|^0::' "/proc/$(member pid)/cgroup" | head -1)/" "$TAG-relative/$ID/"
    discard
  else
    check linux.cgroupsPath.relative-anywhere "an error says so" equal "$((status == 124))" 0
  fi
  rmdir "$CGROUP_ROOT"/*/"$TAG-relative" 2>/dev/null || true
  config ".linux.cgroupsPath = \"/$TAG/../../../../tmp/$ID\""
  operate create
  if [[ $status -eq 0 ]]; then
    check linux.cgroupsPath.invalid.error "the group lies below the mount" contains "$(grep -E ':pids:|^0::' "/proc/$(member pid)/cgroup" | head -1)" "/$ID"
  else
    check linux.cgroupsPath.invalid.error "a path that climbs is refused" equal "$((status == 124))" 0
  fi
  check linux.cgroupsPath.invalid.error "nothing stands outside the hierarchy" absent "/tmp/$ID"
}

# bats test_tags=req:linux:cgroups:fitness-check, req:linux:cgroups:fitness-fail:error
@test "a cgroup that is unfit is used or refused, never half" {
  need v1 freezer
  mkdir -p "$(cgroup_dir freezer)"
  echo FROZEN >"$(cgroup_dir freezer)/freezer.state"
  operate create
  if [[ $status -eq 0 ]]; then
    check linux.cgroups.fitness-check,linux.cgroups.fitness-fail.error "the container works: start" succeeds start
    echo THAWED >"$(cgroup_dir freezer)/freezer.state" 2>/dev/null || true
    discard
  else
    check linux.cgroups.fitness-fail.error "create refuses and does not hang" equal "$((status == 124))" 0
    if [[ $status -eq 124 ]]; then
      skip_ids "feature: the runtime does not check" linux.cgroups.fitness-check
    else
      check linux.cgroups.fitness-check "create refuses" equal "$((status != 0))" 1
    fi
    check linux.cgroups.fitness-fail.error "no container is left" unknown
  fi
  echo THAWED 2>/dev/null >"$(cgroup_dir freezer)/freezer.state" || true
  rmdir "$(cgroup_dir freezer)" 2>/dev/null || true
}

# bats test_tags=req:linux:memory:limit:optional, req:linux:memory:optional, req:linux:memory:reservation:optional, req:linux:memory:swap:optional
@test "memory: limit, reservation and swap" {
  cgroup_v2 || need v1 memory
  ! cgroup_v2 || need v2-controller memory
  limited '{memory: {limit: 134217728, reservation: 67108864, swap: 268435456}}'
  check linux.memory.limit.optional,linux.memory.optional "the limit" shows memory memory.limit_in_bytes memory.max 134217728
  check linux.memory.reservation.optional "the soft limit" shows memory memory.soft_limit_in_bytes memory.low 67108864
  check linux.memory.swap.optional "memory and swap together" shows memory memory.memsw.limit_in_bytes memory.swap.max 268435456 134217728
}
# bats test_tags=req:linux:memory:unlimited
@test "memory: minus one means no limit" {
  cgroup_v2 || need v1 memory
  ! cgroup_v2 || need v2-controller memory
  limited '{memory: {limit: -1, swap: -1}}'
  check linux.memory.unlimited "no limit" shows memory memory.limit_in_bytes memory.max 9223372036854771712 max
}
# bats test_tags=req:linux:memory:disableOOMKiller:optional, req:linux:memory:kernelTCP:optional, req:linux:memory:swappiness:optional
@test "memory: settings of cgroup v1" {
  need v1 memory
  limited '{memory: {limit: 134217728, swappiness: 33, disableOOMKiller: true, kernelTCP: 16777216}}'
  check linux.memory.swappiness.optional "swappiness" shows memory memory.swappiness - 33
  check linux.memory.disableOOMKiller.optional "the OOM killer" contains "$(cgroup_value memory memory.oom_control -)" "oom_kill_disable 1"
  check linux.memory.kernelTCP.optional "the limit of TCP buffers" shows memory memory.kmem.tcp.limit_in_bytes - 16777216
}
# bats test_tags=req:linux:memory:checkBeforeUpdate:check, req:linux:memory:checkBeforeUpdate:optional, req:linux:memory:useHierarchy:optional
@test "memory: useHierarchy and a check before the limit is set are accepted" {
  limited '{memory: {limit: 134217728, useHierarchy: true, checkBeforeUpdate: true}}'
  check linux.memory.useHierarchy.optional,linux.memory.checkBeforeUpdate.optional,linux.memory.checkBeforeUpdate.check "the limit is in force" shows memory memory.limit_in_bytes memory.max 134217728
}

# bats test_tags=req:linux:cpu:burst:optional, req:linux:cpu:optional, req:linux:cpu:period:optional, req:linux:cpu:quota:optional, req:linux:cpu:shares:optional
@test "cpu: shares, quota, period, burst" {
  cgroup_v2 || need v1 cpu
  ! cgroup_v2 || need v2-controller cpu
  limited '{cpu: {shares: 512, quota: 20000, period: 50000, burst: 10000}}'
  if cgroup_v2; then
    check linux.cpu.quota.optional,linux.cpu.period.optional,linux.cpu.optional "quota and period" equal "$(cgroup_value cpu - cpu.max)" "20000 50000"
    check linux.cpu.shares.optional "the weight follows the shares" equal "$(($(cgroup_value cpu - cpu.weight) < 100))" 1
  else
    check linux.cpu.quota.optional,linux.cpu.optional "quota" shows cpu cpu.cfs_quota_us - 20000
    check linux.cpu.period.optional "period" shows cpu cpu.cfs_period_us - 50000
    check linux.cpu.shares.optional "shares" shows cpu cpu.shares - 512
  fi
  check linux.cpu.burst.optional "burst" shows cpu cpu.cfs_burst_us cpu.max.burst 10000
}
# bats test_tags=req:linux:cpu:idle:optional
@test "cpu: idle" {
  [[ -e $CGROUP_ROOT/cpu/cpu.idle ]] || need v2-controller cpu
  limited '{cpu: {idle: 1}}'
  check linux.cpu.idle.optional "idle" shows cpu cpu.idle cpu.idle 1
}
# bats test_tags=req:linux:cpu:realtimePeriod:optional, req:linux:cpu:realtimeRuntime:optional
@test "cpu: real-time runtime and period" {
  need file $CGROUP_ROOT/cpu/cpu.rt_runtime_us
  mkdir -p "$CGROUP_ROOT/cpu/$TAG"
  echo 100000 >"$CGROUP_ROOT/cpu/$TAG/cpu.rt_runtime_us"
  limited '{cpu: {realtimeRuntime: 20000, realtimePeriod: 900000}}'
  check linux.cpu.realtimeRuntime.optional "runtime" shows cpu cpu.rt_runtime_us - 20000
  check linux.cpu.realtimePeriod.optional "period" shows cpu cpu.rt_period_us - 900000
}
# bats test_tags=req:linux:cpu:cpus:optional, req:linux:cpu:mems:optional
@test "cpu: processors and memory nodes" {
  cgroup_v2 || need v1 cpuset
  ! cgroup_v2 || need v2-controller cpuset
  limited '{cpu: {cpus: "0", mems: "0"}}'
  check linux.cpu.cpus.optional "processors" shows cpuset cpuset.cpus cpuset.cpus 0
  check linux.cpu.cpus.optional "the process runs there" contains "$(text_of "/proc/$(member pid)/status")" $'Cpus_allowed_list:\t0\n'
  check linux.cpu.mems.optional "nodes" shows cpuset cpuset.mems cpuset.mems 0
}

# bats test_tags=req:linux:pids:limit:optional, req:linux:pids:limit:zero, req:linux:pids:optional
@test "pids: a limit, none, and zero" {
  cgroup_v2 || need v1 pids
  ! cgroup_v2 || need v2-controller pids
  limited '{pids: {limit: 77}}'
  check linux.pids.limit.optional,linux.pids.optional "the limit" shows pids pids.max pids.max 77
  finish
  limited '{pids: {limit: -1}}'
  check linux.pids.limit.optional "minus one is no limit" shows pids pids.max pids.max max
  finish
  config '.linux.resources = {pids: {}}'
  check linux.pids.limit.optional "the limit may be left out" succeeds create
  discard
  config '.linux.resources = {pids: {limit: 0}}'
  operate create
  if [[ $status -eq 0 ]]; then
    check linux.pids.limit.zero "zero is a limit" equal "$([[ $(cgroup_value pids pids.max pids.max) == max ]] && echo none)" ""
  else
    check linux.pids.limit.zero "a container that may have no process is refused" equal "$((status == 124))" 0
  fi
}

# bats test_tags=req:linux:blockIO:optional, req:linux:blockIO:throttleReadBps:optional, req:linux:blockIO:throttleReadIOPS:optional, req:linux:blockIO:throttleWriteBps:optional, req:linux:blockIO:throttleWriteIOPS:optional
@test "block I/O: throttling a device" {
  cgroup_v2 || need v1 blkio
  ! cgroup_v2 || need v2-controller io
  local device numbers
  device=$(find /sys/block -mindepth 1 -maxdepth 1 ! -name 'loop*' ! -name 'zram*' ! -name 'ram*' | head -1)
  if [[ -z $device ]]; then skip_test "host: no block device"; fi
  numbers=$(<"$device/dev")
  limited "[{major: ${numbers%:*}, minor: ${numbers#*:}}] as \$d | {blockIO: {throttleReadBpsDevice: (\$d | map(. + {rate: 1048576})), throttleWriteBpsDevice: (\$d | map(. + {rate: 2097152})),
    throttleReadIOPSDevice: (\$d | map(. + {rate: 300})), throttleWriteIOPSDevice: (\$d | map(. + {rate: 400}))}}"
  if cgroup_v2; then
    local line
    line=$(cgroup_value io - io.max)
    check linux.blockIO.throttleReadBps.optional "bytes read" contains "$line" rbps=1048576
    check linux.blockIO.throttleWriteBps.optional "bytes written" contains "$line" wbps=2097152
    check linux.blockIO.throttleReadIOPS.optional "reads" contains "$line" riops=300
    check linux.blockIO.throttleWriteIOPS.optional,linux.blockIO.optional "writes" contains "$line" wiops=400
  else
    check linux.blockIO.throttleReadBps.optional "bytes read" shows blkio blkio.throttle.read_bps_device - "$numbers 1048576"
    check linux.blockIO.throttleWriteBps.optional "bytes written" shows blkio blkio.throttle.write_bps_device - "$numbers 2097152"
    check linux.blockIO.throttleReadIOPS.optional "reads" shows blkio blkio.throttle.read_iops_device - "$numbers 300"
    check linux.blockIO.throttleWriteIOPS.optional,linux.blockIO.optional "writes" shows blkio blkio.throttle.write_iops_device - "$numbers 400"
  fi
}
# bats test_tags=req:linux:blockIO:weight:optional
@test "block I/O: weights" {
  compgen -G "$CGROUP_ROOT/blkio/*/blkio.*weight" >/dev/null || skip_test "kernel: no weights: no I/O scheduler that shares a device out"
  limited '{blockIO: {weight: 333}}'
  check linux.blockIO.weight.optional "the weight" contains "$(cat "$(cgroup_dir blkio)"/blkio.*weight)" 333
}

# bats test_tags=req:linux:network:classID:optional, req:linux:network:priorities:optional
@test "network classes and priorities" {
  need v1 net_cls
  limited '{network: {classID: 1048577, priorities: [{name: "lo", priority: 7}]}}'
  check linux.network.classID.optional "the class" shows net_cls net_cls.classid - 1048577
  check linux.network.priorities.optional "the priority" contains "$(cgroup_value net_prio net_prio.ifpriomap -)" "lo 7"
}

# bats test_tags=req:linux:network:classID:optional, req:linux:network:priorities:optional
@test "a limit whose controller the machine lacks is an error, not silence" {
  if [[ -d $CGROUP_ROOT/net_cls ]]; then skip_test "host: this machine has net_cls"; fi
  config '.linux.resources = {network: {classID: 1048577}}'
  check linux.network.classID.optional "a network class" refused
  config '.linux.resources = {network: {priorities: [{name: "lo", priority: 7}]}}'
  check linux.network.priorities.optional "network priorities" refused
}

# bats test_tags=req:linux:cgroupOwner:not-on-v1
@test "cgroup v1: the group keeps its owner" {
  need v1 pids
  user_namespace
  config '.linux.namespaces += [{type: "cgroup"}] | .mounts += [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["rw"]}]'
  paused
  check linux.cgroupOwner.not-on-v1 "owner of the group" equal "$(stat -c '%u %g' "$(cgroup_dir pids)")" "0 0"
}
